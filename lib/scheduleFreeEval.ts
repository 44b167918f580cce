import { ops } from './backends/ops.js'
import { checked } from './call/checked.js'
import { noAverage } from './errors/averages.js'
import { input, div, mul, sub } from './rule/expr.js'
import { tensorsOf, tidy, type TensorsLike } from './tree/map.js'
import { requireDevice } from './tree/ownership.js'
import { build, flatten, isRecord } from './tree/structure.js'
import { isTensor } from './tree/tensors.js'

const who = 'scheduleFreeEvalParams'
const [p, z] = [input('p', 'element'), input('z', 'element')]
const b1 = input('b1', 'total')
const average = div(sub(p, mul(sub(1, b1), z)), b1)

/** The states of `scheduleFreeAverage` in a state: what has its fields. */
const averagesIn = (state: unknown): readonly Readonly<Record<string, unknown>>[] => {
  if (isTensor(state) || typeof state !== 'object' || state === null) return []
  const isOne = isRecord(state) && ['z', 'b1', 'weight', 'weightSum'].every(key => key in state)
  return isOne ? [state] : Object.values(state).flatMap(averagesIn)
}

/**
 * The parameters to evaluate a schedule-free model with, or to save: the average that its state tells.
 *
 * `(p - (1-b1) z) / b1`; a leaf that the optimizer does not change is as it is. The results are new tensors, of the running
 * `tidy` or yours; nothing is read back.
 *
 * @throws ValueError if the state is not of one `scheduleFreeAverage`, or, naming the path, where the tree has another
 * structure.
 * @source Defazio et al. 2024; optax `contrib.schedule_free_eval_params`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { makeStep, scheduleFreeEvalParams, scheduleFreeSgd } from 'tfjs-optax'
 * const tx = scheduleFreeSgd(0.5)
 * const start = { w: tf.tensor1d([1, 2]) }
 * const [params, state] = makeStep(tx)(start, { w: tf.tensor1d([1, 2]) }, tx.init(start))
 * const model = scheduleFreeEvalParams(state, params)
 * // model.w is [0.5, 1]
 */
export const scheduleFreeEvalParams = /* @__PURE__ */ checked(
  { who, takes: ['state', 'params'] },
  <P>(state: unknown, params: P): TensorsLike<P> => {
    tensorsOf(params) // throws for what is no tree
    const found = averagesIn(state)
    const [one] = found
    if (one === undefined || found.length > 1) throw noAverage(who, found.length)
    requireDevice(who, { params, state: one })
    const { structure, leaves } = flatten(params)
    const read = ops.read(structure, one['z'], { who, what: 'state.z', than: 'params' })
    const share = one['b1']
    if (!isTensor(share)) throw noAverage(who, 0)
    return tidy(() => {
      const next = leaves.map((leaf, i) => {
        const slot = read[i]
        if (!isTensor(leaf)) return leaf
        const values = { p: leaf, z: slot ?? leaf, b1: share }
        return ops.evaluate([slot ? average : p], { scalars: {}, values, like: leaf })[0]
      })
      return build(structure, next) as TensorsLike<P>
    })
  },
)
