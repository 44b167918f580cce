import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, linearSchedule, makeStep, partition, setToZero, tensorsOf, valueAndGrad } from 'tfjs-optax'
import type { GradientTransformation } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
let params = {
  body: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  head: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
}
type Params = typeof params
const predict = ({ body, head }: Params) =>
  tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, body.kernel), body.bias)), head.kernel), head.bias)
const lossAndGradients = valueAndGrad((params: Params) => tf.losses.meanSquaredError(y, predict(params)))

/** Trains from `params`, which stay as they are. */
const train = (tx: GradientTransformation, params: Params, steps: number): Params =>
  tf.tidy(() => {
    const step = makeStep(tx)
    let [now, state] = [params, tx.init(params)]
    console.log(
      `slots: ${tensorsOf(state)
        .map(([path]) => path.replace(/^.*?(mu|nu)/, '$1'))
        .join(', ')}`,
    )
    for (let i = 0; i < steps; i++) [now, state] = step(now, lossAndGradients(now)[1], state)
    console.log(`loss ${lossAndGradients(now)[0].arraySync().toFixed(4)}`)
    return now
  })

// The head alone: the body has no slots and does not move.
const headOnly = partition({ head: adamw(0.02, { weightDecay: 0 }), body: setToZero() }, path =>
  path.startsWith('head') ? 'head' : 'body',
)
const before = params
params = train(headOnly, before, 80)
console.log(`the body moved by ${tf.norm(params.body.kernel.sub(before.body.kernel)).arraySync() as number}`)

// Then everything at a lower rate, with a state of its own that warms up.
const frozen = params
params = train(adamw(linearSchedule(0, 0.004, 20), { weightDecay: 0 }), frozen, 80)
console.log(
  `the body moved by ${(tf.norm(params.body.kernel.sub(before.body.kernel)).arraySync() as number).toFixed(2)}`,
)
disposeTree([before, frozen])
