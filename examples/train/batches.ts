/** Windows of text as one-hot rows. */
import * as tf from '@tensorflow/tfjs-core'
import { integers, type Draw } from './random.js'
import { settings } from './settings.js'

const { context, batch } = settings

export interface Batch {
  /** `[windows * context, vocabulary]`, one row per character */
  readonly inputs: tf.Tensor
  /** the same for the character after each */
  readonly targets: tf.Tensor
}

/** Embedding as a product with a one-hot matrix: wasm has no kernel for the gradient of a gather. */
export const oneHot = (codes: Int32Array, classes: number): tf.Tensor => {
  const rows = new Float32Array(codes.length * classes)
  codes.forEach((code, i) => (rows[i * classes + code] = 1))
  return tf.tensor2d(rows, [codes.length, classes])
}

/** The windows of a text at these starts. */
export const windows = (text: Int32Array, starts: readonly number[], classes: number): Batch => {
  const from = (shift: number): tf.Tensor => {
    const codes = new Int32Array(starts.length * context)
    starts.forEach((start, i) => codes.set(text.subarray(start + shift, start + shift + context), i * context))
    return oneHot(codes, classes)
  }
  return { inputs: from(0), targets: from(1) }
}

/** Where the windows of the next step start. */
export const drawStarts = (text: Int32Array): Draw<readonly number[]> => integers(batch, text.length - context)

/** Windows spread evenly over a text, at most `most`, in batches; the same ones each time. */
export const evenly = (text: Int32Array, most: number): readonly (readonly number[])[] => {
  const room = text.length - context - 1
  const count = Math.min(most, Math.floor(room / context) + 1)
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * room) / Math.max(1, count - 1)))
  return Array.from({ length: Math.ceil(count / batch) }, (_, i) => starts.slice(i * batch, (i + 1) * batch))
}
