import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument, hyperOutOfRange } from '../errors.js'
import { makeChoices } from '../program/choose.js'
import { atCount } from '../program/fold.js'
import { recordState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Arm, Layout, Nest, Program } from '../program/program.js'
import { countIn } from '../program/record.js'
import { add, lt, mul, select, sub } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'
import { stepsAbove0 } from '../schedules/check.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import type { TensorsLike } from '../tree/map.js'
import { endingAnew, refuseReset } from './anew.js'

/** The state of `lookahead`: that of the inner transformation, and the slow parameters. */
export interface LookaheadState<T> extends StateOf {
  readonly State: Lookahead<StateIn<T, this['Params']>, TensorsLike<this['Params']>>
}

/** Options of `lookahead`. */
export interface LookaheadOptions {
  /** whether the state of `inner` begins anew after each synchronisation; default false */
  readonly resetState?: boolean
}

const options: Names<LookaheadOptions> = { resetState: 'reset' }

/** The states of the inner transformation, and of the slow parameters. */
export interface Lookahead<S, P> {
  readonly fast: S
  readonly sync: { readonly count: number; readonly slow: P }
}

/**
 * Lets the parameters run ahead by `inner`, and pulls them back to slow parameters at every `syncPeriod`-th step.
 *
 * `u = inner(u)`; at a synchronisation `slow = slow + slowStepSize (p + u - slow);  u = slow - p`, so that parameters and
 * slow parameters are equal after it.
 *
 * With `resetState`, false by default, the state of `inner` begins anew after each synchronisation: counts are 0, and slots
 * as `init` gives them for the parameters of that step. A leaf whose gradient is null in that step keeps its slots.
 *
 * The parameters stay a tree of parameters, and gradients are taken at them; the slow ones are in the state. It must be
 * the last link of a chain that changes updates.
 *
 * State: `fast`, that of `inner`; `sync`, with a `count` and `slow`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `syncPeriod` is not a whole number above 0, or `slowStepSize` is not finite, and for `resetState` if
 * `inner` contains tfjs ops, a user's functions or choices by the step; TypeError for an update without parameters.
 * @source Zhang et al. 2019, algorithm 1; optax `lookahead`, whose parameters are pairs of fast and slow ones.
 * @example
 * import { adam, lookahead } from 'tfjs-optax'
 * const tx = lookahead(adam(1e-3), 6, 0.5)
 */
export const lookahead = /* @__PURE__ */ checked(
  { who: 'lookahead', takes: ['inner', 'syncPeriod', 'slowStepSize'], options },
  <T extends Link>(
    inner: T,
    syncPeriod: number,
    slowStepSize: Hyper,
    { resetState = false }: LookaheadOptions = {},
  ): GradientTransformation<LookaheadState<T>> => {
    if (!stepsAbove0.holds(syncPeriod))
      throw hyperOutOfRange('lookahead', 'syncPeriod', stepsAbove0.expected, syncPeriod)
    if (typeof resetState !== 'boolean') throw badArgument('lookahead', 'resetState', 'true or false', resetState)
    const program = refuseGather('lookahead', programOf('lookahead', 'inner', inner))
    if (resetState) refuseReset('lookahead', program)
    return fromProgram(lookaheadOf(program, synchronise(syncPeriod, slowStepSize), { syncPeriod, resetState }))
  },
)

const synchronise = (syncPeriod: number, slowStepSize: Hyper): Program =>
  ourElementwise({
    name: 'synchronise',
    hyper: { slowStepSize: finite(slowStepSize) },
    options: { syncPeriod },
    slots: { slow: ({ p }) => p },
    scalars: (t, { slowStepSize }) => ({ slowStepSize, syncs: t % syncPeriod === 0 ? 1 : 0 }),
    step: ({ u, p, slow }, { slowStepSize, syncs }) => {
      const moved = add(slow, mul(slowStepSize, sub(add(p, u), slow)))
      return { u: select(lt(0, syncs), sub(moved, p), u), slow: select(lt(0, syncs), moved, slow) }
    },
  }).program

interface Period {
  readonly syncPeriod: number
  readonly resetState: boolean
}

const lookaheadOf = (inner: Program, sync: Program, period: Period): Nest => {
  const { syncPeriod, resetState } = period
  const slowStepSize = sync.kind === 'rule' ? sync.rule.hyper['slowStepSize']?.value : undefined
  const layout = recordState('lookahead', ['fast', 'sync'])
  const nest = (parts: readonly Program[], own: Layout): Nest => ({
    kind: 'nest',
    type: 'lookahead',
    parts,
    mask: null,
    layout: own,
    around: ([fast = inner, other = sync]) => lookaheadOf(fast, other, period),
    args: { inner, syncPeriod, slowStepSize, ...(resetState ? { resetState } : {}) },
    title: `lookahead, in step every ${syncPeriod}${resetState ? ', then anew' : ''}`,
  })
  if (!resetState) return nest([inner, sync], layout)

  const anew: Layout = {
    ...layout,
    join: ([fast, other], before) => layout.join([atCount(inner, fast, 0), other], before),
  }
  const ahead: Arm = { when: 'running ahead', program: nest([inner, sync], layout) }
  const inStep: Arm = { when: 'synchronising', program: nest([endingAnew(inner), sync], anew) }
  return {
    ...nest([inner, sync], {
      ...layout,
      atCount: (state, n) => ({ state, counts: [n % syncPeriod, n] }),
    }),
    choice: {
      resolve: makeChoices,
      arms: syncPeriod === 1 ? [inStep] : [ahead, inStep],
      pick: (state, _extra, where) => {
        const [, own] = layout.split(state, where)
        const { count } = own as { readonly count: unknown }
        return (countIn('lookahead', `${where}.sync`, count) + 1) % syncPeriod === 0 ? inStep : ahead
      },
    },
  }
}
