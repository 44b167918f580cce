import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, badInterval } from '../errors.js'
import { ourElementwise } from '../elementwise.js'
import { makeChoices } from '../program/choose.js'
import { countIn, recordOf } from '../program/record.js'
import { refuseGather } from '../program/gathers.js'
import type { Arm, Layout, Measure, Nest, Program } from '../program/program.js'
import { add, mul, sub, type Expr } from '../rule/expr.js'
import type { Schedule } from '../rule/hyper.js'
import { seal } from '../tree/freeze.js'
import type { TensorsLike } from '../tree/map.js'
import { isRecord } from '../tree/structure.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import type { SkipRule } from './skip.js'

/** Options of `multiSteps`. */
export interface MultiStepsOptions<K extends SkipRule | undefined = SkipRule | undefined> {
  /** whether `inner` gets the mean of the gradients (true, the default) or their sum */
  readonly useGradMean?: boolean
  /** which gradients are left out, as if their step had not been: `skipNotFinite()`, `skipLargeUpdates(…)`; default none */
  readonly shouldSkipUpdate?: K
}

const options: Names<MultiStepsOptions> = {
  useGradMean: 'mean',
  shouldSkipUpdate: 'shouldskipupdatefn skip skipstate',
}

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

/** The state of `multiSteps`; with a `shouldSkipUpdate` it has `skipState`, what that tells of the last gradients. */
export interface MultiStepsState<T, K = undefined> extends StateOf {
  readonly State: GatheredGradients<TensorsLike<this['Params']>, StateIn<T, this['Params']>> &
    (K extends SkipRule<infer S> ? { readonly skipState: S } : unknown)
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
 * With `shouldSkipUpdate`, gradients that it refuses are left out: the update is zero, and nothing is gathered or counted.
 * Counts and schedules are the host's, so it waits for one number of the gradients before each step. That takes a pass
 * over them, and one more through the links before this one in a chain; a GPU must finish all its work first.
 *
 * State: `miniStep`, `gradientStep`, `innerState`, and `accGrads`, float32 of the parameter's shape, 4 bytes per
 * parameter; `skipState` with a `shouldSkipUpdate`.
 *
 * @throws ValueError if `everyK` is not a whole number above 0, in the step for a schedule; TypeError for an unknown
 * option; RuntimeError in a step that would have to wait where it cannot, as on WebGPU in Node.
 * @source optax `MultiSteps`, which runs the inner transformation at every step and multiplies its result by 0 or 1, so
 * that one NaN stays forever.
 * @example
 * import { adamw, multiSteps, skipNotFinite } from 'tfjs-optax'
 * const tx = multiSteps(adamw(1e-3), 4)
 * const robust = multiSteps(adamw(1e-3), 4, { shouldSkipUpdate: skipNotFinite() })
 */
export const multiSteps = /* @__PURE__ */ checked(
  { who: 'multiSteps', takes: ['inner', 'everyK'], options },
  <T extends Link, K extends SkipRule | undefined = undefined>(
    inner: T,
    everyK: number | Schedule,
    { useGradMean = true, shouldSkipUpdate }: MultiStepsOptions<K> = {},
  ): GradientTransformation<MultiStepsState<T, K>> => {
    if (typeof useGradMean !== 'boolean') throw badArgument('multiSteps', 'useGradMean', 'true or false', useGradMean)
    if (typeof everyK !== 'function') interval(everyK)
    const skip = shouldSkipUpdate ?? null
    if (skip !== null && !isSkipRule(skip))
      throw badArgument('multiSteps', 'shouldSkipUpdate', 'skipNotFinite() or skipLargeUpdates(maxSquaredNorm)', skip)
    const program = refuseGather('multiSteps', programOf('multiSteps', 'inner', inner))
    return fromProgram(multiStepsProgram(program, { everyK, useGradMean, skip }))
  },
)

const interval = (k: unknown, gradientStep?: number): number => {
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1) throw badInterval('multiSteps', 'everyK', k, gradientStep)
  return k
}

type GatheredState = GatheredGradients<unknown, unknown>

