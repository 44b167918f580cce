/**
 * A program that saves without end, to be killed: trees of one leaf repeated, models of tfjs, or two runs of the example trainer by
 * turns. It is bundled by kills.test.ts, since a plain start through a loader takes longer than all else.
 */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { saveRun } from '../../examples/train/checkpoint.js'
import { beginOptax } from '../../examples/train/optimizer.js'
import { saveTree } from 'tfjs-optax'
import { fileSystem } from 'tfjs-optax/node'
import { planOf } from './runs.js'

/** Large enough that writing takes as long as all else. */
const size = 200_000

const [kind = '', target = ''] = process.argv.slice(2)
tf.enableProdMode()
await tf.setBackend('cpu')
if (kind === 'tree') {
  console.log('ready')
  for (let count = 1; ; count++) {
    const tree = { count, first: tf.fill([size], count), last: tf.fill([size], -count) }
    await saveTree(target, tree)
    tf.dispose([tree.first, tree.last])
  }
}
if (kind === 'model') {
  const model = sequential({ layers: [layers.dense({ units: 400, inputShape: [500], name: 'head' })] })
  for (let count = 1; ; count++) {
    const weights = [tf.fill([500, 400], count), tf.fill([400], -count)]
    model.setWeights(weights)
    await model.save(fileSystem(target))
    console.log('ready') // from here on there is a model
    tf.dispose(weights)
  }
}
const runs = [1, 2].map(seed => ({ plan: planOf(seed), run: beginOptax(planOf(seed)) }))
for (;;)
  for (const { plan, run } of runs) {
    const saved = await saveRun(target, plan, run)
    if (saved._tag === 'Left') throw new Error(saved.left)
    console.log('ready')
  }
