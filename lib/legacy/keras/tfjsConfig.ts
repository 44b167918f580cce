/** Configs that tfjs's own optimizers write: they have no name, as all of Keras's have. */
import type * as tf from '@tensorflow/tfjs-core'
import { isRecord } from '../../tree/structure.js'

/** Whether a config has these keys and no others; tfjs adds its `customObjects`. */
export const hasOnly = (config: unknown, keys: readonly string[]): config is tf.serialization.ConfigDict => {
  if (!isRecord(config)) return false
  const found = Object.keys(config).filter(key => key !== 'customObjects')
  return found.length === keys.length && keys.every(key => found.includes(key))
}
