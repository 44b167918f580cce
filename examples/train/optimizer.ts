/** The optimizer: clip, Adam, decoupled decay of matrices, and a rate that rises and falls. */
import {
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  makeStep,
  scaleByAdam,
  scaleByLearningRate,
  warmupCosineDecaySchedule,
  type StateIn,
} from 'tfjs-optax'
import { init, type Params } from './model.js'
import type { Plan } from './plan.js'
import { settings } from './settings.js'
import { begin, type Learn, type Run } from './trainer.js'

const { peakRate, warmup, b1, b2, weightDecay, maxNorm } = settings

/** The learning rate at a count of steps done. */
export const rateOver = (steps: number) =>
  warmupCosineDecaySchedule(peakRate / 10, peakRate, Math.floor(warmup * steps), steps, { endValue: peakRate / 10 })

const optimizer = (steps: number) =>
  chain(
    clipByGlobalNorm(maxNorm),
    scaleByAdam({ b1, b2 }),
    addDecayedWeights(weightDecay, { mask: (_path, leaf) => leaf.rank === 2 }),
    scaleByLearningRate(rateOver(steps)),
  )

export type State = StateIn<ReturnType<typeof optimizer>, Params>

export const beginOptax = ({ steps, seed, text }: Plan): Run<State> => {
  const [params, rng] = init(text.vocabulary.length)(seed)
  return begin(params, optimizer(steps).init(params), rng)
}

/** Consumes parameters and state: their memory holds the next ones. */
export const learnOptax = ({ steps }: Plan): Learn<State> => makeStep(optimizer(steps), { donate: true })
