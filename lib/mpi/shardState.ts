/** `shardState`: each rank keeps and updates its share of the optimizer's state (ZeRO, stage 1). */
import { slice, type Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { StepRequest } from '../program/execute.js'
import { sameState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Nest, Program } from '../program/program.js'
import { initTensors, updateTensors } from '../run.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import { distinctNames } from '../tree/firstName.js'
import { tidy } from '../tree/map.js'
import { alignTo, build, flatten, type Structure } from '../tree/structure.js'
import { isTensor, type Leaf } from '../tree/tensors.js'
import { checkCommunicator, type Communicator } from './communicator.js'
import { gatherNow, type SharedLeaf } from './gatherShares.js'
import { isPerElement, refuseUndivided } from './shareable.js'
import { float32Line, sharesOf, type LeafForm, type LeafShares, type Share } from './shares.js'
import { emptyShare } from './slotTrees.js'
import { tensorOf, valuesNow } from './values.js'

/** The state of `shardState`: that of the inner transformation, for this rank's share of the parameters. */
export interface ShardedState<T> extends StateOf {
  readonly State: StateIn<T, this['Params']>
}

/** A transformation whose state is divided among ranks. */
export interface ShardedTransformation<F extends StateOf = StateOf> extends GradientTransformation<F> {
  /** the ranks among which the state is divided */
  readonly sharded: Communicator
}

const who = 'shardState'

/** The shares of a tree of parameters or updates. */
export interface SharedTree {
  readonly structure: Structure
  readonly leaves: readonly Leaf[]
  readonly forms: readonly (LeafForm | null)[]
  readonly shares: readonly (LeafShares | null)[]
}

export const sharedTree = (inner: Program, comm: Communicator, tree: unknown): SharedTree => {
  const { structure, leaves } = flatten(tree, who, 'params')
  const names = distinctNames(structure, leaves)
  const there = leaves.map(leaf => (isTensor(leaf) ? leaf : null))
  const forms = there.map((leaf, i) => (leaf === null ? null : { name: names[i] ?? '', shape: leaf.shape }))
  return { structure, leaves: there, forms, shares: sharesOf(forms, comm.size, isPerElement(inner)) }
}

/** The share of a tensor: the tensor itself, some rows, or null. */
export const shareOf = (tensor: Tensor, share: Share): Leaf => {
  if (share === 'none') return null
  if (share === 'whole') return tensor
  return slice(tensor, share.from, share.rows)
}

/** This rank's share of a tree like that of `shares`. */
export const ownShare = (
  { structure, shares }: SharedTree,
  rank: number,
  leaves: readonly Leaf[],
): ReturnType<typeof build<Leaf>> =>
  build(
    structure,
    leaves.map((leaf, i) => (leaf === null ? null : shareOf(leaf, shares[i]?.[rank] ?? 'none'))),
  )

const init = (inner: Program, comm: Communicator, params: unknown): unknown => {
  const tree = sharedTree(inner, comm, params)
  const hasSome = tree.shares.some(shares => shares !== null && shares[comm.rank] !== 'none')
  if (!hasSome) return emptyShare(inner, params)
  return tidy(() => initTensors(inner, ownShare(tree, comm.rank, tree.leaves)))
}

const update = (
  inner: Program,
  comm: Communicator,
  { updates, state, params, extra }: Omit<StepRequest, 'who'>,
): readonly [unknown, unknown] =>
  tidy(() => {
    const hasParams = params !== undefined && params !== null
    const tree = sharedTree(inner, comm, hasParams ? params : updates)
    const given = alignTo(tree.structure, updates, { who, what: 'updates', than: 'params' }) as readonly Leaf[]
    const own = ownShare(tree, comm.rank, given)
    const ownParams = hasParams ? ownShare(tree, comm.rank, tree.leaves) : undefined
    const [after, next] = updateTensors(inner, { who: 'update', updates: own, state, params: ownParams, extra })
    const moved = flatten(after).leaves as readonly Leaf[]
    const lines = given.map((leaf, i) => {
      const form = tree.forms[i] ?? null
      return leaf === null || form === null ? 'null' : float32Line(form)
    })
    const shared = given.map((leaf, i): SharedLeaf | null => {
      const [form, shares, mine] = [tree.forms[i] ?? null, tree.shares[i] ?? null, moved[i] ?? null]
      if (leaf === null || form === null || shares === null) return null
      return { form, shares, own: mine === null ? new Float32Array() : (valuesNow(who, mine) as Float32Array) }
    })
    const there = shared.filter(leaf => leaf !== null)
    const wholes = gatherNow(comm, who, lines, there)
    const leaves = shared.map(leaf => {
      const values = leaf === null ? undefined : wholes.next().value
      return leaf === null || values === undefined ? null : tensorOf(values, leaf.form.shape, 'float32')
    })
    return [build(tree.structure, leaves), next]
  })

/**
 * Divides the state of a transformation among ranks: each keeps the slots for its share of the parameters, about one part
 * in `comm.size`, updates these, and gets the other updates from the other ranks (ZeRO, stage 1).
 *
 * The updates are those of the transformation on one rank, to the bit. All ranks must have the same gradients and
 * parameters: `chain(aggregate(allReduce(comm)), clipByGlobalNorm(1), shardState(adamw(1e-3), comm))`. Where every
 * element is by itself, as in Adam, each rank has some rows of each leaf; where a link sees leaves, as in LAMB or Muon,
 * each leaf is with one rank, and the set of leaves must stay the same.
 *
 * Each step sends the updates around, 4 bytes per parameter and rank at most. Masks see a leaf with fewer rows, under its
 * own name. Hyperparameters are schedules, or change with the transformation: it takes the same state.
 *
 * State: that of the inner transformation for this rank's share; null for leaves of which it has none. `gatherState` puts
 * it together, for a file that any number of ranks can read. Weights of an optimizer, and `averagedParams`, are not put
 * together.
 *
 * @throws ValueError if a link needs a number over the whole tree, such as `clipByGlobalNorm`, which belongs before it in
 * the chain, or if a link is a user's `{init, update}`, or divides its state already; TypeError if `comm` is no
 * communicator.
 * @source Rajbhandari et al. 2020, ZeRO.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, aggregate, chain, makeStep } from 'tfjs-optax'
 * import { allReduce, shardState, world } from 'tfjs-optax/mpi'
 * const comm = world()
 * const tx = chain(aggregate(allReduce(comm)), shardState(adamw(0.1), comm))
 * const params = { w: tf.tensor1d([1, 2]) }
 * const [next, state] = makeStep(tx)(params, [{ w: tf.tensor1d([0.3, -0.3]) }], tx.init(params))
 */
export const shardState = /* @__PURE__ */ checked(
  { who, takes: ['tx', 'comm'] },
  <T extends Link>(tx: T, comm: Communicator): ShardedTransformation<ShardedState<T>> => {
    const inner = refuseGather(who, programOf(who, 'tx', tx))
    checkCommunicator(who, comm)
    refuseUndivided(who, inner)
    return { ...fromProgram<ShardedState<T>>(sharded(inner, comm)), sharded: comm }
  },
)

const sharded = (inner: Program, comm: Communicator): Nest => ({
  kind: 'nest',
  type: who,
  parts: [inner],
  mask: null,
  layout: sameState,
  around: ([other = inner]) => sharded(other, comm),
  args: { tx: inner },
  isForeign: true,
  title: `shardState: rank ${comm.rank} of ${comm.size} has a share`,
  asOne: {
    kind: 'opaque',
    name: who,
    by: comm.size === 1 ? 'one rank, on all leaves' : `${comm.size} ranks, each on its share of the leaves`,
    init: params => init(inner, comm, params),
    update: (updates, state, params, extra) =>
      comm.size === 1
        ? updateTensors(inner, { who: 'update', updates, state, params, extra })
        : update(inner, comm, { updates, state, params, extra }),
  },
})
