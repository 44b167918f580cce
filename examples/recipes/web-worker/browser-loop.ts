import * as tf from '@tensorflow/tfjs'
import { adamw, fromSafetensors } from 'tfjs-optax'
import { lossOf, start, type Command, type Progress } from './network.js'

await tf.setBackend('cpu')
const x = Float32Array.from({ length: 256 }, (_, i) => 2 * Math.sin(i * 1.7))
const y = x.map(x => Math.sin(2 * x))

const worker = new Worker(new URL('./worker-loop.ts', import.meta.url), { type: 'module' })
const send = (command: Command) => worker.postMessage(command)
const bytes = await new Promise<Uint8Array>((resolve, reject) => {
  worker.onmessage = ({ data }: MessageEvent<Progress>) => {
    if (data.kind === 'done') resolve(data.bytes)
    else if (data.loss < 0.05) send({ kind: 'stop' }) // good enough: the page decides
  }
  worker.onerror = event => reject(new Error(event.message))
  send({ kind: 'train', x, y })
})
worker.terminate()

// Parameters and state, as if they had been made here.
const like = start()
const { params, state } = fromSafetensors(bytes, { params: like, state: adamw(0.02).init(like) })
const loss = lossOf(params, tf.tensor2d(x, [256, 1]), tf.tensor2d(y, [256, 1])).arraySync()
console.log(`stopped before step 1000: ${state[0].count < 1000}`)
console.log(`the page has the parameters, at a loss below 0.05: ${loss < 0.05}`)
