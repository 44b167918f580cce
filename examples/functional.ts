/** Functional use: a pure update, parameters and state as values. Fits a line to noisy points. Run: npx tsx examples/functional.ts */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers tfjs's gradients
import { adam, applyUpdates, chain, clipByGlobalNorm, disposeTree, tidy, valueAndGrad } from 'tfjs-optax'

const x = tf.linspace(-1, 1, 64)
const y = tf.add(tf.mul(x, 3), tf.randomNormal([64], 0.5, 0.1, 'float32', 7))

type Params = { slope: tf.Tensor; offset: tf.Tensor }
const lossOf = (params: Params): tf.Scalar =>
  tf.losses.meanSquaredError(y, tf.add(tf.mul(x, params.slope), params.offset))

const tx = chain(clipByGlobalNorm(1), adam(0.1))
let params: Params = { slope: tf.scalar(0), offset: tf.scalar(0) }
let state = tx.init(params)

for (let i = 0; i <= 100; i++) {
  const old = [params, state]
  ;[params, state] = tidy(() => {
    const [loss, gradients] = valueAndGrad(lossOf)(params)
    const [updates, next] = tx.update(gradients, state, params)
    if (i % 25 === 0) console.log(`step ${i}: loss ${loss.dataSync()[0]?.toFixed(4)}`)
    return [applyUpdates(params, updates), next]
  })
  disposeTree(old)
}
console.log(`y = ${params.slope.dataSync()[0]?.toFixed(2)} x + ${params.offset.dataSync()[0]?.toFixed(2)}`)
