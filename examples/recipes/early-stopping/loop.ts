import * as tf from '@tensorflow/tfjs'
import { adam, disposeTree, makeStep, mapTree, stopEarly, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([40, 1], -2, 2, 'float32', 1)
const y = x
  .mul(2)
  .sin()
  .add(tf.randomNormal([40, 1], 0, 0.3, 'float32', 2))
const [trainX, testX] = [x.slice(0, 20), x.slice(20)]
const [trainY, testY] = [y.slice(0, 20), y.slice(20)]
let params = {
  first: { kernel: tf.randomNormal([1, 64], 0, 1, 'float32', 1), bias: tf.zeros([64]) },
  second: { kernel: tf.randomNormal([64, 64], 0, 0.15, 'float32', 2), bias: tf.zeros([64]) },
  out: { kernel: tf.randomNormal([64, 1], 0, 0.15, 'float32', 3), bias: tf.zeros([1]) },
}
const lossOf = ({ first, second, out }: typeof params, x: tf.Tensor, y: tf.Tensor) => {
  const one = tf.tanh(tf.add(tf.matMul(x, first.kernel), first.bias))
  const two = tf.tanh(tf.add(tf.matMul(one, second.kernel), second.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(two, out.kernel), out.bias))
}
const testLoss = () => tf.tidy(() => lossOf(params, testX, testY).arraySync() as number)

const tx = adam(0.02)
const step = makeStep(tx, { donate: true })
let state = tx.init(params)
const rule = stopEarly({ patience: 20 })
let seen = rule.init()
let best: typeof params | null = null
while (!seen.shouldStop && seen.seen < 500) {
  const [loss, gradients] = valueAndGrad(lossOf)(params, trainX, trainY)
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients])
  seen = rule.update(testLoss(), seen)
  if (!seen.hasImproved) continue
  if (best !== null) disposeTree(best)
  best = mapTree(params, p => tf.clone(p)) // a step leaves these alone, though it consumes `params`
}
console.log(`stopped after ${seen.seen} steps, at a loss of ${testLoss().toFixed(4)}`)
if (best !== null) {
  disposeTree(params)
  params = best
}
console.log(`the best was ${seen.best?.toFixed(4)}, after step ${Number(seen.bestAt) + 1}`)
console.log(`the parameters have ${testLoss().toFixed(4)} again`)
