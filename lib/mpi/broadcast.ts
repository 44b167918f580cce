/** `broadcast` and `barrier`. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import { checked, checkedAsync } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { nameOf } from '../errors.js'
import { noRank, notSendable } from '../errors/mpi.js'
import { isHost, parseHost, printHost } from '../io/text.js'
import { distinctNames } from '../tree/firstName.js'
import { build, flatten, pathAt } from '../tree/structure.js'
import { isTensor, isVariable, showShape } from '../tree/tensors.js'
import { checkCommunicator, type Collecting, type Communicator } from './communicator.js'
import { begin, runNow } from './lane.js'
import { agree } from './texts.js'
import { tensorOf, valuesLater, valuesNow, type Numbers32 } from './values.js'
import { world } from './world.js'

/** Whose values `broadcast` sends, and to which ranks. */
export interface BroadcastOptions {
  /** the rank whose values all others get; default 0 */
  readonly root?: number
  /** default `world()` */
  readonly comm?: Communicator
}

const options: Names<BroadcastOptions> = { root: 'src source rootRank', comm: 'communicator group' }

const sendable = ['float32', 'int32', 'bool']
const isSendable = (leaf: unknown): boolean =>
  leaf === null ||
  leaf === undefined ||
  isHost(leaf) ||
  (isTensor(leaf) && sendable.includes(leaf.dtype) && !leaf.isDisposed)

/** A tree taken apart. */
interface Sent {
  readonly structure: ReturnType<typeof flatten>['structure']
  readonly leaves: readonly unknown[]
  readonly lines: readonly string[]
}

const sentOf = (who: string, tree: unknown): Sent => {
  const { structure, leaves } = flatten(tree, who, 'the tree')
  const names = distinctNames(structure, leaves)
  const lines = leaves.map((leaf, i) => {
    if (!isSendable(leaf))
      throw notSendable(who, pathAt(structure, i), isTensor(leaf) ? `a tensor of ${leaf.dtype}` : nameOf(leaf))
    const form = isTensor(leaf) ? `${leaf.dtype} ${showShape(leaf.shape)}` : isHost(leaf) ? 'a value' : 'null'
    return `leaf ${names[i] ?? ''}, ${form}`
  })
  return { structure, leaves, lines }
}

/** Values of the host as bytes of one text; the bytes of the others. */
const textOf = (leaves: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(leaves.flatMap(leaf => (isHost(leaf) ? [printHost(leaf)] : []))))

const broadcasting = function* (
  comm: Communicator,
  who: string,
  { leaves, lines }: Sent,
  root: number,
  values: (tensor: Tensor) => Numbers32,
): Collecting<{ readonly hosts: readonly unknown[]; readonly arrays: readonly Numbers32[] }> {
  yield* agree(comm, who, `${who} from rank ${root}`, lines)
  const isRoot = comm.rank === root
  const own = textOf(leaves)
  const length = Int32Array.of(isRoot ? own.length : 0)
  yield { collective: { op: 'max', data: length }, what: who }
  const text = isRoot ? own : new Uint8Array(length[0] ?? 0)
  yield* inBuckets(comm, who, text, root)
  const arrays: Numbers32[] = []
  for (const tensor of leaves.filter(isTensor)) {
    // A copy, since on cpu the numbers of a tensor are its memory.
    const array = isRoot ? values(tensor).slice() : arrayFor(tensor)
    yield* inBuckets(comm, who, new Uint8Array(array.buffer, array.byteOffset, array.byteLength), root)
    arrays.push(array)
  }
  const texts = JSON.parse(new TextDecoder().decode(text)) as readonly string[]
  return { hosts: texts.map(parseHost), arrays }
}

const arrayFor = ({ dtype, size }: Tensor): Numbers32 =>
  dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size)

const inBuckets = function* (comm: Communicator, who: string, bytes: Uint8Array, root: number): Collecting<void> {
  for (let at = 0; at < bytes.length; at += comm.bucketBytes)
    yield {
      collective: { op: 'broadcast', data: bytes.subarray(at, at + comm.bucketBytes), root },
      what: `bytes from ${at} of ${bytes.length} of ${who}`,
    }
}

