/**
 * The page's example of summing gradients oneself: two replicas, half a batch each. With `experimentalAggregateGradients:
 * false` the gradients are taken as they are, so the clip to `gradientClipNorm`, which is for each replica, is left out too.
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { AdamWeightDecay } from 'tfjs-optax/legacy'

const halves = [
  [
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
    tf.tensor1d([8, 18]),
  ],
  [
    tf.tensor2d([
      [5, 6],
      [7, 8],
    ]),
    tf.tensor1d([28, 38]),
  ],
] as const

/** The gradients of both halves, and the weights after one step with them. */
const run = async (gradientClipNorm: number, byHand: boolean): Promise<string> => {
  const w = tf.variable(tf.tensor1d([1, -1]))
  // Keras's epsilon hides the size of a first step's gradient; this one lets it show.
  const optimizer = new AdamWeightDecay({ learningRate: 0.1, epsilon: 10, gradientClipNorm })
  const gradients = halves.map(([x, y]) => {
    const { value, grads } = tf.variableGrads(() => tf.losses.meanSquaredError(y, tf.dot(x, w)), [w])
    value.dispose()
    return grads[w.name] ?? null
  })
  if (byHand) {
    const sum = tf.addN(gradients.filter(gradient => gradient !== null))
    optimizer.applyGradients([[sum, w]], { experimentalAggregateGradients: false })
  } else optimizer.applyGradients([[gradients, w]])
  const values = Array.from(await w.data(), x => x.toFixed(6)).join(' ')
  optimizer.dispose()
  return values
}

for (const norm of [0, 1]) {
  console.log(`gradientClipNorm ${norm}`)
  console.log(`  summed by the optimizer  ${await run(norm, false)}`)
  console.log(`  summed by hand           ${await run(norm, true)}`)
}
