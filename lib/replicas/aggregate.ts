import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, eachHasSlots, eachMoves } from '../errors.js'
import { makeChoices } from '../program/choose.js'
import { programName } from '../program/fold.js'
import { recordState } from '../program/layouts.js'
import { placedLinks } from '../program/placed.js'
import { refuseGather, replicasOf } from '../program/gathers.js'
import type { Nest, Program, Reduce } from '../program/program.js'
import { gathering } from '../program/replicas.js'
import {
  fromProgram,
  programOf,
  type StackedTransformation,
  type Link,
  type ReplicaTransformation,
  type StateIn,
  type StateOf,
} from '../transform.js'

/** Options of `aggregate`. */
export interface AggregateOptions<T extends Link = Link> {
  /** transforms each replica's tree before they are combined, such as `clipByGlobalNorm(1)`; must have no slots */
  readonly each?: T
  /** the axis along which replicas are stacked in the leaves of one tree; without it, a list of trees is expected */
  readonly axis?: number
}

const options: Names<AggregateOptions> = { each: '', axis: 'dim' }

/** `{each}` with the state of `each`, which all replicas share; `{}` without `each`. */
export type EachState<T, P> = unknown extends T ? Readonly<Record<string, never>> : { readonly each: StateIn<T, P> }

/** The type of the state of `aggregate`. */
export interface AggregateState<T> extends StateOf {
  readonly State: EachState<T, this['Params']>
}

/**
 * Combines the gradients of several replicas: as the first link of a chain, it makes `update` take a list of gradient
 * trees, one per replica, instead of one tree; with `axis`, one tree whose leaves stack the replicas.
 *
 * `u = sum of u_r`, added from the first replica to the last; for 'mean', divided by the number of replicas; or
 * `how(trees)`. State: `{}`, or `{each}`.
 *
 * @throws TypeError for another `how`, an `each` that is not a transformation, or updates that are not a list;
 * ValueError if replicas differ, or a leaf is null in some of them only.
 * @source TensorFlow's `gradient_aggregator`, which sums; `jax.lax.pmean` for the mean.
 * @example
 * import { aggregate, chain, clipByGlobalNorm, scale } from 'tfjs-optax'
 * const tx = chain(aggregate('mean', { each: clipByGlobalNorm(1) }), scale(-0.1))
 */
export const aggregate: {
  <const T extends Link>(
    how: 'sum' | 'mean' | Reduce,
    options: { readonly each: T; readonly axis: number },
  ): StackedTransformation<AggregateState<T>>
  (how: 'sum' | 'mean' | Reduce, options: { readonly axis: number }): StackedTransformation<AggregateState<unknown>>
  <const T extends Link>(
    how: 'sum' | 'mean' | Reduce,
    options: { readonly each: T; readonly axis?: never },
  ): ReplicaTransformation<AggregateState<T>>
  (how: 'sum' | 'mean' | Reduce, options?: { readonly axis?: never }): ReplicaTransformation<AggregateState<unknown>>
} = /* @__PURE__ */ checked(
  { who: 'aggregate', takes: ['how'], options },
  (how: 'sum' | 'mean' | Reduce, { each, axis }: AggregateOptions = {}) => {
    if (how !== 'sum' && how !== 'mean' && typeof how !== 'function')
      throw badArgument('aggregate', 'how', "'sum', 'mean' or a function", how)
    if (axis !== undefined && !Number.isInteger(axis)) throw badArgument('aggregate', 'axis', 'a whole number', axis)
    const inner = each === undefined ? null : slotless(refuseGather('aggregate', programOf('aggregate', 'each', each)))
    const program = aggregateProgram(how, axis ?? null, inner)
    return { ...fromProgram<never>(program), replicas: replicasOf(program) } as never
  },
)

const aggregateProgram = (how: 'sum' | 'mean' | Reduce, axis: number | null, each: Program | null): Nest => {
  const parts = each === null ? [] : [each]
  const layout = recordState('aggregate', each === null ? [] : ['each'])
  const replicas = axis === null ? 'a list of replicas' : `replicas along axis ${axis}`
  return {
    kind: 'nest',
    type: 'aggregate',
    parts,
    mask: null,
    layout,
    around: ([other = null]) => aggregateProgram(how, axis, other),
    args: { how, ...(each !== null && { each }), ...(axis !== null && { axis }) },
    title: `aggregate: ${typeof how === 'string' ? how : (how.across ?? 'a function')} of ${replicas}${each === null ? '' : ', each'}`,
    gather: {
      resolve: makeChoices,
      axis,
      isAcross: typeof how !== 'string' && how.across !== undefined,
      run: gathering({ name: 'aggregate', how, axis, each, layout }),
    },
  }
}

const slotless = (program: Program): Program => {
  placedLinks(program).forEach(({ link }) => {
    if (link.kind !== 'rule' || Object.keys({ ...link.rule.slots, ...link.rule.cells }).length > 0)
      throw eachHasSlots('aggregate', programName(link))
    if (link.rule.p !== null) throw eachMoves('aggregate', link.rule.name)
  })
  return program
}
