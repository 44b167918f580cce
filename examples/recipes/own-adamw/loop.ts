import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, makeStep, matching, valueAndGrad } from 'tfjs-optax'
import { AdamW } from './adamw-class.js'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = () => ({
  kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1),
  bias: tf.zeros([32]),
  out: tf.ones([32, 1]),
})
type Params = ReturnType<typeof start>
const lossOf = ({ kernel, bias, out }: Params): tf.Scalar =>
  tf.losses.meanSquaredError(y, tf.matMul(tf.tanh(tf.add(tf.matMul(x, kernel), bias)), out))

// Before: an object that changes Variables.
const optimizer = new AdamW(0.01, 0.05, ['bias'])
const { kernel, bias, out } = start()
const variables = {
  kernel: tf.variable(kernel, true, 'kernel'),
  bias: tf.variable(bias, true, 'bias'),
  out: tf.variable(out, true, 'out'),
}
for (let i = 0; i < 80; i++) optimizer.minimize(() => lossOf(variables))

// After: plain tensors, and a state that can be looked at, saved and branched.
const tx = adamw(0.01, { weightDecay: 0.05, mask: matching({ exclude: ['bias'] }) })
const step = makeStep(tx, { donate: true })
let params = start()
let state = tx.init(params)
for (let i = 0; i < 80; i++) {
  const [loss, gradients] = valueAndGrad(lossOf)(params)
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients])
}
console.log(`loss ${lossOf(variables).arraySync().toFixed(4)} before, ${lossOf(params).arraySync().toFixed(4)} after`)
const difference = tf.max(tf.abs(tf.sub(variables.kernel, params.kernel))).arraySync() as number
console.log(`kernels differ by less than 1e-4 after 80 steps: ${difference < 1e-4}`)
disposeTree(variables)
optimizer.dispose()
