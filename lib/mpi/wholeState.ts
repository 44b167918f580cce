/** A divided state as a whole, for files, and back. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { dtypeMismatch } from '../errors.js'
import { notSharded } from '../errors/mpi.js'
import type { Program } from '../program/program.js'
import { initTensors } from '../run.js'
import { programOf, type At, type StateOf } from '../transform.js'
import { ownHandles, tensorSet } from '../tree/ownership.js'
import { tidy } from '../tree/map.js'
import { isRecord } from '../tree/structure.js'
import type { Leaf } from '../tree/tensors.js'
import { isCommunicator, type Communicator } from './communicator.js'
import { gatherNow, type SharedLeaf } from './gatherShares.js'
import { sharedTree, shareOf, type SharedTree, type ShardedTransformation } from './shardState.js'
import { float32Line } from './shares.js'
import { mapSlots, slotsIn } from './slotTrees.js'
import { tensorOf, valuesNow } from './values.js'

interface Divided {
  readonly inner: Program
  readonly comm: Communicator
}

const partsOf = (who: string, tx: unknown): Divided => {
  const comm = isRecord(tx) ? tx['sharded'] : undefined
  const program = comm === undefined ? null : programOf(who, 'tx', tx)
  const [inner] = program?.kind === 'nest' ? program.parts : []
  if (inner === undefined || !isCommunicator(comm)) throw notSharded(who, tx)
  return { inner, comm }
}

/**
 * The whole state of `shardState(tx, comm)` on every rank, with the structure of `tx.init(params)`: what a program on one
 * rank would have. All ranks must call it; then one of them saves.
 *
 * The tensors are new, and belong to the enclosing `tidy` or to you.
 *
 * @throws TypeError if `tx` is not made by `shardState`; ValueError on every rank if states differ between ranks,
 * or if a slot is not float32.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { adamw, loadTree, saveTree } from 'tfjs-optax'
 * import { gatherState, rank, scatterState, shardState, world } from 'tfjs-optax/mpi'
 * const params = { w: tf.zeros([4]) }
 * const tx = shardState(adamw(1e-3), world())
 * const state = tx.init(params)
 * const whole = gatherState(tx, state, params)
 * const path = join(tmpdir(), `tfjs-optax-sharded-${process.pid}.safetensors`)
 * if (rank() === 0) await saveTree(path, { params, state: whole })
 * const saved = await loadTree(path, { params, state: whole }) // on as many ranks as you like
 * const again = scatterState(tx, saved.state, saved.params)
 */
export const gatherState = /* @__PURE__ */ checked(
  { who: 'gatherState', takes: ['tx', 'state', 'params'] },
  <F extends StateOf, P>(tx: ShardedTransformation<F>, state: At<F, P>, params: P): At<F, P> => {
    const who = 'gatherState'
    const { inner, comm } = partsOf(who, tx)
    return tidy(() => {
      const tree = sharedTree(inner, comm, params)
      const forms = slotsIn(inner, initTensors(inner, params))
      const own = slotsIn(inner, state)
      const slots = forms.map((leaves, slot) =>
        leaves.map((leaf, i) => (leaf === null ? null : sharedSlot(who, tree, i, leaf, own[slot]?.[i] ?? null))),
      )
      const there = slots.flat().filter(leaf => leaf !== null)
      const lines = there.map(({ form }) => float32Line(form, 'slot of'))
      const wholes = gatherNow(comm, who, lines, there)
      const next = slots.values()
      return mapSlots(inner, state, () =>
        (next.next().value ?? []).map((leaf): Leaf => {
          const values = leaf === null ? undefined : wholes.next().value
          return leaf === null || values === undefined ? null : tensorOf(values, leaf.form.shape, 'float32')
        }),
      )
    })
  },
)

const sharedSlot = (who: string, tree: SharedTree, i: number, like: Tensor, own: Leaf): SharedLeaf => {
  const name = tree.forms[i]?.name ?? ''
  if (like.dtype !== 'float32') throw dtypeMismatch(who, name, 'a slot', like.dtype, 'float32')
  const values = own === null ? new Float32Array() : (valuesNow(who, own) as Float32Array)
  return { form: { name, shape: like.shape }, shares: tree.shares[i] ?? [], own: values }
}

/**
 * This rank's share of a whole state: the inverse of `gatherState`, on any number of ranks. No rank waits for another.
 *
 * The tensors are handles of their own; dispose the whole state afterwards to free the rest.
 *
 * @throws TypeError if `tx` is not made by `shardState`; ValueError if the state is that of another transformation.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw } from 'tfjs-optax'
 * import { scatterState, shardState, world } from 'tfjs-optax/mpi'
 * const params = { w: tf.zeros([4]) }
 * const tx = shardState(adamw(1e-3), world())
 * const state = scatterState(tx, adamw(1e-3).init(params), params)
 * // state[0].count is 0
 */
export const scatterState = /* @__PURE__ */ checked(
  { who: 'scatterState', takes: ['tx', 'state', 'params'] },
  <F extends StateOf, P>(tx: ShardedTransformation<F>, state: At<F, P>, params: P): At<F, P> => {
    const { inner, comm } = partsOf('scatterState', tx)
    return tidy(() => {
      const tree = sharedTree(inner, comm, params)
      const share = shareIn(inner, state, tree, comm.rank)
      return ownHandles(share, tensorSet(state))
    })
  },
)

const shareIn = (inner: Program, state: unknown, { shares }: SharedTree, rank: number): unknown =>
  mapSlots(inner, state, leaves =>
    leaves.map((leaf, i) => (leaf === null ? null : shareOf(leaf, shares[i]?.[rank] ?? 'none'))),
  )
