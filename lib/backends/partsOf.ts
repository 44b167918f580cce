/** What we call of a tfjs backend, none of which need be there: another version may have other insides. */
export type PartsOf<T> = { readonly [K in keyof T]?: T[K] extends (...args: never) => unknown ? T[K] : PartsOf<T[K]> }
