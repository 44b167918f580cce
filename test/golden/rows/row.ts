/** A row of the table of golden numbers: the transformation that a case of optax.json is of. */
import type { GradientTransformation } from '../../../lib/index.js'

export interface Row {
  readonly tx: GradientTransformation
  /** the absolute error that is allowed beside the relative one, where numbers cancel; say why */
  readonly atol?: number
}

/**
 * Transformations by the name of their case in optax.json. Every step gets the loss of the case as `extra.value`.
 */
export type Rows = Readonly<Record<string, GradientTransformation | Row>>
