/** A row of the site's tables: a public name, the example on its page, and what the pictures run. */
export interface Subject {
  readonly name: string
  /** the expression that the page explains, as TypeScript; `$rate` stands for a learning rate */
  readonly code: string
  /** the whole optimizer of the pictures, with `$rate` where the best of some rates is sought */
  readonly picture: string
  /** a sentence about the pictures, where they need one */
  readonly note?: string
}

/** Rows by name: the example and, where it is not a whole optimizer itself, the optimizer of the pictures. */
export type Rows = Readonly<Record<string, readonly [code: string, picture?: string | undefined, note?: string]>>
