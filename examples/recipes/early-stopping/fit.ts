import * as tf from '@tensorflow/tfjs'
import { adam, asOptimizer, earlyStopping } from 'tfjs-optax'

// Twenty noisy points: a model of this size learns the noise by heart.
const x = tf.randomUniform([40, 1], -2, 2, 'float32', 1)
const y = x
  .mul(2)
  .sin()
  .add(tf.randomNormal([40, 1], 0, 0.3, 'float32', 2))
const [train, test] = [0, 20].map(from => [x.slice(from, 20), y.slice(from, 20)] as [tf.Tensor, tf.Tensor])
if (train === undefined || test === undefined) throw new Error('no data')
const kernelInitializer = tf.initializers.glorotNormal({ seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 64, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 64, activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer }),
  ],
})
model.compile({ optimizer: asOptimizer(adam(0.02)), loss: 'meanSquaredError' })

const stopping = earlyStopping(model, { monitor: 'val_loss', patience: 20 })
const { history } = await model.fit(...train, {
  epochs: 500,
  batchSize: 20,
  verbose: 0,
  validationData: test,
  callbacks: stopping,
})
const losses = (history['val_loss'] ?? []).map(Number)
console.log(`stopped after ${losses.length} epochs, at a validation loss of ${losses.at(-1)?.toFixed(4)}`)
console.log(`the best was ${stopping.best?.toFixed(4)}, in epoch ${Number(stopping.bestEpoch) + 1}`)
console.log(`the model has ${(model.evaluate(...test) as tf.Scalar).arraySync().toFixed(4)} again`)
