/** Composition: `chain`, `namedChain`, `identity`, and their views in fp-ts. */
import type { monoid as M, state as S } from 'fp-ts'
import { checked } from './call/checked.js'
import { duplicateName, notNamed } from './errors.js'
import { recordState, tupleState } from './program/layouts.js'
import { refuseGather, replicasOf } from './program/gathers.js'
import type { Nest, Program } from './program/program.js'
import {
  fromProgram,
  programOf,
  type At,
  type Extra,
  type FirstLink,
  type FirstLinkOr,
  type GradientTransformation,
  type Link,
  type LinkOr,
  type ReplicaLink,
  type ReplicaTransformation,
  type StackedTransformation,
  type StateIn,
  type StateOf,
  type UpdatesLike,
} from './transform.js'
import type { TensorsLike } from './tree/map.js'

/** The state of a chain: a tuple with one entry per link. */
export interface ChainState<Ts extends readonly unknown[]> extends StateOf {
  readonly State: { readonly [K in keyof Ts]: StateIn<Ts[K], this['Params']> }
}

/** The state of a named chain: a record with one entry per name. */
export interface NamedChainState<Ts extends readonly Named<unknown>[]> extends StateOf {
  readonly State: { readonly [T in Ts[number] as T[0]]: StateIn<T[1], this['Params']> }
}

const programsOf = (who: string, links: readonly unknown[]): readonly Program[] =>
  links.map((link, i) => {
    const program = programOf(who, `link ${i}`, link)
    if (i > 0) refuseGather(who, program)
    return program
  })

/** The types of the links, with an error message in place of each that is not a link. */
type LinksOr<Ts extends readonly unknown[]> = {
  readonly [K in keyof Ts]: K extends '0'
    ? FirstLinkOr<Ts[K], 'chain: link 0'>
    : LinkOr<Ts[K], `chain: link ${K & string}`>
}
type NamedOr<Ts extends readonly unknown[]> = {
  readonly [K in keyof Ts]: Named<
    K extends '0' ? FirstLinkOr<Ts[K], 'namedChain: link 0'> : LinkOr<Ts[K], `namedChain: link ${K & string}`>
  >
}

/**
 * Runs its links in order, each on the updates of the one before. The state is a tuple with one entry per link; nested
 * chains nest. Extra arguments reach every link. A plain `{init, update}` object is a link like any other.
 *
 * Laws: `chain()` is the identity, and chain is associative in its updates, bit for bit; states are equal once nested
 * tuples are flattened.
 *
 * @throws TypeError if a link is not a transformation; ValueError if `aggregate` is not the first link.
 * @example
 * import { addDecayedWeights, chain, clipByGlobalNorm, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(1e-2), scaleByLearningRate(1e-3))
 */
export const chain: {
  <const Ts extends readonly [ReplicaLink<'list'>, ...Link[]]>(...links: Ts): ReplicaTransformation<ChainState<Ts>>
  <const Ts extends readonly [ReplicaLink<'stacked'>, ...Link[]]>(...links: Ts): StackedTransformation<ChainState<Ts>>
  <const Ts extends readonly Link[]>(...links: Ts): GradientTransformation<ChainState<Ts>>
  <const Ts extends readonly unknown[]>(...links: LinksOr<Ts>): never
} = (...links: readonly FirstLink[]) => made(chainProgram(programsOf('chain', links)))

/** The program of a chain. */
export const chainProgram = (parts: readonly Program[]): Nest => ({
  kind: 'nest',
  type: 'chain',
  parts,
  mask: null,
  layout: tupleState(parts.length),
  around: chainProgram,
  args: { links: parts },
  title: 'chain',
})

/** The program that leaves updates as they are. */
export const identityProgram: Program = /* @__PURE__ */ chainProgram([])

const namedChainProgram = (names: readonly string[], parts: readonly Program[]): Nest => ({
  kind: 'nest',
  type: 'namedChain',
  parts,
  mask: null,
  layout: recordState('namedChain', names),
  around: others => namedChainProgram(names, others),
  args: { links: parts.map((link, i) => ({ name: names[i], link })) },
  title: 'namedChain',
})

