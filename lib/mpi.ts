/** Training on several processes and machines, by MPI. Node only. */
export { world, rank, size, localRank, finalize, type WorldOptions } from './mpi/world.js'
export { allReduce, allReduceAsync, type AllReduceOptions, type Reduced } from './mpi/allReduce.js'
export { broadcast, broadcastAsync, barrier, barrierAsync, type BroadcastOptions } from './mpi/broadcast.js'
export type { AskedCollective, Collective, Communicator, Lane, RankProcess, Started } from './mpi/communicator.js'
export type { SumOrder } from './mpi/sum.js'
export { valueAndReducedGrad } from './mpi/overlap.js'
export { gradientAggregator } from './mpi/pairs.js'
export { shardState, type ShardedState, type ShardedTransformation } from './mpi/shardState.js'
export { gatherState, scatterState } from './mpi/wholeState.js'
export {
  averagePerElementUpdates,
  differentiallyPrivateAggregate,
  processed,
  type PerElementOptions,
} from './mpi/aggregating.js'
