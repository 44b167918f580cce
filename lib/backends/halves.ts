/**
 * Steps where WebGL stores 16-bit numbers, as on many phones. A second moment below 6e-8 becomes 0 there, and so does
 * an epsilon of 1e-8, and Adam would divide by zero. Rules are therefore evaluated on the host in float32, and results
 * keep their float32 values until they are freed. So moments never round to 16 bits, and steps smaller than 1/2048 of a
 * parameter add up, although a model reads the parameter in 16 bits.
 */
import * as tf from '@tensorflow/tfjs-core'
import { halvesOnTape, storesHalvesOnly } from '../errors/devices.js'
import type { Expr } from '../rule/expr.js'
import type { LeafEnv } from '../rule/interpreter.js'
import { evaluateOnHost } from './host.js'
import type { Evaluation } from './special.js'
import { onHost } from './totals.js'

interface TfjsTextures {
  readonly texData: { readonly get: (dataId: object) => object }
}

/**
 * tfjs's record of a tensor. A tensor that returns from another backend, where its values may have changed, has a new
 * one.
 */
const recordOf = ({ dataId }: tf.Tensor): object => (tf.backend() as unknown as TfjsTextures).texData.get(dataId)

/** The float32 values that we computed, by tfjs's record; tfjs drops its own copy once a texture holds them. */
const exact = new WeakMap<object, Float32Array>()
const warned = new WeakSet<tf.KernelBackend>()

const warnOnce = (backend: tf.KernelBackend): void => {
  if (warned.has(backend)) return
  warned.add(backend)
  console.warn(storesHalvesOnly(tf.getBackend()))
}

/** The values of a tensor as float32; effects: waits for the GPU if only it has them. */
const exactValues = (tensor: tf.Tensor): Float32Array =>
  exact.get(recordOf(tensor)) ?? (tensor.dataSync() as Float32Array)

/** `Interpreter.evaluate` for tensors, on the host. */
const evaluateHalves = (
  exprs: readonly Expr[],
  { scalars, values, like }: LeafEnv<tf.Tensor>,
): readonly tf.Tensor[] => {
  if (tf.engine().isTapeOn()) throw halvesOnTape(tf.getBackend())
  warnOnce(tf.backend())
  const known = Object.fromEntries(
    Object.entries(values).map(([name, tensor]) => {
      const read = exactValues(tensor)
      return [name, tensor.rank < like.rank ? (read[0] ?? NaN) : read]
    }),
  )
  return evaluateOnHost(exprs, { scalars, values: known }, like.size).map(made => {
    const tensor = tf.tensor(made, like.shape, 'float32')
    exact.set(recordOf(tensor), made)
    return tensor
  })
}

export const halves: Evaluation = {
  evaluate: evaluateHalves,
  reduce: (how, terms) => onHost(how, terms.map(exactValues)),
}
