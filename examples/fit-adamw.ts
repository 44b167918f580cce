/**
 * AdamWeightDecay in `model.fit`, saved with the model and continued: the loaded copy goes on to the same numbers as the
 * model that was never saved.
 */
import * as tf from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { registerOptimizers } from 'tfjs-optax'
import { createOptimizer } from 'tfjs-optax/legacy'

registerOptimizers() // so that tfjs knows the classes by name when it loads a model

const x = tf.reshape(tf.linspace(-2, 2, 64), [64, 1])
const y = tf.sin(x)
const model = sequential({
  layers: [
    layers.dense({ units: 16, inputShape: [1], activation: 'tanh', kernelInitializer: 'ones', name: 'hidden' }),
    layers.dense({ units: 1, kernelInitializer: 'zeros', name: 'out' }),
  ],
})
const optimizer = createOptimizer(0.05, 400, 40) // initial rate, steps, steps of warm-up
model.compile({ optimizer, loss: 'meanSquaredError' })
const options = { batchSize: 16, shuffle: false, verbose: 0 } as const
await model.fit(x, y, { ...options, epochs: 50 })

const saved: tf.io.ModelArtifacts[] = []
await model.save(
  tf.io.withSaveHandler(artifacts => {
    saved.push(artifacts)
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
  }),
  { includeOptimizer: true },
)
const copies = saved.map(artifacts => loadLayersModel(tf.io.fromMemory(artifacts)))
for (const copy of await Promise.all(copies)) {
  const [first, second] = [
    await model.fit(x, y, { ...options, epochs: 50 }),
    await copy.fit(x, y, { ...options, epochs: 50 }),
  ]
  const [a, b] = [first, second].map(({ history }) => (history['loss'] ?? []).map(Number))
  console.log(`loss ${a?.at(-1)?.toFixed(5)} after ${optimizer.iterations} steps`)
  console.log(`the loaded copy goes on to the same bits: ${JSON.stringify(a) === JSON.stringify(b)}`)
}
optimizer.dispose()
