import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, chain, clipByGlobalNorm, cosineDecaySchedule, drawTraining } from 'tfjs-optax'
import type { TfvisLike } from 'tfjs-optax'

// From a script tag; in a bundle: import * as tfvis from '@tensorflow/tfjs-vis'
const { tfvis } = globalThis as unknown as { tfvis: TfvisLike }

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
const optimizer = asOptimizer(tx, { lastStep: true })
model.compile({ optimizer, loss: 'meanSquaredError' })

const callbacks = drawTraining(tfvis, { optimizer }) // a chart each in the tab `training` of the visor
await model.fit(x, y, { epochs: 10, batchSize: 32, shuffle: false, verbose: 0, callbacks })
console.log(`drawn: ${Object.keys(callbacks.rows[0]?.values ?? {}).join(', ')}, ${callbacks.rows.length} points each`)