/**
 * A transformation from a program. It takes the updates that its first link takes; the overloads say the same in types.
 */
export const made = (program: Program) => {
  const taken = replicasOf(program)
  const tx = fromProgram<never>(program)
  return (taken === null ? tx : { ...tx, replicas: taken }) as never
}

/** A link of a named chain. */
export type Named<T> = readonly [name: string, link: T]

/**
 * A chain whose state is a record: `namedChain(['clip', clipByGlobalNorm(1)], ['adam', scaleByAdam()])` has the state
 * `{clip, adam}`.
 *
 * @throws TypeError if a link has no name, ValueError if a name is given twice, and as `chain` does.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { clipByGlobalNorm, namedChain, scaleByAdam } from 'tfjs-optax'
 * const tx = namedChain(['clip', clipByGlobalNorm(1)], ['adam', scaleByAdam()])
 * const state = tx.init({ w: tf.zeros([2]) })
 * // state.adam.count is 0, state.adam.mu.w is [0, 0]
 */
export const namedChain: {
  <const Ts extends readonly [Named<ReplicaLink<'list'>>, ...Named<Link>[]]>(
    ...links: Ts
  ): ReplicaTransformation<NamedChainState<Ts>>
  <const Ts extends readonly [Named<ReplicaLink<'stacked'>>, ...Named<Link>[]]>(
    ...links: Ts
  ): StackedTransformation<NamedChainState<Ts>>
  <const Ts extends readonly Named<Link>[]>(...links: Ts): GradientTransformation<NamedChainState<Ts>>
  <const Ts extends readonly unknown[]>(...links: NamedOr<Ts>): never
} = (...links: readonly Named<FirstLink>[]) => {
  links.forEach((link: unknown, i) => {
    if (!Array.isArray(link) || link.length !== 2 || typeof link[0] !== 'string') throw notNamed(i, link)
  })
  const names = links.map(([name]) => name)
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw duplicateName('namedChain', name)
    seen.add(name)
  }
  const programs = programsOf(
    'namedChain',
    links.map(([, link]) => link),
  )
  return made(namedChainProgram(names, programs))
}

/**
 * Leaves updates as they are. Its state is the empty tuple.
 *
 * @example
 * import { chain, clip, identity, scale } from 'tfjs-optax'
 * const clipped = true
 * const tx = chain(clipped ? clip(1) : identity(), scale(-0.1))
 */
export const identity = /* @__PURE__ */ checked(
  { who: 'identity', takes: [] },
  (): GradientTransformation<ChainState<[]>> => chain(),
)

/**
 * Transformations under `chain`, with `identity` as the neutral element.
 *
 * @example
 * import { monoid as M } from 'fp-ts'
 * import { addDecayedWeights, monoid, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = M.concatAll(monoid)([scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3)])
 */
export const monoid: M.Monoid<GradientTransformation> = {
  concat: (first, second) => chain(first, second),
  empty: /* @__PURE__ */ identity(),
}

/**
 * `update` seen as fp-ts's `State`: from updates to a function of the state.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { state as S } from 'fp-ts'
 * import { asState, trace } from 'tfjs-optax'
 * const step = asState(trace(0.5))
 * const [g, h] = [{ w: tf.tensor1d([1]) }, { w: tf.tensor1d([2]) }]
 * const [updates, state] = S.chain(() => step(h))(step(g))(trace(0.5).init(g))
 * // updates.w is [2.5], state.count is 2
 */
export const asState = /* @__PURE__ */ checked(
  { who: 'asState', takes: ['tx'] },
  <F extends StateOf>(tx: GradientTransformation<F>) =>
    <P>(updates: P, params?: TensorsLike<P>, extra?: Extra): S.State<At<F, P>, UpdatesLike<P>> =>
    state => {
      const [out, next] = tx.update(updates, state, params, extra)
      return [out, next]
    },
)
