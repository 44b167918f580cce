import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, findLearningRate, makeStep, mapTree, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.zeros([32, 1]), bias: tf.zeros([1]) },
}
type Params = typeof start
const lossOf = ({ hidden, out }: Params, x: tf.Tensor, y: tf.Tensor) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
}

/** A training from `start`, which stays: a function that takes a step on the next batch and returns the loss. */
const training = () => {
  let params: Params = mapTree(start, p => tf.clone(p))
  let state = adamw(0).init(params)
  let batch = 0
  return (rate: number) => {
    const from = (batch++ * 32) % 256
    const [loss, gradients] = tf.tidy(
      () => valueAndGrad(lossOf)(params, x.slice(from, 32), y.slice(from, 32)) as [tf.Scalar, Params],
    )
    ;[params, state] = makeStep(adamw(rate), { donate: true })(params, gradients, state)
    disposeTree(gradients)
    return loss
  }
}

const found = await findLearningRate(training(), { from: 1e-5, to: 10 })
console.log(`the loss falls fastest at ${found.learningRate?.toExponential(1)}, of ${found.tried.length} rates`)

const step = training()
for (let i = 0; i <= 150; i++) {
  const loss = step(found.learningRate ?? 1e-3)
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss.arraySync().toFixed(3)}`)
  loss.dispose()
}
