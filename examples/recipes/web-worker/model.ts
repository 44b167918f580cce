import * as tf from '@tensorflow/tfjs'

/** The model, of which the page and the worker build one each. */
export const buildModel = () =>
  tf.sequential({
    layers: [
      tf.layers.dense({
        name: 'hidden',
        units: 32,
        inputShape: [1],
        activation: 'tanh',
        kernelInitializer: tf.initializers.randomNormal({ stddev: 1, seed: 1 }),
      }),
      tf.layers.dense({ name: 'out', units: 1, kernelInitializer: 'zeros' }),
    ],
  })

/** What the page sends: the examples. */
export interface Task {
  readonly x: Float32Array
  readonly y: Float32Array
}

/** What the worker sends: the loss of an epoch, and in the end the parameters as the bytes of a .safetensors file. */
export type Report =
  | { readonly kind: 'epoch'; readonly epoch: number; readonly loss: number }
  | { readonly kind: 'done'; readonly bytes: Uint8Array }