const read = (state: unknown, where: string, skip: SkipRule | null): GatheredState => {
  const fields = ['miniStep', 'gradientStep', 'innerState', 'accGrads', ...(skip === null ? [] : ['skipState'])]
  const record = recordOf('multiSteps', fields, state, where)
  return {
    miniStep: countIn('multiSteps', where, record['miniStep'], 'miniStep'),
    gradientStep: countIn('multiSteps', where, record['gradientStep'], 'gradientStep'),
    innerState: record['innerState'],
    accGrads: record['accGrads'],
    ...(skip === null ? {} : { skipState: record['skipState'] }),
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

type Counts = Pick<GatheredState, 'miniStep' | 'gradientStep'>

/** The gathering rule has no record of its own in the state: its count is `miniStep`, its slot is `accGrads`. */
const layoutOf = (skip: SkipRule | null, counts: (before: GatheredState, gathered: number) => Counts): Layout => ({
  first: ([rule, innerState]) => {
    const { accGrads } = rule as Pick<GatheredState, 'accGrads'>
    const skipState = skip === null ? {} : { skipState: skipStateOf(skip, 0) }
    return seal({ miniStep: 0, gradientStep: 0, innerState, accGrads, ...skipState })
  },
  split: (state, where) => {
    const { miniStep, accGrads, innerState } = read(state, where, skip)
    return [{ count: miniStep, accGrads }, innerState]
  },
  join: ([rule, innerState], before) => {
    const { count, accGrads } = rule as { readonly count: number; readonly accGrads: unknown }
    const gathered = before as GatheredState
    return seal({ ...gathered, ...counts(gathered, count), innerState, accGrads })
  },
  key: i => (i === 0 ? null : 'innerState'),
  own: ['gradientStep'],
})

const idle: Program = { kind: 'idle' }

interface GatheringOptions {
  readonly everyK: number | Schedule
  readonly useGradMean: boolean
  readonly skip: SkipRule | null
}

const multiStepsProgram = (inner: Program, how: GatheringOptions): Nest => {
  const { everyK, useGradMean, skip } = how
  const gather = onGathered('gatherGradients', useGradMean, accGrads => ({ u: -0, accGrads }))
  const hand = onGathered('gatheredGradients', useGradMean, u => ({ u, accGrads: 0 }))
  const kAfter = (gradientStep: number): number =>
    typeof everyK === 'number' ? everyK : interval(everyK(gradientStep), gradientStep)
  const rules = skip === null ? {} : { shouldSkipUpdate: { type: skip.type, ...skip.args } }

  const nest = (parts: readonly Program[], layout: Layout): Nest => ({
    kind: 'nest',
    type: 'multiSteps',
    parts,
    mask: null,
    layout,
    around: others => nest(others, layout),
    args: { inner, everyK, useGradMean, ...rules },
    title: `multiSteps every ${typeof everyK === 'number' ? everyK : 'k(updates)'}${skip === null ? '' : `, ${skip.type}`}`,
  })
  const gathers = layoutOf(skip, ({ gradientStep }, miniStep) => ({ miniStep, gradientStep }))
  const updates = layoutOf(skip, ({ gradientStep }) => ({ miniStep: 0, gradientStep: gradientStep + 1 }))
  const stays = layoutOf(skip, ({ miniStep, gradientStep }) => ({ miniStep, gradientStep }))
  const gathering: Arm = { when: 'gathering', program: nest([gather, idle], gathers) }
  const updating: Arm = { when: 'every k-th step', program: nest([hand, inner], updates) }
  const skipping: Arm = { when: 'gradients left out', program: nest([leaveOut, idle], stays) }

  const atCount: Layout['atCount'] = (state, n, where) => {
    const before = read(state, where, skip)
    const { miniStep } = before
    const gradientStep = typeof everyK === 'number' ? Math.floor(n / everyK) : updatesAfter(n, kAfter)
    // The gathered gradients stay, so `miniStep` does too.
    return { state: seal({ ...before, gradientStep }), counts: [miniStep, gradientStep] }
  }
  return {
    ...nest([gather, inner], { ...gathers, atCount }),
    around: ([, other = inner]) => multiStepsProgram(other, how),
    choice: {
      resolve: makeChoices,
      arms: [...(everyK === 1 ? [] : [gathering]), updating, ...(skip === null ? [] : [skipping])],
      pick: (state, _extra, where) => {
        if (isSkipped(state)) return skipping
        const { miniStep, gradientStep } = read(state, where, skip)
        return miniStep + 1 < kAfter(gradientStep) ? gathering : updating
      },
      ...(skip === null ? {} : { measure: measureOf(skip) }),
    },
  }
}

/** The rule of gradients that are left out. */
const leaveOut: Program = ourElementwise({
  name: 'leaveOutGradients',
  slots: { accGrads: 0 },
  step: ({ accGrads }) => ({ u: -0, accGrads }),
}).program

const skipStateOf = ({ field, skips }: SkipRule, measured: number): unknown =>
  seal({ shouldSkip: skips(measured), [field]: measured })

const measureOf = (skip: SkipRule): Measure => ({
  rule: skip.measure,
  put: (state, measured, where) => seal({ ...read(state, where, skip), skipState: skipStateOf(skip, measured) }),
})

const isSkipped = (state: unknown): boolean => {
  const { skipState } = state as { readonly skipState?: { readonly shouldSkip: boolean } }
  return skipState?.shouldSkip === true
}

const isSkipRule = (x: unknown): x is SkipRule =>
  isRecord(x) && typeof x['skips'] === 'function' && typeof x['field'] === 'string' && isRecord(x['measure'])

/** How many updates there are in `n` steps. */
const updatesAfter = (n: number, kAfter: (gradientStep: number) => number): number => {
  let [left, done] = [n, 0]
  for (let k = kAfter(0); left >= k; k = kAfter(done)) {
    left -= k
    done += 1
  }
  return done
}
