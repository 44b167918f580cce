import * as tf from '@tensorflow/tfjs'
import { adamw, disposeTree, makeStep, toSafetensors, valueAndGrad } from 'tfjs-optax'
import { lossOf, start, type Command, type Progress } from './network.js'

const report = (message: Progress, transfer: Transferable[] = []) => self.postMessage(message, { transfer })

const train = async (x: tf.Tensor, y: tf.Tensor, mayGoOn: () => boolean) => {
  const tx = adamw(0.02)
  const step = makeStep(tx, { donate: true })
  let params = start()
  let state = tx.init(params)
  for (let i = 1; i <= 1000 && mayGoOn(); i++) {
    const [loss, gradients] = valueAndGrad(lossOf)(params, x, y)
    ;[params, state] = step(params, gradients, state)
    if (i % 20 === 0) {
      report({ kind: 'step', step: i, loss: (await loss.data())[0] ?? NaN })
      await new Promise(resolve => setTimeout(resolve)) // lets messages of the page in
    }
    disposeTree([loss, gradients])
  }
  const bytes = await toSafetensors({ params, state }) // all that is needed to go on
  report({ kind: 'done', bytes }, [bytes.buffer])
}

let goesOn = true
self.onmessage = ({ data }: MessageEvent<Command>) => {
  if (data.kind === 'stop') goesOn = false
  else
    void tf.setBackend('cpu').then(() => {
      const column = (values: Float32Array) => tf.tensor2d(values, [values.length, 1])
      return train(column(data.x), column(data.y), () => goesOn)
    })
}
