import * as tf from '@tensorflow/tfjs'
import { adamw, byPath, disposeTree, hyperparamsOf, makeStep, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
let params = {
  blocks: [1, 16, 16].map((inputs, i) => ({
    kernel: tf.randomNormal([inputs, 16], 0, inputs ** -0.5, 'float32', i + 1),
    bias: tf.zeros([16]),
  })),
  head: { kernel: tf.randomNormal([16, 1], 0, 0.25, 'float32', 9), bias: tf.zeros([1]) },
}
const lossAndGradients = valueAndGrad(({ blocks, head }: typeof params) => {
  const inner = blocks.reduce<tf.Tensor>((h, { kernel, bias }) => tf.tanh(tf.add(tf.matMul(h, kernel), bias)), x)
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, head.kernel), head.bias))
})

// A path is where the leaf is in the tree: blocks.0.kernel. Fixed rates by pattern, or a function of the path.
const depthOf = (path: string) => Number(/^blocks\.(\d)/.exec(path)?.[1] ?? 3)
const tx = adamw(
  byPath(path => 0.02 * 0.5 ** (3 - depthOf(path))),
  { weightDecay: byPath([['bias$', 0]], 1e-3) },
)
const step = makeStep(tx, { donate: true })
let state = tx.init(params)

for (const [path, rate] of Object.entries(hyperparamsOf(tx, state)['2.learningRate'] ?? {}))
  if (path.endsWith('kernel')) console.log(`${path} ${Number(rate)}`)
for (let i = 0; i <= 100; i++) {
  const [loss, gradients] = lossAndGradients(params)
  ;[params, state] = step(params, gradients, state)
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss.arraySync().toFixed(4)}`)
  disposeTree([loss, gradients])
}
