/** The sum over ranks in the form of Keras's `gradient_aggregator`: from pairs of gradient and variable to such pairs. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import {
  densify,
  isSparse,
  sumReplicas,
  type Gradient,
  type Pair,
  type ReplicaGradients,
} from '../legacy/keras/pairs.js'
import { tidy } from '../tree/map.js'
import { howToReduce, reduceOptions, reduceTrees, type AllReduceOptions } from './allReduce.js'
import { isCommunicator, type Communicator } from './communicator.js'

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
    if (!isCommunicator(comm)) throw badArgument(who, 'comm', 'a communicator', comm)
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

/** The trees of this process's replicas: lists of dense gradients. Where some have none, there is one tree, of sums. */
const replicasOf = (pairs: readonly Pair<ReplicaGradients>[]): readonly (readonly Tensor[])[] => {
  const lists = pairs.map(([gradients, variable]) => ({ list: listOf(gradients), variable }))
  const count = Math.max(1, ...lists.map(({ list }) => list.length))
  const isWhole = lists.every(({ list }) => list.length === count && list.every(one => one !== null))
  if (!isWhole) return [lists.map(({ list, variable }) => dense(sumReplicas(list, variable), variable))]
  return Array.from({ length: count }, (_, r) =>
    lists.map(({ list, variable }) => {
      const one = list[r]
      return dense(one ?? sumReplicas([], variable), variable)
    }),
  )
}

const dense = (gradient: Gradient, variable: Variable): Tensor =>
  isSparse(gradient) ? densify(gradient, variable) : gradient
