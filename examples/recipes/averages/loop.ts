import * as tf from '@tensorflow/tfjs'
import { adam, averagedParams, chain, disposeTree, emaOfParams, makeStep, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const clean = x.mul(2).sin()
const y = clean.add(tf.randomNormal([256, 1], 0, 0.5, 'float32', 2))
let params = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
}
const lossOf = ({ hidden, out }: typeof params, x: tf.Tensor, y: tf.Tensor) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
}
const lossAndGradients = valueAndGrad(lossOf)

const tx = chain(adam(0.03), emaOfParams(0.98))
const step = makeStep(tx, { donate: true })
let state = tx.init(params)
for (let i = 0; i < 640; i++) {
  const from = (i * 8) % 256
  const batch = [x.slice(from, 8), y.slice(from, 8)] as const
  const [loss, gradients] = lossAndGradients(params, ...batch)
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients, batch])
}
const averages = averagedParams<typeof params>(tx, state)
console.log(`parameters: ${(lossOf(params, x, clean).arraySync() as number).toFixed(4)}`)
console.log(`averages:   ${(lossOf(averages, x, clean).arraySync() as number).toFixed(4)}`)
