/** The parameters of a function as data. */

/** Names, each with its other spellings in optax, Keras, torch and tfjs: lower-case words separated by spaces. */
export type Spellings = Readonly<Record<string, string>>

/** Every option of `O` with its other spellings. */
export type Names<O> = { readonly [K in keyof O]-?: string }

/** The names of a function's parameters. */
export interface Signature {
  readonly who: string
  /** the positional ones, in order */
  readonly takes: readonly string[]
  /** the keys of the options, the last argument; absent if there are none */
  readonly options?: Spellings
}
