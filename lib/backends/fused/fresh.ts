import * as tf from '@tensorflow/tfjs-core'
import { share } from '../../tree/ownership.js'
import type { Device } from '../device.js'

/** Tensors that a step makes; freed if it fails. */
export class Fresh {
  readonly #made: tf.Tensor[] = []
  constructor(readonly device: Device) {}
  like({ shape }: tf.Tensor): tf.Tensor {
    const tensor = this.device.allocate(shape)
    this.#made.push(tensor)
    return tensor
  }
  handle(tensor: tf.Tensor): tf.Tensor {
    const handle = share(tensor)
    this.#made.push(handle)
    return handle
  }
  free(): void {
    tf.dispose(this.#made)
  }
}
