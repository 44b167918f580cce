/** Changing a hyperparameter between steps: another transformation takes the same state. Run: npx tsx examples/change-rate.ts */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { adamw, describe, editState, makeStep } from 'tfjs-optax'

let params = { w: tf.tensor1d([1, -1]) }
const gradients = { w: tf.tensor1d([0.2, 0.1]) }
let state = adamw(0.1).init(params)

// Numbers live in the transformation, not in the state: make one with other numbers and go on.
for (const rate of [0.1, 0.1, 0.01]) {
  ;[params, state] = makeStep(adamw(rate, { b1: rate < 0.1 ? 0.95 : 0.9 }), { donate: true })(params, gradients, state)
  console.log(`rate ${rate}: w = ${params.w.toString().replace(/\s+/g, ' ')}`)
}

// A number that follows a plan is a schedule of the count.
const planned = adamw(count => (count < 4 ? 0.01 : 0.001))
for (let i = 0; i < 3; i++) [params, state] = makeStep(planned, { donate: true })(params, gradients, state)

// What is in the state is edited as a draft; everything else is shared.
const warm = editState(state, draft => {
  draft[0].count = 0
})
console.log(await describe(planned, warm))
