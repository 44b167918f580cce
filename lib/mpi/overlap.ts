/**
 * Gradients that are sent while the others are still computed. tfjs computes gradients from the end of the loss to its
 * beginning. Each parameter passes through an identity, whose gradient function sees the whole gradient as soon as it is
 * there. MPI goes on when it is asked whether it is done, so each arrival asks it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { emptyTree } from '../errors.js'
import { sendingFailed, usedBeside } from '../errors/mpi.js'
import { valueAndGrad } from '../grad.js'
import { share } from '../tree/ownership.js'
import { tidy } from '../tree/map.js'
import { distinctNames } from '../tree/firstName.js'
import { build, flatten, type Structure } from '../tree/structure.js'
import { isTensor, isVariable } from '../tree/tensors.js'
import type { GradientsLike } from '../transform.js'
import { howToReduce, reduceOptions, type AllReduceOptions } from './allReduce.js'
import type { Communicator } from './communicator.js'
import { begin, type Begun } from './lane.js'
import { reducing, type HowToReduce } from './replicas.js'
import { float32Line } from './shares.js'
import { ownValuesNow, tensorOf } from './values.js'
import { world } from './world.js'

const who = 'valueAndReducedGrad'

/**
 * `valueAndGrad`, with the sum or mean of the gradients over all ranks: gradients are sent as soon as a bucket of them is
 * there, while those of parameters that the loss uses before are still computed. The loss is this rank's.
 *
 * It gives the same bits as `allReduce` in the order 'fixed', and in the order 'library' on two ranks. Parameters that
 * are Variables, as in `paramsOf(model)`, are not seen in the loss function, so their gradients are sent at the end.
 *
 * What it gains depends on the time that MPI needs beside the computation: nothing where ranks share the cores, a tenth of
 * a step where a slow network takes a fifth of it.
 *
 * It needs a backend that can be read at once, such as wasm or cpu.
 *
 * @throws as `valueAndGrad` and `allReduce` do; ValueError if the loss uses a parameter from outside, beside the one that it
 * is given. A failure on this rank after it has begun to send ends the job.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { valueAndReducedGrad } from 'tfjs-optax/mpi'
 * const lossOf = (params: { w: tf.Tensor }, x: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.mul(params.w, x)))
 * const [loss, grads] = valueAndReducedGrad(lossOf, { op: 'mean' })({ w: tf.tensor1d([1, 2]) }, tf.scalar(3))
 * // loss is 45, grads.w is [18, 36]
 */
export const valueAndReducedGrad = /* @__PURE__ */ checked(
  { who, takes: ['loss'], options: reduceOptions },
  <P, A extends readonly unknown[]>(loss: (params: P, ...args: A) => tf.Tensor, options: AllReduceOptions = {}) => {
    const how = howToReduce(who, options)
    return (params: P, ...args: A): readonly [loss: tf.Scalar, gradients: GradientsLike<P>] => {
      const comm = options.comm ?? world()
      if (comm.size === 1) return valueAndGrad(loss)(params, ...args)
      return tidy(() => sendingWhileComputing(comm, how, loss, params, args))
    }
  },
)

const sendingWhileComputing = <P, A extends readonly unknown[]>(
  comm: Communicator,
  how: HowToReduce,
  loss: (params: P, ...args: A) => tf.Tensor,
  params: P,
  args: A,
): readonly [loss: tf.Scalar, gradients: GradientsLike<P>] => {
  const { structure, leaves } = flatten(params, who, 'params')
  let sending: Sending | null = null
  const watched = (given: P, ...rest: A): tf.Tensor => {
    const own = flatten(given, who, 'params').leaves
    const seen = own.map((leaf, i) => (isPlain(leaf) ? seeGradient(leaf, dy => sending?.arrive(i, dy)) : leaf))
    const value = loss(build(structure, seen) as P, ...rest)
    sending = sendingOf(comm, how, structure, leaves, inOrderOfArrival(seen))
    return value
  }
  try {
    const [value, gradients] = valueAndGrad(watched)(params, ...args)
    const rest = flatten(gradients).leaves
    return [value, finished(sending, structure, rest) as GradientsLike<P>]
  } catch (cause) {
    stop(sending, comm, cause)
    throw cause
  }
}

/** After a failure: this rank sends nothing more. If others may wait for what it has begun to send, the job ends. */
const stop = (sending: Sending | null, comm: Communicator, cause: unknown): void => {
  if (sending !== null && !sending.cancel()) comm.abort(sendingFailed(comm.rank, comm.size, who, cause))
}

const finished = (sending: Sending | null, structure: Structure, gradients: readonly unknown[]): unknown => {
  if (sending === null) throw emptyTree(who, 'params')
  gradients.forEach((gradient, i) => {
    if (isTensor(gradient)) sending.arrive(i, gradient)
  })
  const sums = sending.finish()
  return build(
    structure,
    gradients.map((gradient, i) => {
      const sum = sums.get(i)
      return isTensor(gradient) && sum !== undefined ? tensorOf(sum, gradient.shape, 'float32') : gradient
    }),
  )
}

