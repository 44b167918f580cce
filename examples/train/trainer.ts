/** Training: a run is plain data, and a step makes the next one. */
import { setImmediate as tick } from 'node:timers/promises'
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, tensorsOf, valueAndGrad, type GradientsLike } from 'tfjs-optax'
import { drawStarts, evenly, windows } from './batches.js'
import { lossOf, type Params } from './model.js'
import type { Rng } from './random.js'
import type { Plan } from './plan.js'
import type { Text } from './text.js'

export interface History {
  /** bits per character of each step's batch */
  readonly loss: readonly number[]
  /** global norm of each step's gradients, before clipping */
  readonly norm: readonly number[]
  readonly heldOut: readonly { readonly step: number; readonly loss: number }[]
}

/** All that the next step depends on. */
export interface Run<S> {
  readonly step: number
  readonly rng: Rng
  readonly params: Params
  readonly state: S
  readonly history: History
}

/** What turns gradients into better parameters. It may consume params and state. */
export type Learn<S> = (
  params: Params,
  gradients: GradientsLike<Params>,
  state: S,
) => readonly [params: Params, state: S]

export const begin = <S>(params: Params, state: S, rng: Rng): Run<S> => ({
  step: 0,
  rng,
  params,
  state,
  history: { loss: [], norm: [], heldOut: [] },
})

/** Runs of one step more each, until all steps are done or `signal` stops them. Each consumes the one before. */
export const train = async function* <S>(start: Run<S>, plan: Plan, learn: Learn<S>, signal: AbortSignal) {
  const { text, steps } = plan
  let run = start
  while (run.step < steps && !signal.aborted) {
    run = measure(advance(run, text, learn), text, steps)
    yield run
    await tick() // lets Ctrl-C in
  }
}

const advance = <S>(run: Run<S>, text: Text, learn: Learn<S>): Run<S> => {
  const [starts, rng] = drawStarts(text.training)(run.rng)
  const batch = windows(text.training, starts, text.vocabulary.length)
  const [loss, gradients] = valueAndGrad(lossOf)(run.params, batch)
  const { history } = run
  const measured = { loss: loss.dataSync()[0] ?? NaN, norm: globalNorm(gradients) }
  if (!Number.isFinite(measured.loss + measured.norm)) throw new Error(`the loss is not finite at step ${run.step + 1}`)
  const [params, state] = learn(run.params, gradients, run.state)
  disposeTree([loss, gradients, batch.inputs, batch.targets])
  const next = { ...history, loss: [...history.loss, measured.loss], norm: [...history.norm, measured.norm] }
  return { step: run.step + 1, rng, params, state, history: next }
}

const globalNorm = (gradients: GradientsLike<Params>): number =>
  tf.tidy(() => {
    const squares = tensorsOf(gradients).map(([, gradient]) => tf.sum(tf.square(gradient)))
    return tf.sqrt(tf.addN(squares)).dataSync()[0] ?? NaN
  })

/** Every tenth part of a run, and at its end, the held-out loss joins the history. */
const measure = <S>(run: Run<S>, { heldOut, vocabulary }: Text, steps: number): Run<S> => {
  if (run.step !== steps && run.step % Math.max(20, Math.ceil(steps / 10)) !== 0) return run
  const loss = heldOutLoss(run.params, heldOut, vocabulary.length)
  return { ...run, history: { ...run.history, heldOut: [...run.history.heldOut, { step: run.step, loss }] } }
}

/** Bits per character over windows spread over the held-out text, each window's start without what came before. */
const heldOutLoss = (params: Params, heldOut: Int32Array, classes: number): number => {
  const parts = evenly(heldOut, 256).map(starts => {
    const [loss = NaN] = tf.tidy(() => lossOf(params, windows(heldOut, starts, classes)).dataSync())
    return { loss: loss * starts.length, count: starts.length }
  })
  const total = parts.reduce((a, b) => ({ loss: a.loss + b.loss, count: a.count + b.count }))
  return total.loss / total.count
}
