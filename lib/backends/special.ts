/**
 * Two cases in which tfjs ops alone would be wrong, and which have files of their own: steps under a gradient tape
 * (taped.ts), and where WebGL stores 16-bit numbers, as on many phones (halves.ts). complete.ts loads them.
 */
import * as tf from '@tensorflow/tfjs-core'
import { notLoaded } from '../errors/devices.js'
import type { Interpreter } from '../rule/interpreter.js'

/** The arithmetic of an interpreter. */
export type Evaluation = Pick<Interpreter<tf.Tensor>, 'evaluate' | 'reduce'>

interface Special {
  readonly 'where WebGL stores 16-bit numbers': Evaluation
  readonly 'while tfjs takes gradients': Evaluation
}

let loaded: Special | null = null

/** Effect: steps run in these cases too from now on. */
export const useSpecial = (special: Special): void => {
  loaded = special
}

/** Whether the current backend stores numbers in 16 bits. */
export const storesHalves = (): boolean => 'gpgpu' in tf.backend() && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')

/** The arithmetic for the case that holds now, null if neither does; throws if it is not loaded. */
export const specialNow = (): Evaluation | null => {
  const when = storesHalves()
    ? 'where WebGL stores 16-bit numbers'
    : tf.engine().isTapeOn()
      ? 'while tfjs takes gradients'
      : null
  if (when === null) return null
  if (loaded === null) throw notLoaded(when)
  return loaded[when]
}
