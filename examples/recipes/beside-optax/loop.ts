import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { adamw, chain, clipByGlobalNorm, disposeTree, globalNorm, makeStep, valueAndGrad } from 'tfjs-optax'
import { warmupCosineDecaySchedule } from 'tfjs-optax'

const x = tf.linspace(-1, 2, 64).reshape([64, 1])
const y = x.mul(2).sin()
const wave = (n: number, scale: number) =>
  tf
    .range(1, n + 1)
    .mul(1.7)
    .sin()
    .mul(scale)
let params = {
  hidden: { kernel: wave(16, 1).reshape([1, 16]), bias: tf.zeros([16]) },
  out: { kernel: wave(16, 0.5).reshape([16, 1]), bias: tf.zeros([1]) },
}
const lossAndGradients = valueAndGrad(({ hidden, out }: typeof params) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
})

const schedule = warmupCosineDecaySchedule(0, 0.03, 10, 100)
const tx = chain(clipByGlobalNorm(1), adamw(schedule, { weightDecay: 0.01, mask: path => path.endsWith('kernel') }))
const step = makeStep(tx, { donate: true })
let state = tx.init(params)

// What run.py printed.
const file = readFileSync('examples/recipes/beside-optax/optax.json', 'utf8')
const { rows } = JSON.parse(file) as { rows: { step: number; loss: number; norm: number }[] }
console.log('step  loss: optax, here     norm: optax, here')
for (let i = 0; i <= 100; i++) {
  const [loss, gradients] = lossAndGradients(params)
  const row = rows.find(({ step }) => step === i)
  if (row !== undefined) {
    const norm = globalNorm(params)
    const [ours, size] = [loss.arraySync(), norm.arraySync()]
    const far = Math.max(Math.abs(ours / row.loss - 1), Math.abs(size / row.norm - 1))
    const pair = (a: number, b: number) => `${a.toFixed(6)} ${b.toFixed(6)}`
    console.log(
      `${String(i).padStart(4)}  ${pair(row.loss, ours)}  ${pair(row.norm, size)}  within 1e-4: ${far < 1e-4}`,
    )
    norm.dispose()
  }
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients])
}
