/**
 * Totals of tensors. On cpu and wasm, where the host can read memory, float32 terms are summed in float64 in eight
 * lanes, so the result does not depend on blocking and is accurate at any size; tfjs's own wasm sum is 1.3 % off at 10
 * M elements. On a GPU the sum stays on the device, in float32, unless it stores 16-bit numbers.
 */
import * as tf from '@tensorflow/tfjs-core'
import { exactValues, storesHalves } from './halves.js'
import { select } from './recorded.js'

const hostMemory: ReadonlySet<string> = new Set(['cpu', 'wasm'])

/**
 * The sum of all elements in float64: element i goes to lane i mod 8, then `((l0+l2)+(l4+l6)) + ((l1+l3)+(l5+l7))`,
 * which is what four two-lane SIMD accumulators give.
 */
export const laneSum = (terms: Float32Array): number => {
  const lanes = new Float64Array(8)
  const whole = terms.length - (terms.length % 8)
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let i = 0; i < whole; i += 8) {
    a += terms[i] ?? 0
    b += terms[i + 1] ?? 0
    c += terms[i + 2] ?? 0
    d += terms[i + 3] ?? 0
    e += terms[i + 4] ?? 0
    f += terms[i + 5] ?? 0
    g += terms[i + 6] ?? 0
    h += terms[i + 7] ?? 0
  }
  lanes.set([a, b, c, d, e, f, g, h])
  for (let i = whole; i < terms.length; i++) lanes[i % 8] = (lanes[i % 8] ?? 0) + (terms[i] ?? 0)
  return sumOfLanes(lanes)
}

/** The sum of the eight lanes from `at` on, in the order of `laneSum`. */
export const sumOfLanes = (lanes: Float64Array, at = 0): number => {
  const lane = (i: number): number => lanes[at + i] ?? 0
  return lane(0) + lane(2) + (lane(4) + lane(6)) + (lane(1) + lane(3) + (lane(5) + lane(7)))
}

export const greatest = (terms: Float32Array): number => terms.reduce((most, x) => Math.max(most, x), -Infinity)

const onHost = (how: 'sum' | 'max', terms: readonly tf.Tensor[]): tf.Tensor => {
  const read = terms.map(exactValues)
  const value =
    how === 'sum'
      ? read.reduce((total, data) => total + laneSum(data), 0)
      : read.reduce((most, data) => Math.max(most, greatest(data)), -Infinity)
  return tf.scalar(value, 'float32')
}

const onDevice = (how: 'sum' | 'max', terms: readonly tf.Tensor[]): tf.Tensor => {
  const filled = terms.filter(term => term.size > 0)
  if (filled.length === 0) return tf.scalar(how === 'sum' ? 0 : -Infinity)
  const each = filled.map(term => (how === 'sum' ? tf.sum(term) : tf.max(term)))
  return each.reduce((a, b) => (how === 'sum' ? tf.add(a, b) : tf.maximum(a, b)))
}

/** The sum or maximum over every element of every term, as a scalar tensor; differentiable. */
export const reduceTerms = (how: 'sum' | 'max', terms: readonly tf.Tensor[]): tf.Tensor => {
  const forward = hostMemory.has(tf.getBackend()) || storesHalves() ? onHost : onDevice
  if (!tf.engine().isTapeOn() || terms.length === 0) return forward(how, terms)
  return tf.customGrad((...inputs) => {
    const given = inputs.slice(0, terms.length) as tf.Tensor[]
    const save = inputs.at(-1) as (saved: tf.Tensor[]) => void
    const value = forward(how, given)
    save([value, ...(how === 'max' ? given : [])])
    return {
      value,
      gradFunc: (dy: tf.Tensor, [total = value, ...saved]: tf.Tensor[]) =>
        terms.map((term, i) => {
          const spread = tf.broadcastTo(dy, term.shape)
          return how === 'sum' ? spread : select(() => tf.equal(saved[i] ?? term, total), spread, tf.zerosLike(spread))
        }),
    }
  })(...terms)
}
