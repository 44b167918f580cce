import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, chain, clipByGlobalNorm, warmupCosineDecaySchedule } from 'tfjs-optax'

const [examples, batchSize, epochs] = [256, 32, 10]
const x = tf.randomUniform([examples, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
  ],
})

// Before: const optimizer = tf.train.adam(0.03)
const steps = epochs * Math.ceil(examples / batchSize)
const rate = warmupCosineDecaySchedule(0, 0.03, steps / 10, steps) // from 0 up to 0.03, then down to 0
const optimizer = asOptimizer(
  chain(clipByGlobalNorm(1), adamw(rate, { weightDecay: 1e-3, mask: path => path.endsWith('kernel') })),
  { lastStep: true },
)
model.compile({ optimizer, loss: 'meanSquaredError' })

await model.fit(x, y, {
  epochs,
  batchSize,
  shuffle: false,
  verbose: 0,
  callbacks: {
    onEpochEnd: (epoch, logs) => {
      const rateNow = Number(optimizer.lastStep?.learningRate).toFixed(5)
      console.log(`epoch ${epoch + 1}: loss ${logs?.['loss']?.toFixed(4)}, rate ${rateNow}`)
    },
  },
})
