import * as tf from '@tensorflow/tfjs'
import { adam, disposeTree, makeStep, valueAndGrad } from 'tfjs-optax'

let seed = 1
const normal = (shape: number[], mean = 0, deviation = 1) => tf.randomNormal(shape, mean, deviation, 'float32', seed++)
const layer = (inputs: number, units: number) => ({
  kernel: normal([inputs, units], 0, Math.sqrt(2 / (inputs + units))),
  bias: tf.zeros([units]),
})
type Layers = ReturnType<typeof layer>[]
const network = (layers: Layers, x: tf.Tensor) =>
  layers.reduce((h, { kernel, bias }, i) => {
    const out = tf.add(tf.matMul(h, kernel), bias)
    return i < layers.length - 1 ? tf.relu(out) : out
  }, x)

const batchSize = 64
const [ones, zeros] = [tf.ones([batchSize, 1]), tf.zeros([batchSize, 1])]
const cost = (labels: tf.Tensor, logits: tf.Tensor) => tf.losses.sigmoidCrossEntropy(labels, logits)
/** What the one that tells real from made wants. It is a function of its own parameters; the others are arguments. */
const lossOfCritic = (critic: Layers, maker: Layers, real: tf.Tensor, z: tf.Tensor) =>
  tf.add(cost(ones, network(critic, real)), cost(zeros, network(critic, network(maker, z))))
/** What the one that makes numbers wants: to be taken for real. */
const lossOfMaker = (maker: Layers, critic: Layers, z: tf.Tensor) => cost(ones, network(critic, network(maker, z)))

// Two trees of parameters, two states; one step function may serve both.
const tx = adam(0.005, { b1: 0.5 })
const step = makeStep(tx, { donate: true })
let maker: Layers = [layer(4, 16), layer(16, 1)]
let critic: Layers = [layer(1, 16), layer(16, 16), layer(16, 1)]
let [makerState, criticState] = [tx.init(maker), tx.init(critic)]

const show = (i: number) => {
  const { mean, variance } = tf.moments(network(maker, normal([1000, 4])))
  const [m, d] = [mean.arraySync() as number, Math.sqrt(variance.arraySync() as number)]
  console.log(`step ${i}: mean ${m.toFixed(1)}, deviation ${d.toFixed(1)}`)
}
for (let i = 0; i <= 200; i++) {
  if (i % 100 === 0) tf.tidy(() => show(i))
  const [real, z, z2] = [normal([batchSize, 1], 3, 0.5), normal([batchSize, 4]), normal([batchSize, 4])]
  const [criticLoss, criticGradients] = valueAndGrad(lossOfCritic)(critic, maker, real, z)
  ;[critic, criticState] = step(critic, criticGradients, criticState)
  const [makerLoss, makerGradients] = valueAndGrad(lossOfMaker)(maker, critic, z2)
  ;[maker, makerState] = step(maker, makerGradients, makerState)
  disposeTree([criticLoss, criticGradients, makerLoss, makerGradients, real, z, z2])
}
