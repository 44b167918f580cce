import * as tf from '@tensorflow/tfjs'
import { asOptimizer, disposeTree, linearSchedule, mapTree, paramsOf, setParams, sgd } from 'tfjs-optax'

const x = tf.randomUniform([256, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.randomNormal({ stddev: 1, seed: 1 })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, inputShape: [1], activation: 'tanh', kernelInitializer }),
    tf.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
  ],
})
let peak = 0.4 // too high: somewhere on the way up it breaks
const rate = () => linearSchedule(0.01, peak, 160)
const optimizer = asOptimizer(sgd(rate(), { momentum: 0.9 }))
model.compile({ optimizer, loss: 'meanSquaredError' })

/** The parameters and the state of the optimizer as they are now. */
const copy = async () => ({
  params: mapTree(paramsOf(model), p => tf.clone(p)),
  weights: (await optimizer.getWeights()).map(({ name, tensor }) => ({ name, tensor: tf.clone(tensor) })),
})
let good: Awaited<ReturnType<typeof copy>> | null = null
const goBack = async (when: string) => {
  if (good === null) throw new Error('it was broken from the start')
  setParams(model, good.params)
  await optimizer.setWeights(good.weights)
  peak /= 10
  optimizer.learningRate = rate()
  console.log(`${when}: back to step ${optimizer.iterations}, up to a rate of ${peak}`)
}
const isBroken = (loss: number | undefined) => loss === undefined || !Number.isFinite(loss) || loss > 100

await model.fit(x, y, {
  epochs: 16,
  batchSize: 32,
  shuffle: false,
  verbose: 0,
  callbacks: {
    onBatchEnd: async (batch, logs) => {
      if (isBroken(logs?.['loss'])) await goBack(`batch ${batch + 1}`)
    },
    onEpochEnd: async (epoch, logs) => {
      // The last batch may have broken what it was fine with; so look at the parameters as they are now.
      const now = tf.tidy(() => (model.evaluate(x, y) as tf.Scalar).arraySync())
      if (isBroken(now)) return goBack(`end of epoch ${epoch + 1}`)
      if (good !== null) disposeTree(good)
      good = await copy()
      if (epoch % 4 === 3)
        console.log(`epoch ${epoch + 1}: loss ${logs?.['loss']?.toFixed(3)}, ${now.toFixed(3)} at its end`)
    },
  },
})
