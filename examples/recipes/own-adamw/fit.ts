import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, matching } from 'tfjs-optax'
import { AdamW } from './adamw-class.js'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const train = async (optimizer: tf.Optimizer) => {
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
      tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
    ],
  })
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const { history } = await model.fit(x, y, { epochs: 10, batchSize: 32, shuffle: false, verbose: 0 })
  console.log(`loss ${Number(history['loss']?.at(-1)).toFixed(4)}`)
  return tf.concat(model.getWeights().map(weight => weight.flatten()))
}

const before = await train(new AdamW(0.01, 0.05, ['bias']))
const after = await train(asOptimizer(adamw(0.01, { weightDecay: 0.05, mask: matching({ exclude: ['bias'] }) })))
const difference = tf.max(tf.abs(before.sub(after))).arraySync() as number
console.log(`weights differ by less than 1e-4 after 80 steps: ${difference < 1e-4}`)
