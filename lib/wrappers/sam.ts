import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument, hyperOutOfRange } from '../errors.js'
import { makeChoices } from '../program/choose.js'
import { atCount } from '../program/fold.js'
import { refuseGather } from '../program/gathers.js'
import type { Arm, Layout, Nest, Program } from '../program/program.js'
import { countIn, recordOf } from '../program/record.js'
import { mul, type Expr } from '../rule/expr.js'
import { stepsAbove0 } from '../schedules/check.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import { seal } from '../tree/freeze.js'
import type { TensorsLike } from '../tree/map.js'
import { refuseReset, startingAnew } from './anew.js'

/** Options of `sam`. */
export interface SamOptions {
  /** every how many steps the parameters proper move, a whole number from 1 on; default 2 */
  readonly syncPeriod?: number
  /** whether the state of the adversary begins anew after each such step; default true */
  readonly resetState?: boolean
}

const options: Names<SamOptions> = { syncPeriod: 'period', resetState: 'reset' }

/** The state of `sam`. */
export interface Sam<O, A, P> {
  /** adversarial steps since the parameters proper moved */
  readonly stepsSinceSync: number
  readonly optState: O
  readonly advState: A
  /** the parameters proper */
  readonly cache: P
}

/** The type of the state of `sam`. */
export interface SamState<T, A> extends StateOf {
  readonly State: Sam<StateIn<T, this['Params']>, StateIn<A, this['Params']>, TensorsLike<this['Params']>>
}

/**
 * Sharpness-aware minimization: `advOptimizer` moves the parameters to where the loss is greater, and `optimizer` moves
 * them proper, from where they were, by the gradient found there. Gradients are taken at the parameters as usual.
 *
 * In the first of `syncPeriod` steps `cache = p`; in all but the last `u = -adv(u)`; in the last `u = cache - p + opt(u)`,
 * where `opt` sees `cache` as the parameters. Evaluate after a last step only. With a period of 1 the adversary never runs.
 *
 * The host picks, by the count, so each kind of step has kernels of its own. A leaf must have a gradient in all steps of a
 * period or in none.
 *
 * State: `stepsSinceSync`; `optState`; `advState`; `cache`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `syncPeriod` is not a whole number above 0, and for `resetState` if `advOptimizer` contains tfjs
 * ops, a user's functions or choices by the step; TypeError for an unknown option, or an update without parameters.
 * @source Foret et al. 2021; optax `contrib.sam` in its transparent mode. Its opaque mode, which evaluates gradients within
 * an update, is not here: take the gradients of both steps in turn.
 * @example
 * import { adam, chain, normalize, sam, sgd } from 'tfjs-optax'
 * const tx = sam(adam(1e-3), chain(normalize(), sgd(0.05)))
 */
export const sam = /* @__PURE__ */ checked(
  { who: 'sam', takes: ['optimizer', 'advOptimizer'], options },
  <T extends Link, A extends Link>(
    optimizer: T,
    advOptimizer: A,
    { syncPeriod = 2, resetState = true }: SamOptions = {},
  ): GradientTransformation<SamState<T, A>> => {
    if (!stepsAbove0.holds(syncPeriod)) throw hyperOutOfRange('sam', 'syncPeriod', stepsAbove0.expected, syncPeriod)
    if (typeof resetState !== 'boolean') throw badArgument('sam', 'resetState', 'true or false', resetState)
    const [opt, adv] = [programOf('sam', 'optimizer', optimizer), programOf('sam', 'advOptimizer', advOptimizer)]
    for (const part of [opt, adv]) refuseGather('sam', part)
    if (resetState) refuseReset('sam', adv)
    return fromProgram(samProgram(opt, adv, { syncPeriod, resetState }))
  },
)

type CacheStep = (x: { readonly u: Expr; readonly p: Expr; readonly cache: Expr }) => {
  readonly u: Expr
  readonly cache: Expr
  readonly p?: Expr
}

