import { checked as checkedCall } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, badInterval } from '../errors.js'
import { elementwise } from '../elementwise.js'
import { makeChoices } from '../program/choose.js'
import { countIn, recordOf } from '../program/record.js'
import { refuseGather, type Arm, type Idle, type Layout, type Nest, type Program } from '../program/program.js'
import { add, mul, sub, type Expr } from '../rule/expr.js'
import type { Schedule } from '../rule/hyper.js'
import { seal } from '../tree/freeze.js'
import type { TensorsLike } from '../tree/map.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'

export interface MultiStepsOptions {
  /** whether the inner transformation gets the mean of the gradients, or their sum; default true */
  readonly useGradMean?: boolean
}

const options: Names<MultiStepsOptions> = { useGradMean: 'mean' }

/** What `multiSteps` keeps besides the state of what it wraps. */
export interface GatheredGradients<P, S> {
  /** gradients gathered since the last update */
  readonly miniStep: number
  /** updates so far */
  readonly gradientStep: number
  readonly innerState: S
  /** the mean or sum of the gradients gathered */
  readonly accGrads: TensorsLike<P>
}

export interface MultiStepsState<T> extends StateOf {
  readonly State: GatheredGradients<this['Params'], StateIn<T, this['Params']>>
}

/**
 * Gathers the gradients of `everyK` steps and runs `inner` once on their mean: large batches in little memory. All other
 * steps only add to what is gathered; their updates are zero, and `inner` is not run.
 *
 * `a = a + (u - a) / (i + 1)` for the i-th gradient since the last update, and at the k-th `u = inner(a);  a = 0`.
 *
 * `everyK` is a whole number from 1 on, or a schedule of the number of updates so far. A count in `inner` counts updates,
 * and so do its schedules. A leaf whose gradient is null in the k-th step keeps what it has for the next update.
 *
 * State: `miniStep`, `gradientStep`, `innerState`, and `accGrads`, float32 of the parameter's shape, 4 bytes per
 * parameter.
 *
 * @throws ValueError for an `everyK` that is no whole number above 0, at its step for a schedule; TypeError for an unknown
 * option.
 * @source optax `MultiSteps`, which runs the inner transformation at every step and multiplies its result by 0 or 1, so
 * that one NaN stays forever.
 * @example
 * import { adamw, multiSteps } from 'tfjs-optax'
 * const tx = multiSteps(adamw(1e-3), 4)
 */
export const multiSteps = /* @__PURE__ */ checkedCall(
  { who: 'multiSteps', takes: ['inner', 'everyK'], options },
  <T extends Link>(
    inner: T,
    everyK: number | Schedule,
    { useGradMean = true }: MultiStepsOptions = {},
  ): GradientTransformation<MultiStepsState<T>> => {
    if (typeof useGradMean !== 'boolean') throw badArgument('multiSteps', 'useGradMean', 'true or false', useGradMean)
    if (typeof everyK !== 'function') checked(everyK)
    return fromProgram(
      multiStepsProgram(refuseGather('multiSteps', programOf('multiSteps', 'inner', inner)), everyK, useGradMean),
    )
  },
)

const checked = (k: unknown, gradientStep?: number): number => {
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1) throw badInterval('multiSteps', 'everyK', k, gradientStep)
  return k
}

interface MultiStepsRecord {
  readonly miniStep: number
  readonly gradientStep: number
  readonly innerState: unknown
  readonly accGrads: unknown
}

const keys = ['miniStep', 'gradientStep', 'innerState', 'accGrads']

const read = (state: unknown, where: string): MultiStepsRecord => {
  const record = recordOf('multiSteps', keys, state, where)
  return {
    miniStep: countIn('multiSteps', where, record['miniStep'], 'miniStep'),
    gradientStep: countIn('multiSteps', where, record['gradientStep'], 'gradientStep'),
    innerState: record['innerState'],
    accGrads: record['accGrads'],
  }
}

