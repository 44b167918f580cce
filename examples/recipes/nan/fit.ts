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
const goBack = async (reason: string) => {
  if (good === null) throw new Error('it was broken from the start')
  setParams(model, good.params)
  await optimizer.setWeights(good.weights)
  peak /= 4
  optimizer.learningRate = rate()
  console.log(`${reason}: back to step ${optimizer.iterations}, up to a rate of ${peak}`)
}
for (let epoch = 1; epoch <= 16; epoch++) {
  const callbacks: tf.CustomCallbackArgs = {
    onBatchEnd: (_, logs) => {
      if (!Number.isFinite(logs?.['loss'])) model.stopTraining = true // the rest of the epoch is of no use
    },
  }
  const { history } = await model.fit(x, y, { batchSize: 32, shuffle: false, verbose: 0, callbacks })
  // The loss of an epoch is finite though its last step broke the parameters; so look at what there is now.
  const now = tf.tidy(() => (model.evaluate(x, y) as tf.Scalar).arraySync())
  if (!Number.isFinite(now) || now > 100) await goBack(`epoch ${epoch} ends at ${now > 100 ? 'a huge loss' : now}`)
  else {
    if (good !== null) disposeTree(good)
    good = await copy()
    if (epoch % 4 === 0) console.log(`epoch ${epoch}: loss ${Number(history['loss']?.[0]).toFixed(3)}`)
  }
}
