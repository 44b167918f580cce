import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { withAverages, type Averaging } from './withAverages.js'

/** The part of a tfjs-layers model that names the results of `evaluate`. */
export interface Evaluated {
  readonly metricsNames: readonly string[]
}

type EvaluationResults = tf.Scalar | readonly tf.Scalar[]

/** A callback for `model.fit`. */
export interface EpochCallback {
  readonly onEpochEnd: (epoch: number, logs?: Record<string, number>) => Promise<void>
}

/**
 * A callback for `model.fit`, which calls `evaluate` on the averages of the parameters at the end of each epoch, and adds
 * its results to the logs as `val_loss` and so on, where the history and later callbacks find them.
 *
 * Give it in place of `validationData`, which tfjs evaluates on the parameters, at a point where no callback can change
 * them.
 *
 * @throws TypeError if `evaluate` is no function; in the epoch as `withAverages` does.
 * @source Keras's `SwapEMAWeights`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, asOptimizer, chain, emaOfParams, validateOnAverages } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const optimizer = asOptimizer(chain(adam(0.01), emaOfParams(0.999)))
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * const [x, y] = [tf.ones([8, 3]), tf.ones([8, 1])]
 * const callbacks = validateOnAverages(optimizer, model, () => model.evaluate(x, y) as tf.Scalar)
 * const { history } = await model.fit(x, y, { epochs: 2, verbose: 0, callbacks })
 * // history.val_loss.length is 2
 */
export const validateOnAverages = /* @__PURE__ */ checked(
  { who: 'validateOnAverages', takes: ['optimizer', 'model', 'evaluate'] },
  (
    optimizer: Averaging,
    model: Evaluated,
    evaluate: () => EvaluationResults | Promise<EvaluationResults>,
  ): EpochCallback => {
    if (typeof evaluate !== 'function') throw badArgument('validateOnAverages', 'evaluate', 'a function', evaluate)
    return {
      onEpochEnd: async (_epoch, logs = {}) => {
        const results = [await withAverages(optimizer, async () => evaluate())].flat()
        const values = await Promise.all(results.map(async result => (await result.data())[0] ?? NaN))
        tf.dispose([...results])
        values.forEach((value, i) => (logs[`val_${model.metricsNames[i] ?? i}`] = value))
      },
    }
  },
)
