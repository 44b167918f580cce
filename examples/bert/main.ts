/**
 * Fine-tunes a tiny BERT on a small task. Run: npx tsx examples/bert/main.ts
 *
 * The weights come from a safetensors file as PyTorch's BERT has them (random ones here: a real BERT is 400 MB), and go
 * by the names of the original checkpoints. README.md says how it compares with TensorFlow.
 */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { disposeTree, readSafetensors } from 'tfjs-optax'
import { createOptimizer } from 'tfjs-optax/legacy'
import { integers } from '../train/random.js'
import type { Batch } from './batch.js'
import { logits, lossOf, settings } from './model.js'
import { variablesOf } from './names.js'
import { opinions } from './opinions.js'
import { batchOf, vocabularyOf } from './words.js'

const [steps, warmupSteps, rate, batchSize, columns] = [200, 20, 1e-2, 32, 12]

tf.enableProdMode() // no banner
if (!(await tf.setBackend('wasm'))) throw new Error('the backend wasm does not start here')

const file = new URL('../../test/golden/bert.safetensors', import.meta.url)
const { tensors } = readSafetensors(readFileSync(file))
const weights = variablesOf(tensors, settings.layers)
disposeTree(tensors)

const vocabulary = vocabularyOf(opinions.flatMap(({ first, second }) => [first, second]))
const heldOut = batchOf(
  opinions.filter((_, i) => i % 7 === 0),
  vocabulary,
  columns,
)
const training = opinions.filter((_, i) => i % 7 !== 0)

const report = (when: string, batch: Batch): void =>
  tf.tidy(() => {
    const loss = lossOf(weights, batch).dataSync()[0] ?? NaN
    const chosen = tf.argMax(logits(weights, batch), -1).dataSync()
    const right = batch.labels.filter((label, i) => chosen[i] === label).length
    console.log(`${when}: loss ${loss.toFixed(3)}, ${right} of ${batch.labels.length} held-out opinions right`)
  })

const optimizer = createOptimizer(rate, steps, warmupSteps)
const [draws] = integers(steps * batchSize, training.length)(1)
report('before', heldOut)
for (let i = 0; i < steps; i++) {
  const drawn = draws.slice(i * batchSize, (i + 1) * batchSize).flatMap(j => training[j] ?? [])
  const batch = batchOf(drawn, vocabulary, columns)
  const loss = optimizer.minimize(() => lossOf(weights, batch), true)
  if ((i + 1) % 25 === 0) console.log(`step ${i + 1}: loss ${loss?.dataSync()[0]?.toFixed(3)}`)
  loss?.dispose()
}
report('after', heldOut)
