import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, cosineDecaySchedule, registerOptimizers } from 'tfjs-optax'

registerOptimizers() // so that a saved model finds its optimizer again

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
  ],
})
model.compile({ optimizer: asOptimizer(adamw(cosineDecaySchedule(0.02, 160))), loss: 'meanSquaredError' })
const train = async (model: tf.LayersModel, initialEpoch: number, epochs: number) => {
  const { history } = await model.fit(x, y, { initialEpoch, epochs, batchSize: 16, shuffle: false, verbose: 0 })
  return Number(history['loss']?.at(-1))
}

console.log(`10 epochs: loss ${(await train(model, 0, 10)).toFixed(4)}`)
await model.save('indexeddb://my-run', { includeOptimizer: true })
await model.save('localstorage://my-run', { includeOptimizer: true }) // or this one; each is enough

// Another day, another visit of the page.
const one = await train(model, 10, 20)
for (const place of ['indexeddb://my-run', 'localstorage://my-run']) {
  const resumed = await tf.loadLayersModel(place)
  console.log(`${place}: resumed after ${resumed.optimizer.iterations} steps`)
  const other = await train(resumed, 10, 20)
  console.log(`10 more epochs: loss ${other.toFixed(4)}, the same as without a break: ${one === other}`)
}
