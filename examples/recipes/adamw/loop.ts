import * as tf from '@tensorflow/tfjs'
import { adamw, chain, clipByGlobalNorm, disposeTree, makeStep, valueAndGrad } from 'tfjs-optax'
import { hyperparamsOf, warmupCosineDecaySchedule } from 'tfjs-optax'

const [examples, batchSize, epochs] = [256, 32, 10]
const x = tf.randomUniform([examples, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = () => ({
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
})
type Params = ReturnType<typeof start>
const predict = ({ hidden, out }: Params, x: tf.Tensor) =>
  tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias)), out.kernel), out.bias)
const lossAndGradients = valueAndGrad((params: Params, x: tf.Tensor, y: tf.Tensor) =>
  tf.losses.meanSquaredError(y, predict(params, x)),
)

const steps = epochs * Math.ceil(examples / batchSize)
const rate = warmupCosineDecaySchedule(0, 0.03, steps / 10, steps)
const tx = chain(clipByGlobalNorm(1), adamw(rate, { weightDecay: 1e-3, mask: path => path.endsWith('kernel') }))
const step = makeStep(tx, { donate: true })
let params = start()
let state = tx.init(params)

for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0
  for (let from = 0; from < examples; from += batchSize) {
    const [batchX, batchY] = [x.slice(from, batchSize), y.slice(from, batchSize)]
    const [loss, gradients] = lossAndGradients(params, batchX, batchY)
    ;[params, state] = step(params, gradients, state)
    sum += (await loss.data())[0] ?? NaN
    disposeTree([loss, gradients, batchX, batchY])
  }
  const rateNow = Number(hyperparamsOf(tx, state)['1.2.learningRate']).toFixed(5)
  console.log(`epoch ${epoch}: loss ${((sum * batchSize) / examples).toFixed(4)}, next rate ${rateNow}`)
}
