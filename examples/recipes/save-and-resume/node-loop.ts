import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { adamw, applyGradients, cosineDecaySchedule, createTrainState, disposeTree } from 'tfjs-optax'
import { loadTree, saveTree, valueAndGrad } from 'tfjs-optax'

const x = tf.randomUniform([128, 1], -2, 2, 'float32', 1)
const y = x.mul(2).sin()
const start = () => ({
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.randomNormal([32, 1], 0, 0.2, 'float32', 2), bias: tf.zeros([1]) },
})
type Params = ReturnType<typeof start>
const lossOf = ({ hidden, out }: Params) => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
}

// Everything but the transformation is data, and belongs to the file.
const tx = adamw(cosineDecaySchedule(0.02, 200))
const begin = () => createTrainState({ params: start(), tx, epoch: 0 })
type Run = ReturnType<typeof begin>
const dataOf = ({ tx: _, ...data }: Run) => data

const train = (from: Run): Run => {
  let run = from
  for (let i = 0; i < 100; i++) {
    const [loss, gradients] = valueAndGrad(lossOf)(run.params)
    run = applyGradients(run, gradients, { donate: true })
    disposeTree([loss, gradients])
  }
  return { ...run, epoch: run.epoch + 1 }
}
const lossNow = ({ params }: Run) => tf.tidy(() => lossOf(params).arraySync() as number)

const folder = mkdtempSync(join(tmpdir(), 'run-'))
const path = join(folder, 'run.safetensors')
const run = train(begin())
console.log(`step ${run.step}: loss ${lossNow(run).toFixed(4)}`)
await saveTree(path, dataOf(run))

// Another day, another process: a new run gives the structure, the file everything in it.
const resumed: Run = createTrainState({ ...(await loadTree(path, dataOf(begin()))), tx })
console.log(`resumed at epoch ${resumed.epoch}, step ${resumed.step}`)
const [one, other] = [train(run), train(resumed)]
console.log(`step ${other.step}: loss ${lossNow(other).toFixed(4)}`)
console.log(`the same as without a break: ${lossNow(one) === lossNow(other)}`)
rmSync(folder, { recursive: true })
