/** What a function takes, as data. */

/** Names with what else they are called in optax, Keras, torch and tfjs: words in small letters, apart by spaces. */
export type Spellings = Readonly<Record<string, string>>

/** All options of `O`, none left out, each with its other spellings. */
export type Names<O> = { readonly [K in keyof O]-?: string }

/** The arguments of a function by their names. */
export interface Signature {
  readonly who: string
  /** the positional ones, in order */
  readonly takes: readonly string[]
  /** the names that the record behind them may have; without it there is none */
  readonly options?: Spellings
}
