/** Where slots stand, and the weights that wait for them. */
import type * as tf from '@tensorflow/tfjs-core'

/** A slot of a variable; `slot` is its short name, `path` where it stands in the state. */
export interface SlotPlace {
  readonly variable: string
  readonly slot: string
  readonly path: string
}

/** A slot that a loaded weight may be for; its tensor has the first value. */
export type Waiting = SlotPlace & { readonly tensor: tf.Tensor }

/** A weight that waits for its variable. Without names (`variable` null) only its position counts. */
export interface LoadedSlot {
  readonly name: string
  readonly variable: string | null
  readonly slot: string
  readonly value: tf.Variable
  /** whether the name has neither an optimizer's in front nor `:0` behind, as tfjs's own optimizers write it */
  readonly bare?: boolean
  /** whether a user made it before the first step, and loaded nothing */
  readonly added?: boolean
}
