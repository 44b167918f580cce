import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, cosineDecaySchedule, registerOptimizers } from 'tfjs-optax'
import 'tfjs-optax/node' // file:// for model.save and tf.loadLayersModel

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

const folder = mkdtempSync(join(tmpdir(), 'run-'))
console.log(`10 epochs: loss ${(await train(model, 0, 10)).toFixed(4)}`)
await model.save(`file://${folder}`, { includeOptimizer: true })
console.log(`saved: ${readdirSync(folder).join(', ')}`)

// Another day, another process.
const resumed = await tf.loadLayersModel(`file://${folder}/model.json`)
console.log(`resumed after ${resumed.optimizer.iterations} steps`)
const [one, other] = [await train(model, 10, 20), await train(resumed, 10, 20)]
console.log(`10 more epochs: loss ${other.toFixed(4)}, the same as without a break: ${one === other}`)
rmSync(folder, { recursive: true })
