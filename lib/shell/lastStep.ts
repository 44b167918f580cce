/**
 * Facts about the last step, for logs. They are recorded only on request, and read from the device only when asked for.
 */
import * as tf from '@tensorflow/tfjs-core'
import { ops } from '../backends/ops.js'
import { whileAlive } from '../tree/loss.js'
import type { HyperNow } from '../hyperparams.js'
import { input, mul } from '../rule/expr.js'

const u = input('u', 'element')
const square = mul(u, u)

/** What `optimizer.lastStep` tells of the step that an optimizer of `asOptimizer` took last. */
export interface LastStep {
  /** finished steps, this one included */
  readonly iterations: number
  /**
   * the rate that the step used; a record by variable, under first names, where rates differ; undefined for a chain
   * without a rate, or with several for one variable
   */
  readonly learningRate: HyperNow | undefined
  /** the norm of all gradients together, as given to the chain; can be read until the next step */
  readonly gradientNorm: () => Promise<number>
}

/** Records the last step of an optimizer. */
export class LastSteps {
  #squares: tf.Tensor | null = null
  last: LastStep | null = null

  /** Before a step: the sum of squares of all gradients. */
  begin(gradients: readonly tf.Tensor[]): tf.Tensor {
    return tf.tidy(() =>
      tf.keep(
        ops.reduce(
          'sum',
          gradients.flatMap(like => ops.evaluate([square], { scalars: {}, values: { u: like }, like })),
        ),
      ),
    )
  }

  end(squares: tf.Tensor, iterations: number, learningRate: HyperNow | undefined): void {
    this.dispose()
    this.#squares = squares
    const gradientNorm = async (): Promise<number> =>
      Math.sqrt((await whileAlive('gradientNorm', () => squares.data()))[0] ?? NaN)
    this.last = { iterations, learningRate, gradientNorm }
  }

  dispose(): void {
    this.#squares?.dispose()
  }
}