/** What the gathering of `u` leaves: the mean so far in steps of Welford, or the sum. */
const gathering = (mean: boolean) => (accGrads: Expr, u: Expr, share: Expr) =>
  mean ? add(accGrads, mul(sub(u, accGrads), share)) : add(accGrads, u)

const rule = (
  name: string,
  mean: boolean,
  gives: (gathered: Expr) => { u: Expr | number; accGrads: Expr | number },
): Program =>
  elementwise({
    name,
    slots: { accGrads: 0 },
    scalars: t => ({ share: 1 / t }),
    step: ({ u, accGrads }, { share }) => gives(gathering(mean)(accGrads, u, share)),
  }).program

const idle: Idle = { kind: 'idle' }

/** The rule that gathers has `miniStep` for its count, and its slot beside the numbers. */
const layout = (after: (record: MultiStepsRecord) => Pick<MultiStepsRecord, 'miniStep' | 'gradientStep'>): Layout => ({
  first: ([gather, innerState]) =>
    seal({ miniStep: 0, gradientStep: 0, innerState, accGrads: (gather as { accGrads: unknown }).accGrads }),
  split: (state, where) => {
    const { miniStep, accGrads, innerState } = read(state, where)
    return [{ count: miniStep, accGrads }, innerState]
  },
  join: ([gather, innerState], before) => {
    const { count, accGrads } = gather as { readonly count: number; readonly accGrads: unknown }
    return seal({ ...after({ ...(before as MultiStepsRecord), miniStep: count }), innerState, accGrads })
  },
  key: i => (i === 0 ? null : 'innerState'),
  own: ['gradientStep'],
})

const counting = layout(({ miniStep, gradientStep }) => ({ miniStep, gradientStep }))
const updating = layout(({ gradientStep }) => ({ miniStep: 0, gradientStep: gradientStep + 1 }))

const multiStepsProgram = (inner: Program, everyK: number | Schedule, useGradMean: boolean): Nest => {
  const gather = rule('gatherGradients', useGradMean, accGrads => ({ u: -0, accGrads }))
  const hand = rule('gatheredGradients', useGradMean, u => ({ u, accGrads: 0 }))
  const kAt = (gradientStep: number): number =>
    typeof everyK === 'number' ? everyK : checked(everyK(gradientStep), gradientStep)
  const updatesAfter = (n: number): number => {
    if (typeof everyK === 'number') return Math.floor(n / everyK)
    let [steps, updates] = [n, 0]
    for (let k = kAt(0); steps >= k; k = kAt(updates)) {
      steps -= k
      updates += 1
    }
    return updates
  }
  const nest = (parts: readonly Program[], own: Layout): Nest => ({
    kind: 'nest',
    type: 'multiSteps',
    parts,
    mask: null,
    layout: own,
    around: others => nest(others, own),
    args: { inner: parts[1] ?? inner, everyK, useGradMean },
    title: `multiSteps every ${typeof everyK === 'number' ? everyK : 'k(updates)'}`,
  })
  const arms: readonly Arm[] = [
    { when: 'gathering', program: nest([gather, idle], counting) },
    { when: 'every k-th step', program: nest([hand, inner], updating) },
  ]
  return {
    ...nest([gather, inner], {
      ...counting,
      // What is gathered stays as it is, so the mini step does too.
      atCount: (state, n) => {
        const record = read(state, 'state')
        const updates = updatesAfter(n)
        return { state: seal({ ...record, gradientStep: updates }), counts: [record.miniStep, updates] }
      },
    }),
    around: ([, other = inner]) => multiStepsProgram(other, everyK, useGradMean),
    choice: {
      resolve: makeChoices,
      arms: everyK === 1 ? arms.slice(1) : arms,
      pick: (state, _extra, where) => {
        const { miniStep, gradientStep } = read(state, where)
        return everyK !== 1 && miniStep + 1 >= kAt(gradientStep) ? 1 : 0
      },
    },
  }
}
