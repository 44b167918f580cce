/** Branching: old parameters and states stay valid, so one can try two futures from here. Run: npx tsx examples/branch.ts */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers tfjs's gradients
import { disposeTree, makeStep, sgd, valueAndGrad } from 'tfjs-optax'

type Params = { x: tf.Tensor; y: tf.Tensor }
/** Rosenbrock's banana valley: its minimum is at (1, 1). */
const lossOf = ({ x, y }: Params): tf.Tensor =>
  tf.add(tf.square(tf.sub(1, x)), tf.mul(100, tf.square(tf.sub(y, tf.square(x)))))

const start: Params = { x: tf.scalar(-1), y: tf.scalar(1.5) }
const common = sgd(1e-3, { momentum: 0.9 })
const state = common.init(start)

/** The loss after `n` steps from the common start, which is left as it was: nothing is donated. */
const future = (rate: number, momentum: number, n = 200): number =>
  tf.tidy(() => {
    const step = makeStep(sgd(rate, { momentum }))
    let [params, s] = [start, state]
    for (let i = 0; i < n; i++) {
      const [, gradients] = valueAndGrad(lossOf)(params)
      ;[params, s] = step(params, gradients, s)
    }
    return lossOf(params).dataSync()[0] ?? NaN
  })

for (const [rate, momentum] of [
  [1e-3, 0.9],
  [1e-3, 0.5],
  [2e-4, 0.95],
] as const)
  console.log(`rate ${rate}, momentum ${momentum}: loss ${future(rate, momentum).toFixed(4)}`)
console.log(`start is still at (${start.x.dataSync()[0]}, ${start.y.dataSync()[0]}), its count ${state[0].count}`)
disposeTree([start, state])
