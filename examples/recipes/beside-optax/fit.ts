import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, chain, clipByGlobalNorm, globalNorm, paramsOf, setParams } from 'tfjs-optax'
import { warmupCosineDecaySchedule } from 'tfjs-optax'

const x = tf.linspace(-1, 2, 64).reshape([64, 1])
const y = x.mul(2).sin()
const wave = (n: number, scale: number) =>
  tf
    .range(1, n + 1)
    .mul(1.7)
    .sin()
    .mul(scale)
const model = tf.sequential({
  layers: [
    tf.layers.dense({ name: 'hidden', units: 16, inputShape: [1], activation: 'tanh' }),
    tf.layers.dense({ name: 'out', units: 1 }),
  ],
})
setParams(model, {
  'hidden/kernel': wave(16, 1).reshape([1, 16]),
  'hidden/bias': tf.zeros([16]),
  'out/kernel': wave(16, 0.5).reshape([16, 1]),
  'out/bias': tf.zeros([1]),
})

const schedule = warmupCosineDecaySchedule(0, 0.03, 10, 100)
const decayed = adamw(schedule, { weightDecay: 0.01, mask: path => path.endsWith('kernel') })
const optimizer = asOptimizer(chain(clipByGlobalNorm(1), decayed))
model.compile({ optimizer, loss: 'meanSquaredError' })

// What run.py printed.
const file = readFileSync('examples/recipes/beside-optax/optax.json', 'utf8')
const { rows } = JSON.parse(file) as { rows: { step: number; loss: number; norm: number }[] }
console.log('step  loss: optax, here     norm: optax, here')
for (const { step, loss, norm } of rows) {
  const epochs = step - optimizer.iterations // of one step each
  if (epochs > 0) await model.fit(x, y, { epochs, batchSize: 64, shuffle: false, verbose: 0 })
  const [ours, size] = tf.tidy(() => [
    (model.evaluate(x, y, { batchSize: 64 }) as tf.Scalar).arraySync(),
    globalNorm(paramsOf(model)).arraySync(),
  ])
  const far = Math.max(Math.abs(ours / loss - 1), Math.abs(size / norm - 1))
  const pair = (a: number, b: number | undefined) => `${a.toFixed(6)} ${b?.toFixed(6)}`
  console.log(`${String(step).padStart(4)}  ${pair(loss, ours)}  ${pair(norm, size)}  within 1e-4: ${far < 1e-4}`)
}
