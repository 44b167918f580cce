import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, makeStep, valueAndGrad } from 'tfjs-optax'
import { advantages, play, randomNumbers } from './cart-pole.js'

const start = () => ({
  hidden: { kernel: tf.randomNormal([4, 16], 0, 0.3, 'float32', 1), bias: tf.zeros([16]) },
  out: { kernel: tf.randomNormal([16, 1], 0, 0.3, 'float32', 2), bias: tf.zeros([1]) },
})
type Params = ReturnType<typeof start>
/** The logit of a push to the right. */
const logits = ({ hidden, out }: Params, states: tf.Tensor) =>
  tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(states, hidden.kernel), hidden.bias)), out.kernel), out.bias)
/** The mean of advantage times minus log probability, whose gradient is that of REINFORCE. */
const lossOf = (params: Params, states: tf.Tensor, signs: tf.Tensor, advantages: tf.Tensor) =>
  tf.mean(tf.mul(advantages, tf.softplus(tf.neg(tf.mul(signs, logits(params, states))))))

const tx = adamw(0.03, { weightDecay: 0 })
const step = makeStep(tx, { donate: true })
let params = start()
let state = tx.init(params)
const random = randomNumbers(1)
const lengths: number[] = []
for (let round = 0; round < 25; round++) {
  const episodes = play(
    states => tf.tidy(() => tf.sigmoid(logits(params, tf.tensor2d(states.map(s => [...s])))).dataSync()),
    random,
    16,
  )
  lengths.push(episodes.reduce((sum, { length }) => sum + length, 0) / episodes.length)
  const moments = advantages(episodes)
  const column = (values: number[]) => tf.tensor2d(values, [values.length, 1])
  const batch = [
    tf.tensor2d(moments.map(({ state }) => [...state])),
    column(moments.map(({ right }) => (right ? 1 : -1))),
    column(moments.map(({ advantage }) => advantage)),
  ] as const
  const [loss, gradients] = valueAndGrad(lossOf)(params, ...batch)
  ;[params, state] = step(params, gradients, state)
  disposeTree([loss, gradients, batch])
}
console.log(`at first it falls within ${Math.ceil((lengths[0] ?? NaN) / 10) * 10} pushes`)
console.log(`in the end it stands for 100 pushes and more: ${lengths.slice(-3).every(length => length >= 100)}`)
