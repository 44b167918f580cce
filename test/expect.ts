/** What a comment in an example asserts: equal to six digits, tensors by their values. */
import * as tf from '@tensorflow/tfjs-core'

const plain = (x: unknown): unknown => {
  if (x instanceof tf.Tensor) return plain(x.arraySync())
  if (typeof x === 'number') return Number(x.toPrecision(6))
  return Array.isArray(x) ? x.map(plain) : x
}

export const expect = (got: unknown, said: unknown): void => {
  if (got === said) return
  const [left, right] = [plain(got), plain(said)].map(x => JSON.stringify(x))
  if (left !== right) throw new Error(`the example says ${right}, but it is ${left}`)
}
