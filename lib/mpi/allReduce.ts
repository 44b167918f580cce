/** `allReduce`: sums or means of trees over all ranks. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked, checkedAsync } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import type { Reduce } from '../program/program.js'
import { isTensor } from '../tree/tensors.js'
import type { TensorsLike } from '../tree/map.js'
import { checkCommunicator, isCommunicator, type Communicator } from './communicator.js'
import { runNow, begin } from './lane.js'
import { rebuilt, reducing, takeApart, type Addend, type HowToReduce, type Replicas32 } from './replicas.js'
import type { Summands, SumOrder } from './sum.js'
import { ownValuesNow, valuesLater } from './values.js'
import { world } from './world.js'

/** What `allReduce` computes, and in which order. */
export interface AllReduceOptions {
  /** 'sum', the default, or 'mean', the sum divided by the number of all replicas */
  readonly op?: 'sum' | 'mean'
  /**
   * 'library', the default, is fastest. With 'fixed' the same replicas have the same sum to the bit on any number of
   * ranks, whatever the library; each rank must have as many replicas
   */
  readonly order?: SumOrder
  /** default `world()` */
  readonly comm?: Communicator
}

export const reduceOptions: Names<AllReduceOptions> = { op: 'reduction', order: '', comm: 'communicator group' }

/** The options of a reduction, checked. */
export const howToReduce = (who: string, options: AllReduceOptions): HowToReduce => {
  const { op = 'sum', order = 'library', comm }: { readonly [K in keyof AllReduceOptions]: unknown } = options
  if (op !== 'sum' && op !== 'mean') throw badArgument(who, 'op', "'sum' or 'mean'", op)
  if (order !== 'library' && order !== 'fixed') throw badArgument(who, 'order', "'library' or 'fixed'", order)
  if (comm !== undefined) checkCommunicator(who, comm)
  return { op, order }
}

const who = 'allReduce'
const signature = { who, takes: ['tree'], options: reduceOptions }

/** The sum or mean of these trees and those of the other ranks. */
export const reduceTrees = (comm: Communicator, trees: readonly unknown[], how: HowToReduce): unknown => {
  const replicas = takeApart(who, trees)
  const values = numbersIn(replicas, leaf =>
    isTensor(leaf) ? (ownValuesNow(who, leaf, `use ${who}Async`) as Float32Array) : leaf,
  )
  return rebuilt(replicas, runNow(comm, reducing(comm, who, replicas.lines, summandsOf(values), how)))
}

const numbersIn = (
  { leaves }: Replicas32,
  read: (leaf: NonNullable<Addend>) => Float32Array,
): readonly (readonly Float32Array[])[] => leaves.map(own => own.flatMap(leaf => (leaf === null ? [] : [read(leaf)])))

const summandsOf = (replicas: readonly (readonly Float32Array[])[]): Summands => ({
  sizes: (replicas[0] ?? []).map(({ length }) => length),
  replicas,
})

const acrossRanks = (comm: Communicator, how: HowToReduce): Reduce =>
  Object.assign(
    (replicas: readonly unknown[]) =>
      comm.size === 1 && replicas.length === 1 ? replicas[0] : reduceTrees(comm, replicas, how),
    { across: `${how.op} over ${comm.size} rank${comm.size === 1 ? '' : 's'}` },
  )

/** A tree of sums for a tree of tensors and Float32Arrays: tensors where there were tensors or Variables. */
export type Reduced<T> = T extends Float32Array | null ? T : TensorsLike<T>

/**
 * The sum of a tree over all ranks, or its mean; every rank gets the same bits. Leaves are float32 tensors or
 * Float32Arrays; null is null on every rank. Tensors of the result are new; a Float32Array is written over, and the same
 * array comes back, so that large ones need no memory.
 *
 * Given a communicator in place of a tree, it returns what `aggregate` takes: in `aggregate(allReduce(comm))`, the first
 * link of a chain, each rank gives the list of its own replicas' gradients, usually of one, and all ranks go on with the
 * sum over all. `asOptimizer` takes such a chain, and gives it the gradients of `fit` or `minimize` as that list.
 *
 * Ranks compare the names and shapes of their trees first, by a few bytes; then the numbers go in buckets of
 * `comm.bucketBytes`, one at a time. The call blocks; `allReduceAsync` does not. It needs a backend that can be read at
 * once, such as wasm or cpu.
 *
 * @throws the same ValueError on every rank if trees differ between ranks, with the first place where they do; TypeError
 * for other leaves or options. A rank that never comes ends the job after `comm.timeLimit` seconds.
 * @source MPI's `MPI_Allreduce`; Horovod and PyTorch's DistributedDataParallel default to the mean, Keras to the sum.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, aggregate, chain, makeStep } from 'tfjs-optax'
 * import { allReduce, world } from 'tfjs-optax/mpi'
 * const tx = chain(aggregate(allReduce(world(), { op: 'mean' })), adamw(0.1))
 * const params = { w: tf.tensor1d([1, 2]) }
 * const [next] = makeStep(tx)(params, [{ w: tf.tensor1d([0.3, -0.3]) }], tx.init(params))
 * const { loss } = allReduce({ loss: tf.scalar(3) }, { op: 'mean' })
 * // loss is 3
 */
export const allReduce: {
  (comm: Communicator, options?: Omit<AllReduceOptions, 'comm'>): Reduce
  <T>(tree: T, options?: AllReduceOptions): Reduced<T>
} = /* @__PURE__ */ checked(signature, ((tree: unknown, options: AllReduceOptions = {}): unknown => {
  const how = howToReduce(who, options)
  return isCommunicator(tree) ? acrossRanks(tree, how) : reduceTrees(options.comm ?? world(), [tree], how)
}) as never)

/**
 * `allReduce` of a tree as a promise: the event loop goes on meanwhile, and backends that cannot be read at once, such as
 * WebGPU's, will do. Calls are served one after the other, in their order, which must be the same on every rank.
 *
 * @throws (as a rejection) as `allReduce` does.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { allReduceAsync } from 'tfjs-optax/mpi'
 * const { w } = await allReduceAsync({ w: tf.tensor1d([1, 2]) })
 * // w is [1, 2]
 */
export const allReduceAsync = /* @__PURE__ */ checkedAsync(
  { ...signature, who: 'allReduceAsync' },
  async <T>(tree: T, options: AllReduceOptions = {}): Promise<Reduced<T>> => {
    const how = howToReduce('allReduceAsync', options)
    const comm = options.comm ?? world()
    const replicas = takeApart('allReduceAsync', [tree])
    // Begun before anything is awaited, so that the order of calls is the order of work.
    const reading = valuesLater('allReduceAsync', replicas.leaves.flat().filter(isTensor))
    const work = begin(
      comm,
      (function* () {
        const read = yield* reading
        // A tensor at several leaves has a sum for each.
        const taken = new Set<Tensor>()
        const valuesOf = (tensor: Tensor): Float32Array => {
          const values = read.get(tensor) as Float32Array
          const isFirst = !taken.has(tensor)
          taken.add(tensor)
          return isFirst ? values : values.slice()
        }
        const values = numbersIn(replicas, leaf => (isTensor(leaf) ? valuesOf(leaf) : leaf))
        return yield* reducing(comm, 'allReduceAsync', replicas.lines, summandsOf(values), how)
      })(),
    )
    return rebuilt(replicas, await work.promise()) as Reduced<T>
  },
)
