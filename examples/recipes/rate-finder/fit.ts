import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, findLearningRate, mapTree, paramsOf, setParams } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const hidden = tf.layers.dense({
  units: 32,
  inputShape: [1],
  activation: 'tanh',
  kernelInitializer: tf.initializers.randomNormal({ stddev: 1, seed: 1 }),
})
const model = tf.sequential({ layers: [hidden, tf.layers.dense({ units: 1, kernelInitializer: 'zeros' })] })

// The trial: one step a rate, each on another batch, with an optimizer that is thrown away afterwards.
const before = mapTree(paramsOf(model), weight => tf.clone(weight))
const trial = asOptimizer(adamw(0))
model.compile({ optimizer: trial, loss: 'meanSquaredError' })
let batch = 0
const found = await findLearningRate(
  async rate => {
    trial.learningRate = rate
    const from = (batch++ * 32) % 256
    return Number(await model.trainOnBatch(x.slice(from, 32), y.slice(from, 32)))
  },
  { from: 1e-5, to: 10 },
)
setParams(model, before)
trial.dispose()
for (const { rate, loss } of found.tried.filter((_, i) => i % 15 === 0))
  console.log(`rate ${rate.toExponential(1)}: loss ${loss.toFixed(3)}`)
console.log(`the loss falls fastest at ${found.learningRate?.toExponential(1)}`)

// The training.
model.compile({ optimizer: asOptimizer(adamw(found.learningRate ?? 1e-3)), loss: 'meanSquaredError' })
const { history } = await model.fit(x, y, { epochs: 20, batchSize: 32, shuffle: false, verbose: 0 })
console.log(`with it: loss ${Number(history['loss']?.at(-1)).toFixed(3)} after 20 epochs`)
