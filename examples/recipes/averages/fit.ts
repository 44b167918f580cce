import * as tf from '@tensorflow/tfjs'
import { adam, asOptimizer, chain, emaOfParams, validateOnAverages, withAverages } from 'tfjs-optax'

// Noisy labels and small batches: the parameters jump about, and their average does not.
const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const clean = x.mul(2).sin()
const y = clean.add(tf.randomNormal([256, 1], 0, 0.5, 'float32', 2))
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
  ],
})
const optimizer = asOptimizer(chain(adam(0.03), emaOfParams(0.98))) // the average is the last link
model.compile({ optimizer, loss: 'meanSquaredError' })

const evaluate = () => model.evaluate(x, clean, { batchSize: 256 }) as tf.Scalar
const { history } = await model.fit(x, y, {
  epochs: 20,
  batchSize: 8,
  shuffle: false,
  verbose: 0,
  callbacks: validateOnAverages(optimizer, model, evaluate), // in place of validationData
})
console.log(`parameters: ${evaluate().arraySync().toFixed(4)}`)
console.log(`averages:   ${withAverages(optimizer, evaluate).arraySync().toFixed(4)}`)
console.log(`val_loss of the last epoch: ${Number(history['val_loss']?.at(-1)).toFixed(4)}`)
