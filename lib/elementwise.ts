/** From a rule of this package to a transformation; `ownRule.ts` has the same for rules of others. */
import { defineRule, type RuleDefinition } from './rule/define.js'
import { fromProgram, type GradientTransformation, type StateOf } from './transform.js'
import type { TensorsLike } from './tree/map.js'

/**
 * The state of a rule: `count`, the number of finished steps, and a tree like the parameters for each slot, float32, 4
 * bytes per parameter each.
 */
export interface SlotState<S extends string> extends StateOf {
  readonly State: { readonly [K in S | 'count']: K extends S ? TensorsLike<this['Params']> : number }
}

/** `elementwise` as this package's own transformations call it: a config says of them just their names and options. */
export const elementwise = <
  H extends string = never,
  S extends string = never,
  T extends string = never,
  C extends string = H,
>(
  definition: RuleDefinition<H, S, T, C>,
): GradientTransformation<SlotState<S>> => fromProgram({ kind: 'rule', rule: defineRule(definition, true) })
