import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, badInterval } from '../errors.js'
import { ourElementwise } from '../elementwise.js'
import { makeChoices } from '../program/choose.js'
import { countIn, recordOf } from '../program/record.js'
import { refuseGather, type Arm, type Layout, type Nest, type Program } from '../program/program.js'
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
  /** whether `inner` gets the mean of the gradients (true, the default) or their sum */
  readonly useGradMean?: boolean
}

const options: Names<MultiStepsOptions> = { useGradMean: 'mean' }

/** The state of `multiSteps`. */
export interface GatheredGradients<G, S> {
  /** the number of gradients gathered since the last update */
  readonly miniStep: number
  /** the number of updates so far */
  readonly gradientStep: number
  readonly innerState: S
  /** the mean or sum of the gathered gradients */
  readonly accGrads: G
}

export interface MultiStepsState<T> extends StateOf {
  readonly State: GatheredGradients<TensorsLike<this['Params']>, StateIn<T, this['Params']>>
}

/**
 * Gathers the gradients of `everyK` steps and runs `inner` once on their mean: large batches in little memory. The
 * other steps only gather; their updates are zero.
 *
 * `a = a + (u - a) / (i + 1)` for the i-th gradient since the last update, and at the k-th `u = inner(a);  a = 0`.
 *
 * `everyK` is a whole number from 1 on, or a schedule of the number of updates so far. Counts and schedules in `inner`
 * count updates. A leaf whose gradient is null in the k-th step keeps its gathered gradients for the next update.
 *
 * State: `miniStep`, `gradientStep`, `innerState`, and `accGrads`, float32 of the parameter's shape, 4 bytes per
 * parameter.
 *
 * @throws ValueError if `everyK` is not a whole number above 0, in the step for a schedule; TypeError for an unknown
 * option.
 * @source optax `MultiSteps`, which runs the inner transformation at every step and multiplies its result by 0 or 1, so
 * that one NaN stays forever.
 * @example
 * import { adamw, multiSteps } from 'tfjs-optax'
 * const tx = multiSteps(adamw(1e-3), 4)
 */
export const multiSteps = /* @__PURE__ */ checked(
  { who: 'multiSteps', takes: ['inner', 'everyK'], options },
  <T extends Link>(
    inner: T,
    everyK: number | Schedule,
    { useGradMean = true }: MultiStepsOptions = {},
  ): GradientTransformation<MultiStepsState<T>> => {
    if (typeof useGradMean !== 'boolean') throw badArgument('multiSteps', 'useGradMean', 'true or false', useGradMean)
    if (typeof everyK !== 'function') interval(everyK)
    return fromProgram(
      multiStepsProgram(refuseGather('multiSteps', programOf('multiSteps', 'inner', inner)), everyK, useGradMean),
    )
  },
)

const interval = (k: unknown, gradientStep?: number): number => {
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1) throw badInterval('multiSteps', 'everyK', k, gradientStep)
  return k
}

type GatheredState = GatheredGradients<unknown, unknown>

const read = (state: unknown, where: string): GatheredState => {
  const record = recordOf('multiSteps', ['miniStep', 'gradientStep', 'innerState', 'accGrads'], state, where)
  return {
    miniStep: countIn('multiSteps', where, record['miniStep'], 'miniStep'),
    gradientStep: countIn('multiSteps', where, record['gradientStep'], 'gradientStep'),
    innerState: record['innerState'],
    accGrads: record['accGrads'],
  }
}

/** A rule that adds this gradient to the gathered mean, as Welford does, or sum, and passes the result to `step`. */
const onGathered = (
  name: string,
  useGradMean: boolean,
  step: (gathered: Expr) => { readonly u: Expr | number; readonly accGrads: Expr | number },
): Program =>
  ourElementwise({
    name,
    slots: { accGrads: 0 },
    scalars: t => ({ share: 1 / t }),
    step: ({ u, accGrads }, { share }) =>
      step(useGradMean ? add(accGrads, mul(sub(u, accGrads), share)) : add(accGrads, u)),
  }).program

/** The gathering rule has no record of its own in the state: its count is `miniStep`, its slot is `accGrads`. */
const layoutOf = (
  counts: (before: GatheredState, gathered: number) => Pick<GatheredState, 'miniStep' | 'gradientStep'>,
): Layout => ({
  first: ([rule, innerState]) => {
    const { accGrads } = rule as Pick<GatheredState, 'accGrads'>
    return seal({ miniStep: 0, gradientStep: 0, innerState, accGrads })
  },
  split: (state, where) => {
    const { miniStep, accGrads, innerState } = read(state, where)
    return [{ count: miniStep, accGrads }, innerState]
  },
  join: ([rule, innerState], before) => {
    const { count, accGrads } = rule as { readonly count: number; readonly accGrads: unknown }
    return seal({ ...counts(before as GatheredState, count), innerState, accGrads })
  },
  key: i => (i === 0 ? null : 'innerState'),
  own: ['gradientStep'],
})

const gathers = layoutOf(({ gradientStep }, miniStep) => ({ miniStep, gradientStep }))
const updates = layoutOf(({ gradientStep }) => ({ miniStep: 0, gradientStep: gradientStep + 1 }))

const idle: Program = { kind: 'idle' }

const multiStepsProgram = (inner: Program, everyK: number | Schedule, useGradMean: boolean): Nest => {
  const gather = onGathered('gatherGradients', useGradMean, accGrads => ({ u: -0, accGrads }))
  const hand = onGathered('gatheredGradients', useGradMean, u => ({ u, accGrads: 0 }))
  const kAfter = (gradientStep: number): number =>
    typeof everyK === 'number' ? everyK : interval(everyK(gradientStep), gradientStep)

  const nest = (parts: readonly Program[], layout: Layout): Nest => ({
    kind: 'nest',
    type: 'multiSteps',
    parts,
    mask: null,
    layout,
    around: others => nest(others, layout),
    args: { inner, everyK, useGradMean },
    title: `multiSteps every ${typeof everyK === 'number' ? everyK : 'k(updates)'}`,
  })
  const gathering: Arm = { when: 'gathering', program: nest([gather, idle], gathers) }
  const updating: Arm = { when: 'every k-th step', program: nest([hand, inner], updates) }

  const atCount: Layout['atCount'] = (state, n, where) => {
    const { miniStep, ...rest } = read(state, where)
    const gradientStep = typeof everyK === 'number' ? Math.floor(n / everyK) : updatesAfter(n, kAfter)
    // The gathered gradients stay, so `miniStep` does too.
    return { state: seal({ ...rest, miniStep, gradientStep }), counts: [miniStep, gradientStep] }
  }
  return {
    ...nest([gather, inner], { ...gathers, atCount }),
    around: ([, other = inner]) => multiStepsProgram(other, everyK, useGradMean),
    choice: {
      resolve: makeChoices,
      arms: everyK === 1 ? [updating] : [gathering, updating],
      pick: (state, _extra, where) => {
        const { miniStep, gradientStep } = read(state, where)
        return miniStep + 1 < kAfter(gradientStep) ? gathering : updating
      },
    },
  }
}

/** How many updates there are in `n` steps. */
const updatesAfter = (n: number, kAfter: (gradientStep: number) => number): number => {
  let [left, done] = [n, 0]
  for (let k = kAfter(0); left >= k; k = kAfter(done)) {
    left -= k
    done += 1
  }
  return done
}
