import * as tf from '@tensorflow/tfjs'
import { adamw, chain, clipByGlobalNorm, cosineDecaySchedule, disposeTree, drawTraining } from 'tfjs-optax'
import { globalNorm, hyperparamsOf, makeStep, terminalChart, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
let params = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.zeros([32, 1]), bias: tf.zeros([1]) },
}
const lossAndGradients = valueAndGrad(({ hidden, out }: typeof params) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
})

const tx = chain(clipByGlobalNorm(1), adamw(cosineDecaySchedule(0.03, 100)))
const step = makeStep(tx, { donate: true })
let state = tx.init(params)
const chart = drawTraining(terminalChart())
for (let i = 1; i <= 100; i++) {
  const [loss, gradients] = lossAndGradients(params)
  if (i % 10 === 0) {
    const norm = globalNorm(gradients)
    const [[lossNow = NaN], [gradientNorm = NaN]] = await Promise.all([loss.data(), norm.data()])
    const learningRate = Number(hyperparamsOf(tx, state)['1.2.learningRate'])
    await chart.add({ loss: lossNow, learningRate, gradientNorm })
    norm.dispose()
  }
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients])
}
