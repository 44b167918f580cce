/** A training run as one immutable record, as in flax: stepped, looked into, saved whole and resumed. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import {
  adamw,
  applyGradients,
  createTrainState,
  disposeTree,
  hyperparamsOf,
  linearSchedule,
  loadTree,
  saveTree,
  treeGet,
  treeSet,
  valueAndGrad,
} from 'tfjs-optax'

const x = tf.tensor2d([[1], [2], [3], [4]])
const y = tf.tensor2d([[3], [5], [7], [9]])
const predict = (params: { w: tf.Tensor2D; b: tf.Tensor1D }) => tf.add(tf.matMul(x, params.w), params.b)
const lossAndGradients = valueAndGrad((params: { w: tf.Tensor2D; b: tf.Tensor1D }) =>
  tf.losses.meanSquaredError(y, predict(params)),
)

const tx = adamw(linearSchedule(0.3, 0.05, 60), { weightDecay: 0 })
let state = createTrainState({
  params: { w: tf.zeros<tf.Rank.R2>([1, 1]), b: tf.zeros<tf.Rank.R1>([1]) },
  tx,
  epoch: 0,
})

/** The rate of the next step. */
const rateOf = (run: typeof state): string => JSON.stringify(hyperparamsOf(run.tx, run.optState)['2.learningRate'])

/** Twenty steps; the old record is consumed at each. */
const epoch = (from: typeof state): typeof state => {
  let run = from
  for (let i = 0; i < 20; i++) {
    const [value, gradients] = lossAndGradients(run.params)
    run = applyGradients(run, gradients, { extra: { value }, donate: true })
    disposeTree([value, gradients])
  }
  return { ...run, epoch: run.epoch + 1 }
}

state = epoch(epoch(state))
console.log(`epoch ${state.epoch}, step ${state.step}`)
console.log(`rate ${rateOf(state)}`)
console.log(`mean of the gradients of b: ${treeGet(state.optState, '0.mu.b').toString()}`)

// Everything but the transformation is data.
const path = join(tmpdir(), `tfjs-optax-run-${process.pid}.safetensors`)
const { tx: _, ...data } = state
await saveTree(path, data)
const resumed = createTrainState({ ...(await loadTree(path, data)), tx })
rmSync(path)
console.log(`resumed at epoch ${resumed.epoch}, step ${resumed.step}`)

const [one, other] = [epoch(state), epoch(resumed)]
console.log(`the same after another epoch: ${String(tf.equal(one.params.w, other.params.w).dataSync()[0] === 1)}`)

// One place of the state, in a copy that shares the rest: the schedule starts again.
const again = { ...one, optState: treeSet(one.optState, '2.count', 0) }
console.log(`rate ${rateOf(again)}`)