/** The tree of what came. Effects: assigns Variables. */
const received = (
  { structure, leaves }: Sent,
  { hosts, arrays }: { readonly hosts: readonly unknown[]; readonly arrays: readonly Numbers32[] },
): unknown => {
  const [nextHost, nextArray] = [hosts.values(), arrays.values()]
  const made = leaves.map(leaf => {
    if (isHost(leaf)) return nextHost.next().value
    const array = isTensor(leaf) ? nextArray.next().value : undefined
    if (!isTensor(leaf) || array === undefined) return null
    const tensor = tensorOf(array, leaf.shape, leaf.dtype)
    return isVariable(leaf) ? assigned(leaf, tensor) : tensor
  })
  return build(structure, made)
}

const assigned = (variable: Variable, value: Tensor): Variable => {
  variable.assign(value)
  value.dispose()
  return variable
}

const checkedOptions = (who: string, { root = 0, comm = world() }: BroadcastOptions) => {
  checkCommunicator(who, comm)
  if (!Number.isInteger(root) || root < 0 || root >= comm.size) throw noRank(who, root, comm.size)
  return { root, comm }
}

/**
 * The tree of one rank, on every rank: parameters and state before the first step, or what one rank has read from a file.
 * Every rank gives a tree of the same structure, shapes and dtypes. Leaves are tensors of float32, int32 or bool, and
 * numbers, booleans and texts, such as counts. A `tf.Variable` is assigned, and the same Variable comes back; all other
 * tensors are new.
 *
 * @throws the same ValueError on every rank if trees differ between ranks; TypeError for other leaves, or a root that is
 * no rank.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw } from 'tfjs-optax'
 * import { broadcast } from 'tfjs-optax/mpi'
 * const params = broadcast({ w: tf.randomNormal([2]) })
 * const state = broadcast(adamw(0.1).init(params))
 */
export const broadcast = /* @__PURE__ */ checked(
  { who: 'broadcast', takes: ['tree'], options },
  <T>(tree: T, given: BroadcastOptions = {}): T => {
    const who = 'broadcast'
    const { root, comm } = checkedOptions(who, given)
    const sent = sentOf(who, tree)
    const work = broadcasting(comm, who, sent, root, tensor => valuesNow(who, tensor, 'use broadcastAsync'))
    return received(sent, runNow(comm, work)) as T
  },
)

/**
 * `broadcast` as a promise, also for backends that cannot be read at once. Calls are served one after the other, in their
 * order, which must be the same on every rank.
 *
 * @throws (as a rejection) as `broadcast` does.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { broadcastAsync } from 'tfjs-optax/mpi'
 * const { count } = await broadcastAsync({ w: tf.zeros([2]), count: 3 })
 * // count is 3
 */
export const broadcastAsync = /* @__PURE__ */ checkedAsync(
  { who: 'broadcastAsync', takes: ['tree'], options },
  async <T>(tree: T, given: BroadcastOptions = {}): Promise<T> => {
    const who = 'broadcastAsync'
    const { root, comm } = checkedOptions(who, given)
    const sent = sentOf(who, tree)
    const reading = valuesLater(who, comm.rank === root ? sent.leaves.filter(isTensor) : [])
    const work = begin(
      comm,
      (function* () {
        const read = yield* reading
        return yield* broadcasting(comm, who, sent, root, tensor => read.get(tensor) ?? arrayFor(tensor))
      })(),
    )
    return received(sent, await work.promise()) as T
  },
)

const barrierOptions: Names<Pick<BroadcastOptions, 'comm'>> = { comm: 'communicator group' }

/**
 * Waits until every rank has called it.
 *
 * @throws ValueError on every rank if another one calls something else.
 * @example
 * import { barrier } from 'tfjs-optax/mpi'
 * barrier()
 */
export const barrier = /* @__PURE__ */ checked(
  { who: 'barrier', takes: [], options: barrierOptions },
  (given: Pick<BroadcastOptions, 'comm'> = {}): void => {
    const { comm } = checkedOptions('barrier', given)
    runNow(comm, agree(comm, 'barrier', 'barrier', []))
  },
)

/**
 * `barrier` as a promise.
 *
 * @throws (as a rejection) as `barrier` does.
 * @example
 * import { barrierAsync } from 'tfjs-optax/mpi'
 * await barrierAsync()
 */
export const barrierAsync = /* @__PURE__ */ checkedAsync(
  { who: 'barrierAsync', takes: [], options: barrierOptions },
  async (given: Pick<BroadcastOptions, 'comm'> = {}): Promise<void> => {
    const { comm } = checkedOptions('barrierAsync', given)
    return begin(comm, agree(comm, 'barrierAsync', 'barrierAsync', [])).promise()
  },
)