const isPlain = (leaf: unknown): leaf is tf.Tensor => isTensor(leaf) && !isVariable(leaf) && leaf.dtype === 'float32'

/** The tensor, with a function that sees its whole gradient. */
const seeGradient = (tensor: tf.Tensor, see: (dy: tf.Tensor) => void): tf.Tensor =>
  tf.customGrad(x => ({
    value: share(x as tf.Tensor),
    gradFunc: dy => {
      see(dy)
      return dy
    },
  }))(tensor)

/**
 * The leaves in the order in which tfjs will compute their gradients: the last one used in the loss comes first. Effects:
 * moves each identity in tfjs's tape to where its leaf is used first, since tfjs walks the tape backwards, and would come
 * to all of them at the end otherwise.
 */
const inOrderOfArrival = (seen: readonly unknown[]): readonly number[] => {
  const { state } = tf.engine()
  const leafOf = new Map(seen.flatMap((leaf, i) => (isTensor(leaf) ? [[leaf.id, i] as const] : [])))
  const identities = new Map<number, (typeof state.activeTape)[number]>()
  for (const node of state.activeTape) for (const { id } of node.outputs) if (leafOf.has(id)) identities.set(id, node)
  const own = new Set(identities.values())
  const order: number[] = []
  state.activeTape = state.activeTape.flatMap(node => {
    if (own.has(node)) return []
    const first = Object.values(node.inputs).flatMap(({ id }) => {
      const identity = identities.get(id)
      const leaf = leafOf.get(id)
      if (identity === undefined || leaf === undefined) return []
      identities.delete(id)
      order.push(leaf)
      return [identity]
    })
    return [...first, node]
  })
  const used = new Set(order)
  // A parameter that no operation uses may be the loss itself.
  state.activeTape = [...state.activeTape, ...identities.values()]
  return [...order.reverse(), ...seen.flatMap((leaf, i) => (isTensor(leaf) && !used.has(i) ? [i] : []))]
}

/** A sum that has begun before all its gradients are there. */
interface Sending {
  /** the gradient of a leaf; one that has arrived must be the same */
  readonly arrive: (leaf: number, gradient: tf.Tensor) => void
  /** the sums by leaf */
  readonly finish: () => ReadonlyMap<number, Float32Array>
  /** sends nothing; false if something is under way */
  readonly cancel: () => boolean
}

/** Less takes longer to start than to send. */
const smallestBucket = 2 ** 16

/**
 * A bucket is sent when all its gradients are there. So each has at most a quarter of all gradients: those of small models
 * would fit into one, and nothing would be sent before the end.
 */
const bucketBytesFor = ({ bucketBytes }: Communicator, sizes: readonly number[]): number => {
  const size = sizes.reduce((sum, one) => sum + one, 0)
  return Math.min(bucketBytes, Math.max(4 * Math.ceil(size / 4), smallestBucket))
}

const sendingOf = (
  comm: Communicator,
  how: HowToReduce,
  structure: Structure,
  leaves: readonly unknown[],
  order: readonly number[],
): Sending => {
  const names = distinctNames(structure, leaves)
  const sent = order.flatMap(leaf => {
    const tensor = leaves[leaf]
    return isTensor(tensor) && tensor.dtype === 'float32' ? [{ leaf, tensor }] : []
  })
  const placeOf = new Map(sent.map(({ leaf }, place) => [leaf, place]))
  const own: Float32Array[] = []
  const seen: tf.DataId[] = []
  let beside: string | null = null
  const isThere = (place: number): boolean => own[place] !== undefined
  const lines = sent.map(({ leaf, tensor }) => float32Line({ name: names[leaf] ?? '', shape: tensor.shape }))
  const sizes = sent.map(({ tensor }) => tensor.size)
  const summands = { sizes, replicas: [own], bucketBytes: bucketBytesFor(comm, sizes), isThere }
  const work: Begun<readonly Float32Array[]> = begin(comm, reducing(comm, who, lines, summands, how))
  return {
    arrive: (leaf, gradient) => {
      const place = placeOf.get(leaf)
      if (place === undefined) return
      if (own[place] !== undefined) {
        if (seen[place] !== gradient.dataId) beside ??= names[leaf] ?? ''
        return
      }
      own[place] = ownValuesNow(who, gradient) as Float32Array
      seen[place] = gradient.dataId
      work.poll()
    },
    finish: () => {
      const sums = work.finish()
      // Only now, since the other ranks, which do the same, have got what they wait for.
      if (beside !== null) throw usedBeside(who, beside)
      return new Map(sent.map(({ leaf }, place) => [leaf, sums[place] ?? new Float32Array()]))
    },
    cancel: work.cancel,
  }
}
