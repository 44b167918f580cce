/** The parts of a tfjs backend that we use, all optional: another version of tfjs may lack them. */
export type PartsOf<T> = { readonly [K in keyof T]?: T[K] extends (...args: never) => unknown ? T[K] : PartsOf<T[K]> }
