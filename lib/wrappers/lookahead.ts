import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { hyperOutOfRange } from '../errors.js'
import { recordState } from '../program/layouts.js'
import { refuseGather, type Nest, type Program } from '../program/program.js'
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

/** The state of `lookahead`: that of the inner transformation, and the slow parameters. */
export interface LookaheadState<T> extends StateOf {
  readonly State: Lookahead<StateIn<T, this['Params']>, TensorsLike<this['Params']>>
}

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
 * The parameters stay a tree of parameters, and gradients are taken at them; the slow ones are in the state. It must be
 * the last link of a chain that changes updates.
 *
 * State: `fast`, that of `inner`; `sync`, with a `count` and `slow`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `syncPeriod` is not a whole number above 0, or `slowStepSize` is not finite; TypeError for an
 * update without parameters.
 * @source Zhang et al. 2019, algorithm 1; optax `lookahead`, whose parameters are pairs of fast and slow ones.
 * @example
 * import { adam, lookahead } from 'tfjs-optax'
 * const tx = lookahead(adam(1e-3), 6, 0.5)
 */
export const lookahead = /* @__PURE__ */ checked(
  { who: 'lookahead', takes: ['inner', 'syncPeriod', 'slowStepSize'] },
  <T extends Link>(inner: T, syncPeriod: number, slowStepSize: Hyper): GradientTransformation<LookaheadState<T>> => {
    if (!stepsAbove0.holds(syncPeriod))
      throw hyperOutOfRange('lookahead', 'syncPeriod', stepsAbove0.expected, syncPeriod)
    const program = refuseGather('lookahead', programOf('lookahead', 'inner', inner))
    return fromProgram(lookaheadOf(program, synchronise(syncPeriod, slowStepSize), syncPeriod))
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

const lookaheadOf = (inner: Program, sync: Program, syncPeriod: number): Nest => ({
  kind: 'nest',
  type: 'lookahead',
  parts: [inner, sync],
  mask: null,
  layout: recordState('lookahead', ['fast', 'sync']),
  around: ([fast = inner, other = sync]) => lookaheadOf(fast, other, syncPeriod),
  args: { inner, syncPeriod, slowStepSize: sync.kind === 'rule' ? sync.rule.hyper['slowStepSize']?.value : undefined },
  title: `lookahead, in step every ${syncPeriod}`,
})
