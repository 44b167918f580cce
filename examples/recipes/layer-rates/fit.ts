import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, byPath, cosineDecaySchedule } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const kernelInitializer = tf.initializers.glorotNormal({ seed: 1 })
const dense = (name: string, units: number) => tf.layers.dense({ name, units, activation: 'tanh', kernelInitializer })
const model = tf.sequential({
  layers: [
    tf.layers.dense({ name: 'block0', units: 16, inputShape: [1], activation: 'tanh', kernelInitializer }),
    dense('block1', 16),
    dense('block2', 16),
    tf.layers.dense({ name: 'head', units: 1, kernelInitializer }),
  ],
})

// The deeper a layer lies, the lower its rate: a factor of 0.5 for each below the head. Biases do not decay.
const depthOf = (path: string) => Number(/^block(\d)/.exec(path)?.[1] ?? 3)
const rate = byPath(path => cosineDecaySchedule(0.02 * 0.5 ** (3 - depthOf(path)), 160))
const optimizer = asOptimizer(adamw(rate, { weightDecay: byPath([['bias$', 0]], 1e-3) }), { lastStep: true })
model.compile({ optimizer, loss: 'meanSquaredError' })

const show = () => {
  const rates = Object.entries(optimizer.lastStep?.learningRate ?? {})
  for (const [path, rate] of rates) if (path.endsWith('kernel')) console.log(`  ${path} ${Number(rate).toFixed(5)}`)
}
const options = { epochs: 1, batchSize: 32, shuffle: false, verbose: 0 } as const
await model.fit(x, y, options)
console.log('rates at the end of the first epoch')
show()
const { history } = await model.fit(x, y, { ...options, epochs: 24 })
console.log(`rates after ${optimizer.iterations} steps, at a loss of ${Number(history['loss']?.at(-1)).toFixed(4)}`)
show()
