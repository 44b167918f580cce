import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { notInLogs } from '../errors/callbacks.js'
import { stopOptions, stopRule, type Stopping, type StopOptions } from '../stopEarly.js'
import { share } from '../tree/ownership.js'

/** The parts of a tfjs-layers model that `earlyStopping` uses. */
export interface StoppableModel {
  stopTraining: boolean
  /** all weights, those that are not trained too */
  readonly weights: readonly { readonly name: string; read(): tf.Tensor }[]
}

/** What `earlyStopping` watches in the logs of `fit`, and how long it waits. */
export interface EarlyStoppingOptions extends Omit<StopOptions, 'mode'> {
  /** the number of the logs that is watched; default `val_loss` */
  readonly monitor?: string
  /** whether less or more is better; default `auto`: more, if `monitor` contains `acc`, else less */
  readonly mode?: 'auto' | 'min' | 'max'
  /** whether the weights of the best epoch are put back when training ends; default true (in Keras false) */
  readonly restoreBestWeights?: boolean
}

const options: Names<EarlyStoppingOptions> = { monitor: '', ...stopOptions, restoreBestWeights: '' }

/** A callback for `model.fit`, and what it has seen in the last training. */
export interface EarlyStopping {
  readonly onTrainBegin: () => void
  readonly onEpochEnd: (epoch: number, logs?: Readonly<Record<string, number>>) => void
  readonly onTrainEnd: () => void
  /** the best value; null before the first */
  readonly best: number | null
  /** its epoch, counted from 0 */
  readonly bestEpoch: number | null
  /** the epoch after which training was stopped; null if it was not */
  readonly stoppedEpoch: number | null
}

/**
 * A callback for `model.fit` that stops training when a number of the logs has not improved for `patience` epochs, and
 * puts the weights of the best epoch back when training ends, stopped or not.
 *
 * All weights come back, those of batch normalization too; the state of the optimizer does not. Keeping them costs
 * 4 bytes per weight until training ends. After a `fit` that threw they are freed when the next one begins.
 *
 * @throws TypeError for an option that is out of range or a model that is none; in the epoch ValueError if the logs have
 * no such number.
 * @source Keras `EarlyStopping`; tfjs's `tf.callbacks.earlyStopping` refuses `restoreBestWeights`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { asOptimizer, earlyStopping, sgd } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] })
 * model.compile({ optimizer: asOptimizer(sgd(2)), loss: 'meanSquaredError' }) // a rate that is far too large
 * const stopping = earlyStopping(model, { monitor: 'loss', patience: 2 })
 * await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), { epochs: 50, verbose: 0, callbacks: stopping })
 * // stopping.bestEpoch is 0, stopping.stoppedEpoch is 2
 */
export const earlyStopping = /* @__PURE__ */ checked(
  { who: 'earlyStopping', takes: ['model'], options },
  (model: StoppableModel, options: EarlyStoppingOptions = {}): EarlyStopping => {
    const who = 'earlyStopping'
    const { monitor = 'val_loss', mode = 'auto', restoreBestWeights = true, ...rest } = options
    if (!isModel(model)) throw badArgument(who, 'model', 'a tfjs-layers model', model)
    if (typeof monitor !== 'string') throw badArgument(who, 'monitor', 'the name of a number of the logs', monitor)
    if (typeof restoreBestWeights !== 'boolean')
      throw badArgument(who, 'restoreBestWeights', 'true or false', restoreBestWeights)
    if (!['auto', 'min', 'max'].includes(mode)) throw badArgument(who, 'mode', "'auto', 'min' or 'max'", mode)
    const direction = mode === 'auto' ? (monitor.includes('acc') ? 'max' : 'min') : mode
    const rule = stopRule(who, { ...rest, mode: direction })

    let state: Stopping = rule.init()
    let [bestEpoch, stoppedEpoch]: (number | null)[] = [null, null]
    let kept: Kept = []
    return {
      onTrainBegin: () => {
        kept = forget(kept)
        state = rule.init()
        bestEpoch = stoppedEpoch = null
      },
      onEpochEnd: (epoch, logs = {}) => {
        const { [monitor]: value } = logs
        if (typeof value !== 'number') throw notInLogs(who, monitor, Object.keys(logs))
        state = rule.update(value, state)
        if (state.hasImproved) {
          bestEpoch = epoch
          forget(kept)
          kept = restoreBestWeights ? keep(model) : []
        }
        if (!state.shouldStop) return
        stoppedEpoch = epoch
        model.stopTraining = true
      },
      onTrainEnd: () => {
        for (const [variable, value] of kept) variable.assign(value)
        kept = forget(kept)
      },
      get best() {
        return state.best
      },
      get bestEpoch() {
        return bestEpoch ?? null
      },
      get stoppedEpoch() {
        return stoppedEpoch ?? null
      },
    }
  },
)

const isModel = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && 'weights' in x && Array.isArray(x.weights) && 'stopTraining' in x

type Kept = readonly (readonly [variable: tf.Variable, value: tf.Tensor])[]

/** Other handles on the memory of all weights, which no step writes over while they are held. */
const keep = (model: StoppableModel): Kept =>
  model.weights.map(weight => {
    const variable = weight.read() as tf.Variable
    return [variable, tf.keep(share(variable))]
  })

const forget = (kept: Kept): Kept => {
  for (const [, value] of kept) value.dispose()
  return []
}
