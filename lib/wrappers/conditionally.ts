import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { notABoolean } from '../errors/conditions.js'
import { makeChoices } from '../program/choose.js'
import { refuseGather } from '../program/gathers.js'
import type { Arm, Layout, Nest, Program } from '../program/program.js'
import { countIn, recordOf } from '../program/record.js'
import { seal } from '../tree/freeze.js'
import { setToZero } from '../transforms/setToZero.js'
import {
  fromProgram,
  programOf,
  type Extra,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'

/**
 * Whether the inner transformation runs in this step, by the number of finished steps, from 0, and the values that the
 * caller passes. It runs on the host: to choose by the loss on the device without waiting, use a rule with `extras`.
 */
export type Condition = (step: number, extra: Extra) => boolean

/** The state of `conditionallyTransform` and `conditionallyMask`. */
export interface ConditionalState<T> extends StateOf {
  readonly State: Conditional<StateIn<T, this['Params']>>
}
/** The state of `conditionallyTransform` and `conditionallyMask`. */
export interface Conditional<S> {
  /** finished steps */
  readonly step: number
  readonly innerState: S
}

/**
 * Runs `inner` in the steps for which `condition` holds; in the others updates pass unchanged, and the inner state stays.
 *
 * State: `step`, the number of finished steps; `innerState`, whose counts are of the steps in which it ran. Setting the
 * `iterations` of an optimizer sets all of them.
 *
 * @throws TypeError if the condition is no function, and in a step for a result that is neither true nor false.
 * @source optax `conditionally_transform`.
 * @example
 * import { chain, clipByGlobalNorm, conditionallyTransform, sgd } from 'tfjs-optax'
 * const tx = chain(conditionallyTransform(clipByGlobalNorm(1), step => step < 1000), sgd(0.1))
 */
export const conditionallyTransform = /* @__PURE__ */ checked(
  { who: 'conditionallyTransform', takes: ['inner', 'condition'] },
  <T extends Link>(inner: T, condition: Condition): GradientTransformation<ConditionalState<T>> =>
    conditional('conditionallyTransform', inner, condition, { kind: 'idle' }),
)

/**
 * Runs `inner` in the steps for which `condition` holds; in the others updates are zero, and the inner state stays.
 *
 * State: as for `conditionallyTransform`.
 *
 * @throws TypeError if the condition is no function, and in a step for a result that is neither true nor false.
 * @source optax `conditionally_mask`.
 * @example
 * import { adam, conditionallyMask } from 'tfjs-optax'
 * const everySecond = conditionallyMask(adam(1e-3), step => step % 2 === 1)
 */
export const conditionallyMask = /* @__PURE__ */ checked(
  { who: 'conditionallyMask', takes: ['inner', 'condition'] },
  <T extends Link>(inner: T, condition: Condition): GradientTransformation<ConditionalState<T>> =>
    conditional('conditionallyMask', inner, condition, setToZero().program),
)

const read = (who: string, state: unknown, where: string): Conditional<unknown> => {
  const record = recordOf(who, ['step', 'innerState'], state, where)
  return { step: countIn(who, where, record['step'], 'step'), innerState: record['innerState'] }
}

/** `other` has no record in the state: its count is `step`. `after` gives the steps once the parts have new states. */
const layoutOf = (who: string, after: (step: number) => number): Layout => ({
  first: ([innerState]) => seal({ step: 0, innerState }),
  split: (state, where) => {
    const { step, innerState } = read(who, state, where)
    return [innerState, seal({ count: step })]
  },
  join: ([innerState], before) => seal({ step: after((before as Conditional<unknown>).step), innerState }),
  key: i => (i === 0 ? 'innerState' : null),
  own: ['step'],
  // Which steps there were to run in is not known, since the condition may depend on what callers pass.
  atCount: (state, n, where) => ({ state: seal({ ...read(who, state, where), step: n }), counts: [n] }),
})

const conditional = <T extends Link>(
  type: string,
  inner: T,
  condition: Condition,
  other: Program,
): GradientTransformation<ConditionalState<T>> => {
  if (typeof condition !== 'function')
    throw badArgument(type, 'condition', 'a function (step, extra) => boolean', condition)
  return fromProgram(conditionalOf(type, refuseGather(type, programOf(type, 'inner', inner)), condition, other))
}

const conditionalOf = (type: string, inner: Program, condition: Condition, other: Program): Nest => {
  const nest = (parts: readonly Program[], layout: Layout): Nest => ({
    kind: 'nest',
    type,
    parts,
    mask: null,
    layout,
    around: others => nest(others, layout),
    args: { inner, condition },
    title: `${type} by a function of the step`,
  })
  const stepping = layoutOf(type, step => step + 1)
  const runs: Arm = { when: 'where the condition holds', program: nest([inner], stepping) }
  const passes: Arm = { when: 'in other steps', program: nest([{ kind: 'idle' }, other], stepping) }
  return {
    ...nest(
      [inner],
      layoutOf(type, step => step),
    ),
    around: ([part = inner]) => conditionalOf(type, part, condition, other),
    choice: {
      resolve: makeChoices,
      arms: [runs, passes],
      pick: (state, extra, where) => (holds(type, condition, read(type, state, where).step, extra) ? runs : passes),
    },
  }
}

const holds = (who: string, condition: Condition, step: number, extra: unknown): boolean => {
  const result: unknown = condition(step, (extra ?? {}) as Extra)
  if (typeof result !== 'boolean') throw notABoolean(who, step, result)
  return result
}
