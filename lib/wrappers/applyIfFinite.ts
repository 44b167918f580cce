import { checked } from '../call/checked.js'
import { wholeNumber } from '../call/whole.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { guarded, guardNames } from '../program/guarded.js'
import { refuseGather } from '../program/gathers.js'
import type { Layout, Nest, Program } from '../program/program.js'
import { recordOf } from '../program/record.js'
import { add, isFinite, lt, select, type Expr } from '../rule/expr.js'
import type { GuardNames } from '../rule/guarded.js'
import { seal } from '../tree/freeze.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import type { Scalar } from '@tensorflow/tfjs-core'

/** The state of `applyIfFinite`. */
export interface ApplyIfFiniteState<T> extends StateOf {
  readonly State: IfFinite<StateIn<T, this['Params']>>
}

/** Numbers of skipped steps, on the device, beside the state of the inner transformation. */
export interface IfFinite<S> {
  /** finished steps, skipped ones among them */
  readonly count: number
  /** consecutive steps, up to the last one, whose gradients were not finite */
  readonly notFiniteCount: Scalar
  /** 1 if the last gradients were finite, or there were none yet; else 0 */
  readonly lastFinite: Scalar
  /** all steps so far whose gradients were not finite */
  readonly totalNotFinite: Scalar
  /** all steps so far that were skipped */
  readonly skipped: Scalar
  readonly innerState: S
}

const names = ['count', 'notFiniteCount', 'lastFinite', 'totalNotFinite', 'skipped', 'innerState']

/**
 * Runs `inner` if every element of every gradient is finite. Otherwise the step is skipped: the update is zero, and
 * parameters and the inner state stay as they are. After `maxConsecutiveErrors` skipped steps in a row it gives up, and
 * lets gradients pass that are not finite, until finite ones come.
 *
 * The device decides: nothing is read back, and the kernels of `inner` run in the same passes as without it. Bias
 * corrections and schedules in `inner` follow the steps that were not skipped. The host does not know their number, so it
 * counts every step (`count` in the states within, `optimizer.iterations`), and after seven skipped steps in all, further
 * ones count for bias corrections and schedules too. In links in tfjs ops, such as `scaleByMuon`, every step counts for
 * them.
 *
 * State: `count`; `notFiniteCount`, `lastFinite`, `totalNotFinite`, `skipped`, a float32 scalar each; `innerState`.
 *
 * @throws TypeError if `maxConsecutiveErrors` is not a whole number from 0 on, or `inner` contains a pair of functions
 * or a wrapper that counts on the host, such as `multiSteps`: put `applyIfFinite` into that one.
 * @source optax `apply_if_finite`. Its counts are those of the steps that were not skipped, without limit.
 * @example
 * import { adamw, applyIfFinite } from 'tfjs-optax'
 * const tx = applyIfFinite(adamw(1e-3), 5)
 */
export const applyIfFinite = /* @__PURE__ */ checked(
  { who: 'applyIfFinite', takes: ['inner', 'maxConsecutiveErrors'] },
  <T extends Link>(inner: T, maxConsecutiveErrors: number): GradientTransformation<ApplyIfFiniteState<T>> => {
    wholeNumber('applyIfFinite', 'maxConsecutiveErrors', maxConsecutiveErrors, 0)
    const program = refuseGather('applyIfFinite', programOf('applyIfFinite', 'inner', inner))
    const signals = guardNames(program)
    const parts = [ifFinite(maxConsecutiveErrors, signals), guarded('applyIfFinite', program, signals)]
    return fromProgram(applyIfFiniteOf(parts, maxConsecutiveErrors))
  },
)

/** What the gradients of this step mean: whether they are finite, how many in a row were not, and whether `inner` runs. */
const decide = (most: number, { broken, notFiniteCount }: Readonly<Record<'broken' | 'notFiniteCount', Expr>>) => {
  const isFinite = lt(broken, 1)
  const inARow = select(isFinite, 0, add(notFiniteCount, 1))
  return { isFinite, inARow, runs: select(isFinite, 1, select(lt(most, inARow), 1, 0)) }
}

/** Counts, sends the decision to the links of `inner`, and passes on the gradients, or zeros in their place. */
const ifFinite = (maxConsecutiveErrors: number, signals: GuardNames): Program =>
  ourElementwise(
    {
      name: 'ifFinite',
      options: { maxConsecutiveErrors },
      cells: {
        notFiniteCount: { over: 'tree', first: 0 },
        lastFinite: { over: 'tree', first: 1 },
        totalNotFinite: { over: 'tree', first: 0 },
        skipped: { over: 'tree', first: 0 },
      },
      totals: { broken: { over: 'tree', reduce: 'max', of: ({ u }) => select(isFinite(u), 0, 1) } },
      sends: x => ({ [signals.runs]: decide(maxConsecutiveErrors, x).runs, [signals.skipped]: x.skipped }),
      step: ({ u, ...x }) => {
        const { isFinite, inARow, runs } = decide(maxConsecutiveErrors, x)
        return {
          u: select(lt(0, runs), u, -0),
          notFiniteCount: inARow,
          lastFinite: select(isFinite, 1, 0),
          totalNotFinite: select(isFinite, x.totalNotFinite, add(x.totalNotFinite, 1)),
          skipped: select(lt(0, runs), x.skipped, add(x.skipped, 1)),
        }
      },
    },
    { cellRunner },
  ).program

/** One record: the fields of the first link, and `innerState`. */
const layout: Layout = {
  first: ([own, innerState]) => seal({ ...(own as object), innerState }),
  split: (state, where) => {
    const { innerState, ...own } = recordOf('applyIfFinite', names, state, where)
    return [own, innerState]
  },
  join: ([own, innerState]) => seal({ ...(own as object), innerState }),
  key: i => (i === 0 ? null : 'innerState'),
  own: [],
}

const applyIfFiniteOf = (parts: readonly Program[], maxConsecutiveErrors: number): Nest => ({
  kind: 'nest',
  type: 'applyIfFinite',
  parts,
  mask: null,
  layout,
  around: others => applyIfFiniteOf(others, maxConsecutiveErrors),
  args: { inner: parts[1], maxConsecutiveErrors },
  title: `applyIfFinite, ${maxConsecutiveErrors} errors in a row at most`,
})
