import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { loadChainReader } from './chainReader.js'
import { ExponentialMovingAverage } from './exponentialMovingAverage.js'
import { classesOf, type OptimizerClass } from './optimizers.js'

/** Options of `registerOptimizers`. */
export interface RegisterOptions {
  /** whether Adam, SGD and Adagrad of this package replace those of tfjs, default false */
  readonly replace?: boolean
}

const options: Names<RegisterOptions> = { replace: '' }

/**
 * Registers the optimizers with tfjs, so that `loadLayersModel` finds them by the class name in a file:
 * TransformOptimizer, AdamWeightDecay, LAMB, LARS, RMSprop, ExponentialMovingAverage. Call it once before you load;
 * importing registers nothing.
 *
 * tfjs has classes of its own called Adam, SGD and Adagrad, and a name can mean only one class. With `replace`, these
 * names mean the classes of this package: a file with the name Adam, from Python or from tfjs, then gives Keras's Adam,
 * for a file from tfjs with `epsilonHat` false, so that it goes on as it was. tfjs's `RMSProp` has another spelling and
 * stays, as do its other optimizers.
 *
 * @throws TypeError for an unknown option.
 * @source `tf.serialization.registerClass`; Keras has `custom_objects` and `register_keras_serializable` for this.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { registerOptimizers } from 'tfjs-optax'
 * registerOptimizers()
 * const known = 'AdamWeightDecay' in tf.serialization.SerializationMap.getMap().classNameMap
 * // known is true
 */
export const registerOptimizers = /* @__PURE__ */ checked(
  { who: 'registerOptimizers', takes: [], options },
  ({ replace = false }: RegisterOptions = {}): void => {
    loadChainReader()
    const free = classesOf('TransformOptimizer', 'AdamWeightDecay', 'LAMB', 'LARS', 'RMSprop')
    const average = ExponentialMovingAverage as unknown as OptimizerClass
    const all = [...free, average, ...(replace ? classesOf('Adam', 'SGD', 'Adagrad') : [])]
    all.forEach(cls => tf.serialization.registerClass(cls))
  },
)
