/** Slow copies of parameters: averages, and copies that are renewed now and then. */
import { checked } from './call/checked.js'
import { wholeNumber } from './call/whole.js'
import { assigned } from './consume.js'
import { ourElementwise } from './elementwise.js'
import { badArgument } from './errors.js'
import type { Program } from './program/program.js'
import { withHyper } from './program/fold.js'
import { add, mul } from './rule/expr.js'
import { finite } from './rule/hyper.js'
import { stepTensors } from './run.js'
import type { TensorsLike } from './tree/map.js'
import { checkAssignment } from './tree/ownership.js'
import type { GradientsLike, UpdatesLike } from './transform.js'

/** New values for a tree `P`; a null leaf leaves the old one as it is. */
type NewFor<P> = P | GradientsLike<P> | TensorsLike<P> | UpdatesLike<P>

/**
 * A step with the new values as updates, which move the parameter itself. What is added to it after that is -0, which
 * changes no bit.
 */
const moved = (who: string, news: unknown, olds: unknown, program: Program): unknown => {
  if (olds === null || olds === undefined) throw badArgument(who, 'oldTensors', 'a tree of tensors', olds)
  checkAssignment(who, olds)
  return assigned(stepTensors(program, { who, updates: news, state: { count: 0 }, params: olds, extra: undefined }))
}

let mixing: Program | null = null
/** Programs for other shares are the same rule with other numbers, which has the same kernel. */
const mixingOf = (share: number): Program => {
  mixing ??= ourElementwise({
    name: 'mixing',
    hyper: { share: finite(share) },
    scalars: (_t, { share }) => ({ share, rest: 1 - share }),
    step: ({ u, p }, { share, rest }) => ({ u: -0, p: add(mul(share, u), mul(rest, p)) }),
  }).program
  return withHyper(mixing, { share })
}

/**
 * Moves `oldTensors` a part of the way to `newTensors`: an average of parameters, for evaluation or as a slow target.
 *
 * `old = stepSize new + (1 - stepSize) old`. Where a new leaf is null the old one stays. Old leaves that are Variables
 * are assigned, and the same Variables come back; all others are new tensors.
 *
 * @throws ValueError naming the path where structures or shapes differ; TypeError if `stepSize` is no finite number.
 * @source Polyak and Juditsky 1992; optax `incremental_update`, whose result is None where a new leaf is.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { incrementalUpdate } from 'tfjs-optax'
 * const average = incrementalUpdate({ w: tf.tensor1d([1, 2]) }, { w: tf.tensor1d([0, 4]) }, 0.25)
 * // average.w is [0.25, 3.5]
 */
export const incrementalUpdate = /* @__PURE__ */ checked(
  { who: 'incrementalUpdate', takes: ['newTensors', 'oldTensors', 'stepSize'] },
  <P>(newTensors: NewFor<P>, oldTensors: P, stepSize: number): P => {
    const who = 'incrementalUpdate'
    if (!Number.isFinite(stepSize)) throw badArgument(who, 'stepSize', 'a finite number', stepSize)
    return moved(who, newTensors, oldTensors, mixingOf(stepSize)) as P
  },
)

let copying: Program | null = null
let keeping: Program | null = null
const copyingProgram = (): Program =>
  (copying ??= ourElementwise({ name: 'copying', step: ({ u }) => ({ u: -0, p: u }) }).program)
const keepingProgram = (): Program => (keeping ??= ourElementwise({ name: 'keeping', step: () => ({ u: -0 }) }).program)

/**
 * Renews `oldTensors` by `newTensors` at every `updatePeriod`-th step: a target network.
 *
 * `old = new` if `steps` is a multiple of `updatePeriod`, else `old`. Where a new leaf is null the old one stays. Old
 * leaves that are Variables are assigned, and the same Variables come back; all others are handles of their own, which
 * share the memory of the old ones while nothing is renewed.
 *
 * @throws ValueError naming the path where structures or shapes differ, at every step; TypeError if `steps` is no whole
 * number from 0 on, or `updatePeriod` none from 1 on.
 * @source Mnih et al. 2015; optax `periodic_update`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { periodicUpdate } from 'tfjs-optax'
 * const target = periodicUpdate({ w: tf.tensor1d([1, 2]) }, { w: tf.tensor1d([0, 4]) }, 200, 100)
 * // target.w is [1, 2]
 */
export const periodicUpdate = /* @__PURE__ */ checked(
  { who: 'periodicUpdate', takes: ['newTensors', 'oldTensors', 'steps', 'updatePeriod'] },
  <P>(newTensors: NewFor<P>, oldTensors: P, steps: number, updatePeriod: number): P => {
    const who = 'periodicUpdate'
    wholeNumber(who, 'steps', steps, 0)
    wholeNumber(who, 'updatePeriod', updatePeriod, 1)
    const program = steps % updatePeriod === 0 ? copyingProgram() : keepingProgram()
    return moved(who, newTensors, oldTensors, program) as P
  },
)
