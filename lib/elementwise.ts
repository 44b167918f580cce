/** From a rule to a transformation. */
import { checked } from './call/checked.js'
import { buildRule } from './rule/build.js'
import { checkRule } from './rule/check.js'
import type { AnyRule, RuleDefinition } from './rule/definition.js'
import { fromProgram, type GradientTransformation, type StateOf } from './transform.js'
import type { TensorsLike } from './tree/map.js'

/**
 * The state of a rule: `count`, the number of finished steps, and a tree like the parameters for each slot, float32, 4
 * bytes per parameter each.
 */
export interface SlotState<S extends string> extends StateOf {
  readonly State: { readonly [K in S | 'count']: K extends S ? TensorsLike<this['Params']> : number }
}

/** A definition is generic in its names, a rule goes by name: the types meet here, once. */
const anyRule = <H extends string, S extends string, T extends string, C extends string>(
  definition: RuleDefinition<H, S, T, C>,
): AnyRule => definition as unknown as AnyRule

/**
 * `elementwise` as this package's own transformations call it: a config says of them just their names and options, and
 * the definition needs no check, since a test looks at every rule of the package.
 */
export const ourElementwise = <
  H extends string = never,
  S extends string = never,
  T extends string = never,
  C extends string = H,
>(
  definition: RuleDefinition<H, S, T, C>,
): GradientTransformation<SlotState<S>> => fromProgram({ kind: 'rule', rule: buildRule(anyRule(definition), true) })

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
  ): GradientTransformation<SlotState<S>> =>
    fromProgram({ kind: 'rule', rule: buildRule(checkRule(anyRule(definition)), false) }),
)
