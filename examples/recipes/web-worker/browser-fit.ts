import * as tf from '@tensorflow/tfjs'
import { fromSafetensors, paramsOf, setParams } from 'tfjs-optax'
import { buildModel, type Report, type Task } from './model.js'

await tf.setBackend('cpu')
const x = Float32Array.from({ length: 256 }, (_, i) => 2 * Math.sin(i * 1.7))
const y = x.map(x => Math.sin(2 * x))
const model = buildModel()
const loss = (): tf.Scalar =>
  tf.tidy(() =>
    tf.losses.meanSquaredError(tf.tensor2d(y, [256, 1]), model.predict(tf.tensor2d(x, [256, 1])) as tf.Tensor),
  )
console.log(`before: loss ${loss().arraySync().toFixed(4)}`)

// The page stays free while the worker trains.
const worker = new Worker(new URL('./worker-fit.ts', import.meta.url), { type: 'module' })
const bytes = await new Promise<Uint8Array>((resolve, reject) => {
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    if (data.kind === 'done') resolve(data.bytes)
    else if (data.epoch % 5 === 0) console.log(`the worker, epoch ${data.epoch}: loss ${data.loss.toFixed(4)}`)
  }
  worker.onerror = event => reject(new Error(event.message))
  worker.postMessage({ x, y } satisfies Task)
})
worker.terminate()
setParams(model, fromSafetensors(bytes, paramsOf(model)))
console.log(`the page's model: loss ${loss().arraySync().toFixed(4)}`)
