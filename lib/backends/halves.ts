/**
 * Steps where WebGL stores 16-bit numbers, as on many phones. A second moment below 6e-8 is 0 there, and so is an epsilon
 * of 1e-8: Adam would divide by it. Rules are therefore evaluated on the host in float32. Results keep those values until
 * they are freed, so that moments never round, and steps smaller than 1/2048 of a parameter add up, although a model sees
 * the parameter in 16 bits.
 */
import * as tf from '@tensorflow/tfjs-core'
import { halvesOnTape, storesHalvesOnly } from '../errors/devices.js'
import type { Expr } from '../rule/expr.js'
import type { LeafEnv } from '../rule/interpreter.js'
import { evaluateOnHost } from './host.js'

/** Whether the current backend stores numbers in 16 bits. */
export const storesHalves = (): boolean => 'gpgpu' in tf.backend() && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')

interface TfjsTextures {
  readonly texData: { readonly get: (dataId: object) => object }
}

/** tfjs's record of a tensor; another one once the tensor was on another backend, where it may have been written over. */
const recordOf = ({ dataId }: tf.Tensor): object => (tf.backend() as unknown as TfjsTextures).texData.get(dataId)

/** What we computed, by tfjs's record of it; tfjs itself forgets the values once a texture holds them. */
const exact = new WeakMap<object, Float32Array>()
const warned = new WeakSet<tf.KernelBackend>()

const warnOnce = (backend: tf.KernelBackend): void => {
  if (warned.has(backend)) return
  warned.add(backend)
  console.warn(storesHalvesOnly(tf.getBackend()))
}

/** The values of a tensor as float32; effects: waits for them if only the GPU has them. */
export const exactValues = (tensor: tf.Tensor): Float32Array =>
  (storesHalves() ? exact.get(recordOf(tensor)) : undefined) ?? (tensor.dataSync() as Float32Array)

/** As `Interpreter.evaluate` on tensors. */
export const evaluateHalves = (
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
