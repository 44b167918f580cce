/** What happened in the last step, for logs: made only on request, and read from the device only when asked for. */
import * as tf from '@tensorflow/tfjs-core'
import { reduceTerms } from '../../backends/totals.js'

export interface LastStep {
  /** finished steps, this one included */
  readonly iterations: number
  /** the rate that the step used; undefined for a chain without one */
  readonly learningRate: number | undefined
  /** the norm of all gradients together, before the chain. Valid until the next step */
  readonly gradientNorm: () => Promise<number>
}

/** The sum of squares of all gradients; it belongs to the enclosing `tidy`. */
export const squaredNorm = (gradients: readonly tf.Tensor[]): tf.Tensor =>
  reduceTerms(
    'sum',
    gradients.map(gradient => tf.square(gradient)),
  )
