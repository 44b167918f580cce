import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { ema, type EmaOptions } from '../transforms/ema.js'
import { fromProgram, type GradientTransformation, type StateOf } from '../transform.js'
import { tidy, type TensorsLike } from '../tree/map.js'
import { build, flatten, isRecord } from '../tree/structure.js'
import { isTensor } from '../tree/tensors.js'
import type { MeasureFunction } from './snapshot.js'

/** A measurement with a state of its own, such as `measureWithEma`; every transformation is one, of its updates. */
export interface StatefulMeasure<R = unknown> {
  readonly init: (params: never) => unknown
  readonly update: (updates: never, state: never, params?: never, extra?: never) => readonly [R, unknown]
}

/** Measurements by name, for `monitor`: functions of the updates, or what keeps a state between steps. */
export type Measures = Readonly<Record<string, MeasureFunction | StatefulMeasure>>

/** What a measure gives. */
type MeasuredBy<M> =
  M extends MeasureFunction<infer R> ? R : M extends { update(...args: never): readonly [infer R, unknown] } ? R : never

/** The state of `monitor`: the last measurements by name, and the states of measures that have one. */
export interface MonitorState<Ms extends Measures> extends StateOf {
  readonly State: {
    readonly measurements: { readonly [K in keyof Ms]: MeasuredBy<Ms[K]> }
    readonly measureStates: readonly unknown[]
  }
}

/**
 * Keeps measurements of the updates that pass through, by name: functions of the updates as for `snapshot`, and measures
 * with a state of their own, such as `measureWithEma`. `treeGet(state, name)` finds each.
 *
 * They run as tfjs ops, inside `tidy`, and cut the chain. Nothing is read back.
 *
 * State: `measurements`, before the first step those of the parameters, so that its form never changes; `measureStates`, a
 * tuple in the order of the measures, with an empty record for a function.
 *
 * @throws TypeError if `measures` is not a record of functions and `{init, update}`.
 * @source optax `monitor`, whose measurements are an empty dictionary before the first step.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { chain, globalNorm, measureWithEma, monitor, sgd, treeGet } from 'tfjs-optax'
 * const norm = (updates: object) => globalNorm(updates)
 * const tx = chain(monitor({ norm, meanNorm: measureWithEma(norm, 0.5) }), sgd(0.1))
 * const params = { w: tf.tensor1d([0, 0]) }
 * const [, state] = tx.update({ w: tf.tensor1d([3, 4]) }, tx.init(params), params)
 * const [now, mean] = [treeGet(state, 'norm'), treeGet(state, 'meanNorm')]
 * // now is 5
 * // mean is 5
 */
export const monitor = /* @__PURE__ */ checked(
  { who: 'monitor', takes: ['measures'] },
  <const Ms extends Measures>(measures: Ms): GradientTransformation<MonitorState<Ms>> => {
    if (!isRecord(measures)) throw badArgument('monitor', 'measures', 'a record of measures by name', measures)
    const all = Object.entries(measures).map(([name, measure]) => [name, statefulOf(name, measure)] as const)
    const firstStates = (params: unknown): readonly unknown[] => all.map(([, { init }]) => init(params))
    const measured = (updates: unknown, states: readonly unknown[], params: unknown, extra: unknown) => {
      const results = all.map(([, { update }], i) => update(updates, states[i], params, extra))
      return {
        measurements: Object.fromEntries(all.map(([name], i) => [name, results[i]?.[0]])),
        measureStates: results.map(([, next]) => next),
      }
    }
    return fromProgram({
      kind: 'opaque',
      name: 'monitor',
      init: params => {
        const measureStates = firstStates(params)
        const { measurements } = measured(params, firstStates(params), params, undefined)
        return { measurements, measureStates }
      },
      update: (updates, state, params, extra) => {
        const { measureStates } = state as { readonly measureStates: readonly unknown[] }
        return [updates, measured(updates, measureStates, params, extra)]
      },
    })
  },
)

/** A measure of any type, with its types forgotten. */
interface AnyMeasure {
  readonly init: (params: unknown) => unknown
  readonly update: (updates: unknown, state: unknown, params: unknown, extra: unknown) => readonly [unknown, unknown]
}

const statefulOf = (name: string, measure: unknown): AnyMeasure => {
  if (typeof measure === 'function') {
    const run = measure as (updates: unknown) => unknown
    return { init: () => ({}), update: updates => [run(updates), {}] }
  }
  if (isRecord(measure) && typeof measure['init'] === 'function' && typeof measure['update'] === 'function')
    return measure as unknown as AnyMeasure
  throw badArgument('monitor', `measures.${name}`, 'a function of the updates or {init, update}', measure)
}

const options: Names<EmaOptions> = { debias: 'biascorrection' }

/**
 * A measure for `monitor`: the exponential moving average of a function of the updates.
 *
 * `ema = decay ema + (1-decay) measure(u)`, and the measurement is `ema / (1 - decay^t)`, or with `debias: false` `ema`
 * itself. Booleans and whole numbers count as float32, so the average of a condition says how often it holds.
 *
 * State: `count`; `ema`, of the form of the measurement.
 *
 * @throws TypeError if `measure` is no function; ValueError if `decay` is not in [0, 1).
 * @source optax `measure_with_ema`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { globalNorm, measureWithEma, monitor } from 'tfjs-optax'
 * const isLarge = (updates: object) => tf.greater(globalNorm(updates), 1)
 * const tx = monitor({ howOftenLarge: measureWithEma(isLarge, 0.99) })
 */
export const measureWithEma = /* @__PURE__ */ checked(
  { who: 'measureWithEma', takes: ['measure', 'decay'], options },
  <R>(measure: MeasureFunction<R>, decay: number, given: EmaOptions = {}): StatefulMeasure<TensorsLike<R>> => {
    if (typeof measure !== 'function')
      throw badArgument('measureWithEma', 'measure', 'a function of the updates', measure)
    const average = ema(decay, given)
    const measured = (updates: never): unknown => asFloats(measure(updates))
    return {
      init: (params: never) => tidy(() => average.init(measured(params))),
      update: (updates: never, state: never) =>
        tidy(() => average.update(measured(updates), state)) as unknown as readonly [TensorsLike<R>, unknown],
    }
  },
)

/** The tree with every leaf as a float32 tensor. */
const asFloats = (tree: unknown): unknown => {
  const { structure, leaves } = flatten(tree)
  return build(
    structure,
    leaves.map(leaf => (typeof leaf === 'number' ? tf.scalar(leaf) : isTensor(leaf) ? tf.cast(leaf, 'float32') : leaf)),
  )
}
