import * as tf from '@tensorflow/tfjs'
import { adamw, asOptimizer, paramsOf, toSafetensors } from 'tfjs-optax'
import { buildModel, type Report, type Task } from './model.js'

const report = (message: Report, transfer: Transferable[] = []) => self.postMessage(message, { transfer })

const train = async ({ x, y }: Task) => {
  await tf.setBackend('cpu') // for the same numbers everywhere; a worker has WebGL and WebGPU too
  const model = buildModel()
  model.compile({ optimizer: asOptimizer(adamw(0.02)), loss: 'meanSquaredError' })
  await model.fit(tf.tensor2d(x, [x.length, 1]), tf.tensor2d(y, [y.length, 1]), {
    epochs: 20,
    batchSize: 32,
    shuffle: false,
    verbose: 0,
    callbacks: {
      onEpochEnd: (epoch, logs) => report({ kind: 'epoch', epoch: epoch + 1, loss: Number(logs?.['loss']) }),
    },
  })
  const bytes = await toSafetensors(paramsOf(model))
  report({ kind: 'done', bytes }, [bytes.buffer]) // handed over, not copied
}
self.onmessage = ({ data }: MessageEvent<Task>) => void train(data)
