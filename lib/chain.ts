/** Composition: transformations one after the other. */
import type { monoid as M, state as S } from 'fp-ts'
import { duplicateName, gatherNotFirst } from './errors.js'
import { programName, startsWithGather, type Program } from './rule/program.js'
import {
  fromProgram,
  programOf,
  type At,
  type Extra,
  type FirstLink,
  type GradientTransformation,
  type Link,
  type ReplicaLink,
  type ReplicaTransformation,
  type StateIn,
  type StateOf,
} from './transform.js'
import type { TensorsLike } from './tree/map.js'

/** A tuple, one entry per link. */
export interface ChainState<Ts extends readonly unknown[]> extends StateOf {
  readonly State: { readonly [K in keyof Ts]: StateIn<Ts[K], this['Params']> }
}

/** A record, one entry per name. */
export interface NamedChainState<Ts extends readonly (readonly [string, unknown])[]> extends StateOf {
  readonly State: { readonly [T in Ts[number] as T[0]]: StateIn<T[1], this['Params']> }
}

const linksOf = (who: string, links: readonly unknown[]): readonly Program[] =>
  links.map((link, i) => {
    const program = programOf(who, `link ${i}`, link)
    if (i > 0 && startsWithGather(program)) throw gatherNotFirst(who, programName(program))
    return program
  })

/**
 * Runs its links in order, each on the updates of the one before. The state is a tuple with one entry per link; nested
 * chains nest. Extra arguments reach every link. A plain `{init, update}` object is a link like any other.
 *
 * Laws: `chain()` is the identity, and chain is associative in its updates, bit for bit; states are equal once nested
 * tuples are flattened.
 *
 * @throws TypeError if a link is no transformation; ValueError if `aggregate` is not the first link.
 * @example
 * import { addDecayedWeights, chain, clipByGlobalNorm, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(1e-2), scaleByLearningRate(1e-3))
 */
export const chain: {
  <const Ts extends readonly [ReplicaLink, ...Link[]]>(...links: Ts): ReplicaTransformation<ChainState<Ts>>
  <const Ts extends readonly Link[]>(...links: Ts): GradientTransformation<ChainState<Ts>>
} = (...links: readonly FirstLink[]) => made({ kind: 'chain', links: linksOf('chain', links), names: null })

/** A chain marks itself as taking replicas where its first link does; the overloads above say the same in types. */
const made = (program: Program) => {
  const tx = fromProgram<never>(program)
  return (startsWithGather(program) ? { ...tx, replicas: true } : tx) as never
}

/**
 * A chain whose state is a record: `namedChain(['clip', clipByGlobalNorm(1)], ['adam', scaleByAdam()])` has the state
 * `{clip, adam}`.
 *
 * @throws ValueError if a name is given twice, and as `chain` does.
 */
export const namedChain = <const Ts extends readonly (readonly [string, Link])[]>(
  ...links: Ts
): GradientTransformation<NamedChainState<Ts>> => {
  const names = links.map(([name]) => name)
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) throw duplicateName('namedChain', name)
  })
  const programs = linksOf(
    'namedChain',
    links.map(([, link]) => link),
  )
  return made({ kind: 'chain', links: programs, names })
}

/** Leaves updates as they are. Its state is the empty tuple. */
export const identity = (): GradientTransformation<ChainState<[]>> => chain()

/** Transformations under `chain`, with `identity` as the neutral element. Their states are unknown to the types. */
export const monoid: M.Monoid<GradientTransformation> = {
  concat: (first, second) => chain(first, second) as GradientTransformation,
  empty: identity() as GradientTransformation,
}

/** `update` seen as fp-ts's `State`: from updates to a function of the state. */
export const asState =
  <F extends StateOf>(tx: GradientTransformation<F>) =>
  <P>(updates: P, params?: TensorsLike<P>, extra?: Extra): S.State<At<F, P>, P> =>
  state => {
    const [out, next] = tx.update(updates, state, params, extra)
    return [out, next]
  }
