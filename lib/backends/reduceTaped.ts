/** Totals that can be differentiated. */
import * as tf from '@tensorflow/tfjs-core'
import { select } from './recorded.js'
import { reduceTerms } from './totals.js'

/** `reduceTerms` with a gradient where a tape is on. */
export const reduceTaped = (how: 'sum' | 'max', terms: readonly tf.Tensor[]): tf.Tensor => {
  if (!tf.engine().isTapeOn() || terms.length === 0) return reduceTerms(how, terms)
  return tf.customGrad((...inputs) => {
    const given = inputs.slice(0, terms.length) as tf.Tensor[]
    const save = inputs.at(-1) as (saved: tf.Tensor[]) => void
    const value = reduceTerms(how, given)
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
