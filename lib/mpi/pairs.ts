/** The sum over ranks in the form of Keras's `gradient_aggregator`: from pairs of gradient and variable to such pairs. */
import { zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { densify, isSparse, type Gradient, type Pair, type ReplicaGradients } from '../legacy/keras/pairs.js'
import { tidy } from '../tree/map.js'
import { howToReduce, reduceOptions, reduceTrees, type AllReduceOptions } from './allReduce.js'
import { checkCommunicator, type Communicator } from './communicator.js'

const who = 'gradientAggregator'
const { op, order } = reduceOptions

/**
 * What Keras's optimizers take as `gradientAggregator`: the sum, or the mean, of each gradient over all replicas of all
 * ranks. A variable may have one gradient, or a list with one for each replica of this process. Sparse gradients are sent
 * as dense ones. With `order: 'fixed'` the replicas of a list are added like those of other ranks.
 *
 * @throws TypeError unless `comm` is a communicator, or for an option; in a step as `allReduce` does.
 * @source Keras's legacy optimizers, whose `gradient_aggregator` is a sum over all replicas.
 * @example
 * import { AdamWeightDecay } from 'tfjs-optax/legacy'
 * import { gradientAggregator, world } from 'tfjs-optax/mpi'
 * const optimizer = new AdamWeightDecay({ learningRate: 2e-5, gradientAggregator: gradientAggregator(world()) })
 */
export const gradientAggregator = /* @__PURE__ */ checked(
  { who, takes: ['comm'], options: { op, order } },
  (comm: Communicator, options: Omit<AllReduceOptions, 'comm'> = {}) => {
    checkCommunicator(who, comm)
    const how = howToReduce(who, options)
    return (pairs: readonly Pair<ReplicaGradients>[]): readonly Pair<Tensor>[] => {
      const trees = tidy(() => replicasOf(pairs))
      const sums = reduceTrees(comm, trees, how) as readonly Tensor[]
      return pairs.flatMap(([, variable], i) => {
        const sum = sums[i]
        return sum === undefined ? [] : [[sum, variable] as const]
      })
    }
  },
)

const listOf = (gradients: ReplicaGradients): readonly (Gradient | null)[] =>
  Array.isArray(gradients) ? (gradients as readonly (Gradient | null)[]) : [gradients as Gradient]

/** The trees of this process's replicas: lists of dense gradients, with zeros where a replica has none. */
const replicasOf = (pairs: readonly Pair<ReplicaGradients>[]): readonly (readonly Tensor[])[] => {
  const lists = pairs.map(([gradients]) => listOf(gradients))
  const count = Math.max(1, ...lists.map(({ length }) => length))
  return Array.from({ length: count }, (_, r) =>
    pairs.map(([, variable], i) => {
      const one = lists[i]?.[r] ?? null
      return one === null ? zerosLike<Tensor>(variable) : isSparse(one) ? densify(one, variable) : one
    }),
  )
}
