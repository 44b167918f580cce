import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, makeStep, multiSteps, valueAndGrad } from 'tfjs-optax'

const [examples, micro] = [128, 8]
const x = tf.randomUniform([examples, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
let params = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
}
const lossAndGradients = valueAndGrad(({ hidden, out }: typeof params, x: tf.Tensor, y: tf.Tensor) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
})

const tx = multiSteps(adamw(0.02), 4)
const step = makeStep(tx, { donate: true })
let state = tx.init(params)
for (let epoch = 1; epoch <= 20; epoch++) {
  let sum = 0
  for (let from = 0; from < examples; from += micro) {
    const batch = [x.slice(from, micro), y.slice(from, micro)] as const
    const [loss, gradients] = lossAndGradients(params, ...batch)
    ;[params, state] = step(params, gradients, state) // moves the parameters at every fourth call
    sum += (await loss.data())[0] ?? NaN
    disposeTree([loss, gradients, batch])
  }
  if (epoch % 10 === 0)
    console.log(`epoch ${epoch}: loss ${((sum * micro) / examples).toFixed(4)}, ${state.gradientStep} updates`)
}
