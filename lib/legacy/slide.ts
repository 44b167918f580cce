import { checked } from '../call/checked.js'
import { notImplementedUpstream } from './errors.js'

/**
 * SLIDE, which the Model Garden mentions in its configs but never published: calling it throws.
 *
 * Options: any, since none is read. State: none. Use `LAMB` or `LARS` for large batches, else `AdamWeightDecay`.
 *
 * @throws RuntimeError always.
 * @source tensorflow/models `official/modeling/optimization/slide_optimizer.py`, the word "Unimplemented".
 * @example
 * import { SLIDE } from 'tfjs-optax/legacy'
 * const message = (() => {
 *   try {
 *     return SLIDE()
 *   } catch (error) {
 *     return (error as Error).name
 *   }
 * })()
 * // message is 'RuntimeError'
 */
export const SLIDE = /* @__PURE__ */ checked({ who: 'SLIDE', takes: ['options'] }, (_options: object = {}): never => {
  throw notImplementedUpstream('SLIDE', 'LAMB, LARS or AdamWeightDecay')
})
