/**
 * On a GPU, in Node: WebGPU is Dawn there, from the package `webgpu`, on a Vulkan, Metal or Direct3D driver. In a browser
 * only the first three statements are not needed. Run: npx tsx examples/webgpu-node.ts
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers tfjs's gradients
import { create, globals } from 'webgpu'
import { adamw, chain, clipByGlobalNorm, disposeTree, explain, makeStep, ready, valueAndGrad } from 'tfjs-optax'

// Before tfjs's backend is imported: it looks for `navigator.gpu`.
Object.assign(globalThis, globals)
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true })
await import('@tensorflow/tfjs-backend-webgpu')
if (!(await tf.setBackend('webgpu')) || tf.getBackend() !== 'webgpu')
  throw new Error('Dawn finds no GPU here: on Linux it needs a Vulkan driver')

const x = tf.linspace(-1, 1, 64)
const y = tf.add(tf.mul(x, 3), 0.5)
const lossOf = (params: { slope: tf.Tensor; offset: tf.Tensor }): tf.Scalar =>
  tf.losses.meanSquaredError(y, tf.add(tf.mul(x, params.slope), params.offset))

const tx = chain(clipByGlobalNorm(1), adamw(0.1))
let params: Parameters<typeof lossOf>[0] = { slope: tf.scalar(0), offset: tf.scalar(0) }
await ready(tx, { params }) // compiles the kernels and checks them; without it steps are tfjs ops
console.log(explain(tx).split('\n')[0])

const step = makeStep(tx, { donate: true })
let state = tx.init(params)
for (let i = 0; i <= 200; i++) {
  const [loss, gradients] = valueAndGrad(lossOf)(params)
  ;[params, state] = step(params, gradients, state) // nothing is waited for: the numbers stay on the GPU
  if (i % 50 === 0) console.log(`step ${i}: loss ${(await loss.data())[0]?.toFixed(3)}`)
  disposeTree([loss, gradients])
}
const [slope, offset] = await Promise.all([params.slope.data(), params.offset.data()])
console.log(`y = ${slope[0]?.toFixed(2)} x + ${offset[0]?.toFixed(2)}`)
process.exit(0) // Dawn keeps a process alive
