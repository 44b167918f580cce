import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, linearSchedule, paramsOf } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const body = tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer, name: 'body' })
const head = tf.layers.dense({ units: 1, kernelInitializer: 'zeros', name: 'head' })
const model = tf.sequential({ layers: [body, head] }) // its body stands for one that was trained before
const options = { epochs: 40, batchSize: 16, shuffle: false, verbose: 0 } as const
const lossOf = ({ history }: tf.History) => Number(history['loss']?.at(-1)).toFixed(4)
const bodyNow = () => body.getWeights()[0]?.clone() ?? tf.scalar(NaN)
const distance = (a: tf.Tensor, b: tf.Tensor) => tf.norm(a.sub(b)).arraySync() as number

// The head alone, at a high rate. `compile` takes note of what is trainable, so it comes after.
const atFirst = bodyNow()
body.trainable = false
const first = asOptimizer(adamw(0.02, { weightDecay: 0 }))
model.compile({ optimizer: first, loss: 'meanSquaredError' })
console.log(`trained: ${Object.keys(paramsOf(model)).join(', ')}`)
console.log(`loss ${lossOf(await model.fit(x, y, options))}, the body moved by ${distance(bodyNow(), atFirst)}`)

// Then everything, at a lower rate, by an optimizer of its own that warms up.
body.trainable = true
const second = asOptimizer(adamw(linearSchedule(0, 0.004, 20), { weightDecay: 0 }))
model.compile({ optimizer: second, loss: 'meanSquaredError' })
first.dispose()
console.log(`trained: ${Object.keys(paramsOf(model)).join(', ')}`)
console.log(
  `loss ${lossOf(await model.fit(x, y, options))}, the body moved by ${distance(bodyNow(), atFirst).toFixed(2)}`,
)
