/** What the model reads: token ids, their text (0 or 1) and whether they are there at all, one row per pair of texts. */
import * as tf from '@tensorflow/tfjs-core'

type Rows = readonly (readonly number[])[]

export interface Batch {
  readonly ids: Rows
  /** 0 in the first text, 1 in the second */
  readonly types: Rows
  /** 1 for tokens, 0 for the padding behind them */
  readonly mask: Rows
  readonly labels: readonly number[]
}

/**
 * `[rows * columns, depth]`, a 1 where each number points. A product with it picks rows of a table, with a gradient on
 * every backend: that of tf.gather needs a kernel that wasm lacks. (Cast from int32, since wasm's float32 is wrong.)
 */
export const oneHot = (numbers: readonly number[], depth: number): tf.Tensor => {
  const outside = numbers.find(n => !(Number.isInteger(n) && n >= 0 && n < depth))
  if (outside !== undefined)
    throw new RangeError(`oneHot: expected whole numbers from 0 to ${depth - 1}, got ${outside}`)
  return tf.cast(tf.oneHot(tf.tensor1d([...numbers], 'int32'), depth), 'float32')
}
