/**
 * A rule of one's own with cells: numbers on the device that it carries from step to step, which the host never reads.
 * It divides gradients by a running norm of the tree and clips what stands out. Run: npx tsx
 * examples/own-rule-with-cell.ts
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { chain, makeStep, scaleByLearningRate, treeGet, type Hyper } from 'tfjs-optax'
import { add, decayRate, div, elementwise, ema, lt, mul, positive, select, sqrt, square } from 'tfjs-optax/rule'
import { lawsOf } from 'tfjs-optax/testing'

/**
 * Scales updates to norm 1 by a running mean of squared norms, and those of more than `most` running norms down to
 * `most`.
 *
 * `m = b m + (1-b) sum(u^2);  n = sqrt(m / (1-b^t) + eps);  u = u / n`, and `u most n / sqrt(sum(u^2))` in place of `u`
 * where the norm is above `most n`.
 */
const scaleByRunningNorm = ({
  decay = 0.9,
  most = 2,
  eps = 1e-12,
  ...unknown
}: { decay?: Hyper; most?: Hyper; eps?: Hyper } = {}) =>
  elementwise({
    name: 'scaleByRunningNorm',
    unknown,
    hyper: { decay: decayRate(decay), most: positive(most), eps: positive(eps) },
    cells: { mean: { over: 'tree', first: 0 } },
    scalars: (t, { decay, ...rest }) => ({ ...rest, decay, correct: 1 / (1 - decay ** t) }),
    totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
    step: ({ u, mean, sq }, { decay, most, eps, correct }) => {
      const next = ema(decay, mean, sq)
      const norm = sqrt(add(mul(next, correct), eps))
      const own = sqrt(add(sq, eps))
      return { u: mul(u, select(lt(mul(norm, most), own), div(most, own), div(1, norm))), mean: next }
    },
  })

const tx = chain(scaleByRunningNorm(), scaleByLearningRate(0.1))
const step = makeStep(tx, { donate: true })
let params = { w: tf.tensor1d([1, -2]), b: tf.scalar(0) }
let state = tx.init(params)
for (const size of [1, 1, 100]) {
  const gradients = { w: tf.tensor1d([3 * size, 0]), b: tf.scalar(4 * size) }
  ;[params, state] = step(params, gradients, state)
  tf.dispose(gradients)
}
console.log(`w = ${params.w.toString()}`)
console.log(`the running mean of squared norms: ${treeGet(state, '0.mean').toString()}`)

// A rule is tested by the laws that every rule of the package keeps; give each to your test runner: test(law, check).
const make = ({ decay, most }: Readonly<Record<string, Hyper>>) =>
  scaleByRunningNorm({ ...(decay !== undefined && { decay }), ...(most !== undefined && { most }) })
const laws = lawsOf('scaleByRunningNorm', make, { hyper: { decay: 0.8, most: 2 }, runs: 3 })
for (const { check } of laws) await check()
console.log(`${laws.length} laws hold: ${laws.map(({ name }) => name).join(', ')}`)
