/** A chain of your own in `model.fit`: clipping, Adam, decay of kernels only, and a rate that warms up. */
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import {
  addDecayedWeights,
  asOptimizer,
  chain,
  clipByGlobalNorm,
  matching,
  scaleByAdam,
  scaleByLearningRate,
  warmupCosineDecaySchedule,
} from 'tfjs-optax'

const x = tf.reshape(tf.linspace(-2, 2, 64), [64, 1])
const y = tf.sin(x)
const model = sequential({
  layers: [
    layers.dense({ units: 16, inputShape: [1], activation: 'tanh', kernelInitializer: 'ones', name: 'hidden' }),
    layers.dense({ units: 1, kernelInitializer: 'zeros', kernelConstraint: 'maxNorm', name: 'out' }),
  ],
})
const optimizer = asOptimizer(
  chain(
    clipByGlobalNorm(1),
    scaleByAdam(),
    addDecayedWeights(1e-4, { mask: matching({ exclude: ['bias'] }) }),
    scaleByLearningRate(warmupCosineDecaySchedule(0, 0.05, 20, 400)),
  ),
  { lastStep: true },
).constrain(model) // tfjs itself never applies kernelConstraint in training
model.compile({ optimizer, loss: 'meanSquaredError' })

const { history } = await model.fit(x, y, { epochs: 100, batchSize: 16, shuffle: false, verbose: 0 })
const losses = (history['loss'] ?? []).map(Number)
console.log(`loss ${losses[0]?.toFixed(4)} -> ${losses.at(-1)?.toFixed(4)} in ${optimizer.iterations} steps`)

const { lastStep } = optimizer
if (lastStep !== null)
  console.log(
    `last rate ${Number(lastStep.learningRate).toExponential(1)}, gradient norm below 1: ${(await lastStep.gradientNorm()) < 1}`,
  )
optimizer.learningRate = 1e-3 // a number in place of the schedule, from the next step on
await model.trainOnBatch(x, y)
console.log(`rate now ${String(optimizer.learningRate)}`)
optimizer.dispose()
