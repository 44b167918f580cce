/** The same model, seed and batches with tf.train.adam, at the constant peak rate. */
import * as tf from '@tensorflow/tfjs-core'
import { mapTree, tensorsOf } from 'tfjs-optax'
import { init } from './model.js'
import type { Plan } from './plan.js'
import { settings } from './settings.js'
import { begin, type Learn, type Run } from './trainer.js'

/** tf.train.adam wants Variables, and gradients by their names. */
export const beginAdam = ({ seed, text }: Plan): { readonly start: Run<null>; readonly learn: Learn<null> } => {
  const adam = tf.train.adam(settings.peakRate, settings.b1, settings.b2)
  const [params, rng] = init(text.vocabulary.length)(seed)
  const variables = mapTree(params, (leaf, path) => tf.variable(leaf, true, path))
  tensorsOf(params).forEach(([, leaf]) => leaf.dispose())
  const learn: Learn<null> = (params, gradients) => {
    adam.applyGradients(tensorsOf(gradients).map(([name, tensor]) => ({ name, tensor })))
    return [params, null]
  }
  return { start: begin(variables, null, rng), learn }
}
