import * as tf from '@tensorflow/tfjs'
import {
  adamw,
  asOptimizer,
  chain,
  clipByGlobalNorm,
  cosineDecaySchedule,
  drawTraining,
  terminalChart,
} from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
  ],
})
const tx = chain(clipByGlobalNorm(1), adamw(cosineDecaySchedule(0.03, 80)))
const optimizer = asOptimizer(tx, { lastStep: true }) // remembers rate and gradient norm of the last step
model.compile({ optimizer, loss: 'meanSquaredError' })

const callbacks = drawTraining(terminalChart(), { optimizer })
await model.fit(x, y, { epochs: 10, batchSize: 32, shuffle: false, verbose: 0, callbacks })
