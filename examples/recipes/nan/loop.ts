import * as tf from '@tensorflow/tfjs'
import { disposeTree, linearSchedule, makeStep, sgd, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.zeros([32, 1]), bias: tf.zeros([1]) },
}
const lossAndGradients = valueAndGrad(({ hidden, out }: typeof start) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
})

let peak = 0.4 // too high: somewhere on the way up it breaks
const optimizer = () => sgd(linearSchedule(0.01, peak, 160), { momentum: 0.9 })
let now = { params: start, state: optimizer().init(start), step: 0 }
// A copy of some steps ago, which proved to be good, and one that has yet to.
let [good, newer] = [now, now]
const free = (run: typeof now) => {
  if (run !== now && run !== good && run !== newer) disposeTree([run.params, run.state])
}
for (let i = 1; i <= 160; i++) {
  const before = now
  const [loss, gradients] = lossAndGradients(now.params)
  const lossNow = (await loss.data())[0] ?? NaN
  if (!Number.isFinite(lossNow) || lossNow > 100) {
    const broken = newer
    now = newer = good // old trees stay valid: going back is an assignment
    free(broken)
    peak /= 10
    console.log(`after step ${before.step}: back to step ${now.step}, up to a rate of ${peak}`)
  } else {
    const [params, state] = makeStep(optimizer())(now.params, gradients, now.state) // without `donate`
    now = { params, state, step: now.step + 1 }
    if (now.step % 10 === 0) {
      const old = good
      ;[good, newer] = [newer, now]
      free(old)
    }
    if (now.step % 40 === 0) console.log(`step ${now.step}: loss ${lossNow.toFixed(3)}`)
  }
  free(before)
  disposeTree([loss, gradients])
}
