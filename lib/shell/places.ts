/** The places of slots, and the weights that wait for them. */
import type * as tf from '@tensorflow/tfjs-core'

/** A slot of a variable; `slot` is its short name, `path` its path in the state. */
export interface SlotPlace {
  readonly variable: string
  readonly slot: string
  readonly path: string
}

/** A slot that a loaded weight may belong to, with its present tensor. */
export type Waiting = SlotPlace & { readonly tensor: tf.Tensor }

/** A weight that waits for its variable. If it has no name, `variable` is null and only its position counts. */
export interface LoadedSlot {
  readonly name: string
  readonly variable: string | null
  readonly slot: string
  readonly value: tf.Variable
  /**
   * whether the name has neither an optimizer's name as prefix nor `:0` at its end: tfjs's own optimizers write it so
   */
  readonly bare?: boolean
  /** whether the user added the slot before the first step, rather than loaded a weight */
  readonly added?: boolean
}