/** A rule on the parameters proper. */
const onCache = (name: string, step: CacheStep): Program =>
  ourElementwise({
    name,
    slots: { cache: ({ p }) => p },
    step: ({ u, p, cache }) => step({ u, p, cache }),
  }).program

const negated: Program = ourElementwise({ name: 'climb', step: ({ u }) => ({ u: mul(u, -1) }) }).program
const idle: Program = { kind: 'idle' }

type AnySam = Sam<unknown, unknown, unknown>

const read = (state: unknown, where: string): AnySam => {
  const record = recordOf('sam', ['stepsSinceSync', 'optState', 'advState', 'cache'], state, where)
  return {
    ...(record as unknown as AnySam),
    stepsSinceSync: countIn('sam', where, record['stepsSinceSync'], 'stepsSinceSync'),
  }
}

/** The rules of `sam` have no records in the state: the count of both is `stepsSinceSync`. */
const layoutOf = (
  after: (steps: number) => number,
  advAfter: (advState: unknown) => unknown = advState => advState,
): Layout => ({
  first: ([rule, advState, , optState]) =>
    seal({ stepsSinceSync: 0, optState, advState, cache: (rule as Pick<AnySam, 'cache'>).cache }),
  split: (state, where) => {
    const { stepsSinceSync: count, optState, advState, cache } = read(state, where)
    return [{ count, cache }, advState, { count }, optState]
  },
  join: ([rule, advState, , optState], before) => {
    const stepsSinceSync = after((before as AnySam).stepsSinceSync)
    return seal({
      stepsSinceSync,
      optState,
      advState: advAfter(advState),
      cache: (rule as Pick<AnySam, 'cache'>).cache,
    })
  },
  key: i => [null, 'advState', null, 'optState'][i] ?? null,
  own: ['stepsSinceSync'],
})

const samProgram = (opt: Program, adv: Program, how: Required<SamOptions>): Nest => {
  const { syncPeriod, resetState } = how
  const store = onCache('storeParams', ({ u, p }) => ({ u, cache: p }))
  const hold = onCache('holdParams', ({ u, cache }) => ({ u, cache }))
  const goBack = onCache('restoreParams', ({ u, cache }) => ({ u, cache, p: cache }))
  const nest = (parts: readonly Program[], layout: Layout): Nest => ({
    kind: 'nest',
    type: 'sam',
    parts,
    mask: null,
    layout,
    around: ([, otherAdv = adv, , otherOpt = opt]) => samProgram(otherOpt, otherAdv, how),
    args: { optimizer: opt, advOptimizer: adv, syncPeriod, resetState },
    title: `sam, in step every ${syncPeriod}`,
  })
  const counting = layoutOf(steps => steps + 1)
  const ending = layoutOf(() => 0, resetState ? advState => atCount(adv, advState, 0) : undefined)
  const first: Arm = { when: 'first adversarial step', program: nest([store, adv, negated, idle], counting) }
  const further: Arm = { when: 'further adversarial steps', program: nest([hold, adv, negated, idle], counting) }
  const last: Arm = {
    when: 'every k-th step',
    program: nest([syncPeriod === 1 ? store : goBack, resetState ? startingAnew(adv) : idle, idle, opt], ending),
  }
  const still = layoutOf(steps => steps)
  const adversarial = (n: number): number => (resetState ? n % syncPeriod : n - Math.floor(n / syncPeriod))
  return {
    ...nest([store, adv, negated, opt], {
      ...still,
      atCount: (state, n, where) => {
        const stepsSinceSync = n % syncPeriod
        const counts = [stepsSinceSync, adversarial(n), stepsSinceSync, Math.floor(n / syncPeriod)]
        return { state: seal({ ...read(state, where), stepsSinceSync }), counts }
      },
    }),
    choice: {
      resolve: makeChoices,
      arms: [...(syncPeriod > 1 ? [first] : []), ...(syncPeriod > 2 ? [further] : []), last],
      pick: (state, _extra, where) => {
        const { stepsSinceSync } = read(state, where)
        return stepsSinceSync >= syncPeriod - 1 ? last : stepsSinceSync === 0 ? first : further
      },
    },
  }
}
