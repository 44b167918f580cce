/**
 * examples/seed-replicas.ts on two ranks: each has half of the batch, and `gradientAggregator` adds their gradients.
 * `mpiexec -n 2 node --import tsx examples/data-parallel/seed.ts` prints the same numbers.
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { AdamWeightDecay } from 'tfjs-optax/legacy'
import { allReduce, gradientAggregator, world } from 'tfjs-optax/mpi'

const comm = world()
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
const [x, y] = halves[comm.rank % 2] ?? halves[0]

const run = async (gradientClipNorm: number, byHand: boolean): Promise<string> => {
  const w = tf.variable(tf.tensor1d([1, -1]))
  // Keras's epsilon hides the size of a first step's gradient; this one lets it show.
  const optimizer = new AdamWeightDecay({
    learningRate: 0.1,
    epsilon: 10,
    gradientClipNorm,
    gradientAggregator: gradientAggregator(comm),
  })
  const { value, grads } = tf.variableGrads(() => tf.losses.meanSquaredError(y, tf.dot(x, w)), [w])
  value.dispose()
  const gradient = grads[w.name] ?? tf.zerosLike(w)
  if (byHand) optimizer.applyGradients([[allReduce(gradient), w]], { experimentalAggregateGradients: false })
  else optimizer.applyGradients([[gradient, w]])
  const values = Array.from(await w.data(), x => x.toFixed(6)).join(' ')
  optimizer.dispose()
  return values
}

for (const norm of [0, 1]) {
  const [byOptimizer, byHand] = [await run(norm, false), await run(norm, true)]
  if (comm.rank > 0) continue
  console.log(`gradientClipNorm ${norm}`)
  console.log(`  summed by the optimizer  ${byOptimizer}`)
  console.log(`  summed by hand           ${byHand}`)
}
