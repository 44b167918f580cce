import * as tf from '@tensorflow/tfjs'
import { adam, asOptimizer } from 'tfjs-optax'

// The generator learns to make numbers like the real ones, of mean 3 and deviation 0.5, out of noise.
const batchSize = 64
let seed = 1
const real = () => tf.randomNormal([batchSize, 1], 3, 0.5, 'float32', seed++)
const noise = (n = batchSize) => tf.randomNormal([n, 4], 0, 1, 'float32', seed++)
const dense = (units: number, inputs: number, activation: 'relu' | 'sigmoid' | 'linear') => {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: seed++ })
  return tf.layers.dense({ units, inputShape: [inputs], activation, kernelInitializer })
}
const generator = tf.sequential({ layers: [dense(16, 4, 'relu'), dense(1, 16, 'linear')] })
const discriminator = tf.sequential({
  layers: [dense(16, 1, 'relu'), dense(16, 16, 'relu'), dense(1, 16, 'sigmoid')],
})

// Each has an optimizer of its own. `compile` takes note of what is trainable: in the second model, the generator only.
const loss = 'binaryCrossentropy'
discriminator.compile({ optimizer: asOptimizer(adam(0.005, { b1: 0.5 })), loss })
discriminator.trainable = false
const both = tf.sequential({ layers: [generator, discriminator] })
both.compile({ optimizer: asOptimizer(adam(0.005, { b1: 0.5 })), loss })

const [ones, zeros] = [tf.ones([batchSize, 1]), tf.zeros([batchSize, 1])]
const show = (step: number) => {
  const { mean, variance } = tf.moments(generator.predict(noise(1000)) as tf.Tensor)
  const [m, d] = [mean.arraySync() as number, Math.sqrt(variance.arraySync() as number)]
  console.log(`step ${step}: mean ${m.toFixed(1)}, deviation ${d.toFixed(1)}`)
}
for (let step = 0; step <= 200; step++) {
  if (step % 100 === 0) tf.tidy(() => show(step))
  const [x, z, z2] = [real(), noise(), noise()]
  const fake = generator.predict(z) as tf.Tensor
  discriminator.trainable = true
  await discriminator.trainOnBatch(tf.concat([x, fake]), tf.concat([ones, zeros]))
  discriminator.trainable = false
  await both.trainOnBatch(z2, ones) // the generator wants its numbers to be taken for real ones
  tf.dispose([x, z, z2, fake])
}
