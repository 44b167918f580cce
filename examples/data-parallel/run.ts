/** A run on several ranks: each draws the same batches, computes the gradients of its part, and makes the same step. */
import * as tf from '@tensorflow/tfjs-core'
import {
  addDecayedWeights,
  aggregate,
  chain,
  clipByGlobalNorm,
  disposeTree,
  makeStep,
  scaleByAdam,
  scaleByLearningRate,
  valueAndGrad,
  type GradientsLike,
  type StateIn,
} from 'tfjs-optax'
import {
  allReduce,
  gatherState,
  scatterState,
  shardState,
  valueAndReducedGrad,
  type Communicator,
} from 'tfjs-optax/mpi'
import { windows } from '../train/batches.js'
import { init, lossOf, type Params } from '../train/model.js'
import { rateOver } from '../train/optimizer.js'
import { integers, type Rng } from '../train/random.js'
import { settings } from '../train/settings.js'
import type { Text } from '../train/text.js'
import type { Options } from './options.js'

const { b1, b2, context, maxNorm, weightDecay } = settings

const adamw = (steps: number) =>
  chain(
    scaleByAdam({ b1, b2 }),
    addDecayedWeights(weightDecay, { mask: (_path, leaf) => leaf.rank === 2 }),
    scaleByLearningRate(rateOver(steps)),
  )
/** The chain on one rank, whose state is what a file holds. */
const whole = (steps: number) => chain(aggregate('mean'), clipByGlobalNorm(maxNorm), adamw(steps))
export type State = StateIn<ReturnType<typeof whole>, Params>

/** All that the next step depends on; `state` may be a rank's share. */
export interface Run {
  readonly step: number
  readonly rng: Rng
  readonly params: Params
  readonly state: State
}

export const firstRun = ({ steps, seed }: Options, { vocabulary }: Text): Run => {
  const [params, rng] = init(vocabulary.length)(seed)
  const state: State = whole(steps).init(params)
  return { step: 0, rng, params, state }
}

/** What this rank does with a run. */
export interface Trainer {
  /** the next run, which takes the place of this one, and the loss of this rank's part of the batch */
  readonly advance: (run: Run) => readonly [run: Run, loss: tf.Scalar]
  /** the run with this rank's share of a whole state; the whole one is consumed */
  readonly share: (run: Run) => Run
  /** the whole state; `release` it when it is saved */
  readonly gather: (run: Run) => { readonly state: State; readonly release: () => void }
}

export const trainerOf = (comm: Communicator, options: Options, text: Text): Trainer => {
  const { replicas, steps, windows: windowsOfAll, fixed, shard, overlap } = options
  const how = { op: 'mean', order: fixed ? 'fixed' : 'library' } as const
  const sharded = shardState(adamw(steps), comm)
  const optimizer = chain(
    // With `overlap`, gradients are the mean over ranks already.
    overlap ? aggregate('mean') : aggregate(allReduce(comm, how)),
    clipByGlobalNorm(maxNorm),
    shard ? sharded : adamw(steps),
  )
  const step = makeStep(optimizer, { donate: true })
  const gradientOf = overlap ? valueAndReducedGrad(lossOf, { ...how, comm }) : valueAndGrad(lossOf)

  const gradientsOf = (params: Params, starts: readonly number[]) => {
    const [own, each] = [replicas / comm.size, windowsOfAll / replicas]
    return Array.from({ length: own }, (_, r) => {
      const from = (comm.rank * own + r) * each
      const batch = windows(text.training, starts.slice(from, from + each), text.vocabulary.length)
      const made = gradientOf(params, batch)
      disposeTree([batch.inputs, batch.targets])
      return made
    })
  }
  const withLast = ({ state, ...run }: Run, change: (own: State[2]) => State[2]): Run => {
    const [first, clip, last] = state
    return { ...run, state: [first, clip, change(last)] }
  }
  return {
    advance: run => {
      const [starts, rng] = integers(windowsOfAll, text.training.length - context)(run.rng)
      const made = gradientsOf(run.params, starts)
      const gradients = made.map(([, own]): GradientsLike<Params> => own)
      const [params, state] = step(run.params, gradients, run.state)
      const loss = tf.tidy(() => tf.mean<tf.Scalar>(tf.stack(made.map(([one]) => one))))
      disposeTree(made)
      return [{ step: run.step + 1, rng, params, state: state }, loss]
    },
    share: run => {
      if (!shard) return run
      return withLast(run, last => {
        const own = scatterState(sharded, last as never, run.params)
        disposeTree(last)
        return own
      })
    },
    gather: run => {
      if (!shard) return { state: run.state, release: () => undefined }
      const { state } = withLast(run, last => gatherState(sharded, last as never, run.params))
      return { state, release: () => disposeTree(state) }
    },
  }
}
