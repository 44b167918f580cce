import * as tf from '@tensorflow/tfjs'
import { disposeTree, linearSchedule, makeStep, sgd, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
let params = {
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.zeros([32, 1]), bias: tf.zeros([1]) },
}
type Params = typeof params
const lossAndGradients = valueAndGrad(({ hidden, out }: Params) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
})

let peak = 0.4 // too high: somewhere on the way up it breaks
const optimizer = () => sgd(linearSchedule(0.01, peak, 160), { momentum: 0.9 })
let state = optimizer().init(params)
let good = { params, state, step: 0 }
for (let step = 1; step <= 160; step++) {
  const [loss, gradients] = lossAndGradients(params)
  const lossNow = (await loss.data())[0] ?? NaN
  if (!Number.isFinite(lossNow) || lossNow > 100) {
    // Old trees stay valid: going back is an assignment.
    if (params !== good.params) disposeTree([params, state])
    ;({ params, state } = good)
    peak /= 4
    console.log(`step ${step}: back to step ${good.step}, up to a rate of ${peak}`)
  } else {
    if (step % 40 === 0) console.log(`step ${step}: loss ${lossNow.toFixed(3)}`)
    const old = { params, state }
    ;[params, state] = makeStep(optimizer())(params, gradients, state) // without `donate`
    // A loss that was fine says that the parameters it was taken at are; keep those of every tenth step.
    if (step % 10 === 1) {
      if (good.params !== old.params) disposeTree([good.params, good.state])
      good = { ...old, step: step - 1 }
    } else if (old.params !== good.params) disposeTree([old.params, old.state])
  }
  disposeTree([loss, gradients])
}
