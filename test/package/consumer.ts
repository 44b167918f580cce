/** A program of a user's that has something of each entry in its types. */
export const consumer = `
import { adamw, asOptimizer, chain, clipByGlobalNorm, makeStep, saveTree, toSafetensors } from 'tfjs-optax'
import * as core from 'tfjs-optax/core'
import { elementwise, mul, type Hyper, finite } from 'tfjs-optax/rule'
import { AdamWeightDecay } from 'tfjs-optax/legacy'
import { configOf } from 'tfjs-optax/config'
import { lawsOf } from 'tfjs-optax/testing'
import type { Tensor } from '@tensorflow/tfjs-core'

const times = (k: Hyper) => elementwise({ name: 'times', hyper: { k: finite(k) }, step: ({ u }, { k }) => ({ u: mul(u, k) }) })
const tx = chain(clipByGlobalNorm(1), times(2), adamw(1e-3))
export const run = (params: { w: Tensor }, gradients: { w: Tensor }) => {
  const step = makeStep(tx, { donate: true })
  const [next, state] = step(params, gradients, tx.init(params))
  const mu: Tensor = state[2][0].mu.w
  const bytes: Promise<Uint8Array> = toSafetensors(state)
  return { w: next.w, mu, bytes }
}
export const others = [asOptimizer(tx), new AdamWeightDecay(), configOf(tx), lawsOf('it', () => tx), core.sgd(0.1), saveTree]
`
