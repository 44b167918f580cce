/** Makes the package's own transformations from rules with cells or extras. */
import { carrying } from './carrying.js'
import { anyRule, type SlotState } from './elementwise.js'
import { buildRule } from './rule/build.js'
import type { CellDefinitions, NoCells, RuleDefinition } from './rule/definition.js'
import { fromProgram, type GradientTransformation } from './transform.js'

/** `ourElementwise` for rules with cells or extras; bundles without such rules omit what runs these. */
export const ourCarryingRule = <
  H extends string = never,
  S extends string = never,
  T extends string = never,
  C extends string = H,
  const D extends CellDefinitions = NoCells,
  V extends string = never,
>(
  definition: RuleDefinition<H, S, T, C, D, V>,
): GradientTransformation<SlotState<S, D>> =>
  fromProgram({ kind: 'rule', rule: buildRule(anyRule(definition), true, null, carrying) })
