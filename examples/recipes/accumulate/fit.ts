import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, multiSteps, type GradientTransformation } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const train = async (tx: GradientTransformation, batchSize: number) => {
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
      tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
    ],
  })
  const optimizer = asOptimizer(tx)
  model.compile({ optimizer, loss: 'meanSquaredError' })
  await model.fit(x, y, { epochs: 20, batchSize, shuffle: false, verbose: 0 })
  const loss = (model.evaluate(x, y) as tf.Scalar).arraySync()
  console.log(`batches of ${batchSize}: loss ${loss.toFixed(4)} after ${optimizer.iterations} calls`)
  return tf.concat(model.getWeights().map(weight => weight.flatten()))
}

// What fits into memory is 8 examples; the optimizer gets the mean gradient of 4 such batches.
const small = await train(multiSteps(adamw(0.02), 4), 8)
const large = await train(adamw(0.02), 32)
const difference = tf.max(tf.abs(small.sub(large))).arraySync() as number
console.log(`weights differ by less than 1e-4: ${difference < 1e-4}`)
