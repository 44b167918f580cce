import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer } from 'tfjs-optax'
import { advantages, play, randomNumbers } from './cart-pole.js'

const dense = (units: number, activation: 'tanh' | 'softmax', seed: number) =>
  tf.layers.dense({
    units,
    activation,
    inputShape: [units === 2 ? 16 : 4],
    kernelInitializer: tf.initializers.glorotNormal({ seed }),
  })
const policy = tf.sequential({ layers: [dense(16, 'tanh', 1), dense(2, 'softmax', 2)] })
policy.compile({ optimizer: asOptimizer(adamw(0.03, { weightDecay: 0 })), loss: 'categoricalCrossentropy' })

const random = randomNumbers(1)
const lengths: number[] = []
for (let round = 0; round < 25; round++) {
  const episodes = play(
    states =>
      tf.tidy(() =>
        (policy.predict(tf.tensor2d(states.map(s => [...s]))) as tf.Tensor).slice([0, 0], [-1, 1]).dataSync(),
      ),
    random,
    16,
  )
  lengths.push(episodes.reduce((sum, { length }) => sum + length, 0) / episodes.length)
  // The cross entropy of advantage times action is the loss of the policy gradient.
  const moments = advantages(episodes)
  const states = tf.tensor2d(moments.map(({ state }) => [...state]))
  const targets = tf.tensor2d(moments.map(({ right, advantage }) => (right ? [advantage, 0] : [0, advantage])))
  await policy.fit(states, targets, { epochs: 1, batchSize: moments.length, verbose: 0 })
  tf.dispose([states, targets])
}
console.log(`at first it falls within ${Math.ceil((lengths[0] ?? NaN) / 10) * 10} pushes`)
console.log(`in the end it stands for 100 pushes and more: ${lengths.slice(-3).every(length => length >= 100)}`)
