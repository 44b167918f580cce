/** From a rule of one's own to a transformation. */
import { checked } from './call/checked.js'
import type { SlotState } from './elementwise.js'
import { defineRule, type RuleDefinition } from './rule/define.js'
import { fromProgram, type GradientTransformation } from './transform.js'

/**
 * A transformation from a rule written as an equation of one element.
 *
 * In `step`, `u` is the update, `p` the parameter, slots and totals go by their names, and the second argument holds
 * this step's scalars. `t` counts steps from 1, a schedule sees `t - 1`. Returning `p` moves the parameter itself: later
 * links see it, and `update` reports the whole way.
 *
 * @throws TypeError for an unknown option, a missing or unknown output, a name used twice; ValueError for a
 * hyperparameter out of range: when it is made for a number, at its step for a schedule.
 * @example
 * import { decayRate, elementwise, ema, mul, type Hyper } from 'tfjs-optax/rule'
 * const average = (decay: Hyper) => elementwise({
 *   name: 'average',
 *   hyper: { decay: decayRate(decay) },
 *   slots: { mean: 0 },
 *   scalars: (t, { decay }) => ({ decay, correct: 1 / (1 - decay ** t) }),
 *   step: ({ u, mean }, { decay, correct }) => {
 *     const m = ema(decay, mean, u)
 *     return { u: mul(m, correct), mean: m }
 *   },
 * })
 * const tx = average(0.9)
 */
export const elementwise = /* @__PURE__ */ checked(
  { who: 'elementwise', takes: ['definition'] },
  <H extends string = never, S extends string = never, T extends string = never, C extends string = H>(
    definition: RuleDefinition<H, S, T, C>,
  ): GradientTransformation<SlotState<S>> => fromProgram({ kind: 'rule', rule: defineRule(definition) }),
)
