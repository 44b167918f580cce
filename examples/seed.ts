/**
 * The examples of the page of tfm.optimization.legacy_adamw.AdamWeightDecay on weights: an optimizer has the count of
 * steps and its slots, and takes them back.
 */
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { AdamWeightDecay, RMSprop } from 'tfjs-optax/legacy'

const model = sequential({ layers: [layers.dense({ units: 10, inputShape: [20] })] })
const data = [tf.ones([5, 20]), tf.zeros([5, 10])] as const

const rmsprop = new RMSprop()
model.compile({ optimizer: rmsprop, loss: 'meanSquaredError' })
await model.fit(...data, { verbose: 0 })
const weights = await rmsprop.getWeights()
console.log(`${rmsprop.name} has ${weights.length} weights: ${weights.map(({ name }) => name).join(', ')}`)

await rmsprop.setWeights([10, tf.ones([20, 10]), tf.zeros([10])])
console.log(`iterations ${rmsprop.iterations}, first weight ${(await rmsprop.getWeightValues())[0]?.[0]}`)

// The class of the page: decay that the moments never see, and not for biases.
const optimizer = new AdamWeightDecay({
  learningRate: 0.01,
  weightDecayRate: 0.1,
  excludeFromWeightDecay: ['bias'],
})
model.compile({ optimizer, loss: 'meanSquaredError' })
await model.fit(...data, { epochs: 20, verbose: 0 })
const [kernel] = model.trainableWeights.map(weight => weight.read() as tf.Variable)
if (kernel !== undefined)
  console.log(`slots ${optimizer.getSlotNames().join(', ')}; m ${optimizer.getSlot(kernel, 'm').shape.join()}`)
console.log(`after ${optimizer.iterations} steps, config ${JSON.stringify(optimizer.getConfig())}`)

rmsprop.dispose()
optimizer.dispose()
