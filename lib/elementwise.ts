/** Makes transformations from rules. */
import { checked } from './call/checked.js'
import { cellRunner } from './cellRunner.js'
import { buildRule } from './rule/build.js'
import { checkRule } from './rule/check.js'
import type { Scalar } from '@tensorflow/tfjs-core'
import type { AnyRule, CellDefinitions, NoCells, RuleDefinition } from './rule/definition.js'
import { fromProgram, type GradientTransformation, type StateOf } from './transform.js'
import type { CellRunner } from './rule/rule.js'
import type { MapLeaves, TensorsLike } from './tree/map.js'

/**
 * The state of a rule: `count`, the number of finished steps; for each slot a float32 tree like the parameters, 4 bytes
 * per parameter; for each cell a float32 scalar, or a tree with one for each leaf.
 */
export interface SlotState<S extends string, D extends CellDefinitions = NoCells> extends StateOf {
  readonly State: {
    readonly [K in S | 'count' | keyof D]: K extends keyof D
      ? D[K]['over'] extends 'tree'
        ? Scalar
        : MapLeaves<TensorsLike<this['Params']>, Scalar>
      : K extends S
        ? TensorsLike<this['Params']>
        : number
  }
}

/** A definition is typed by its names, a rule is not; the cast is here only. */
const anyRule = <
  H extends string,
  S extends string,
  T extends string,
  C extends string,
  D extends CellDefinitions,
  V extends string,
  W extends string,
>(
  definition: RuleDefinition<H, S, T, C, D, V, W>,
): AnyRule => definition as unknown as AnyRule

/**
 * `elementwise` for this package's own transformations, which configs can name without a registration. Definitions are
 * not checked, since a test checks every rule of the package. Rules with cells or extras bring `cellRunner`, so bundles
 * without such rules omit it. While the hyperparameter `offAt0` is the number 0, the rule does nothing.
 */
export const ourElementwise = <
  H extends string = never,
  S extends string = never,
  T extends string = never,
  C extends string = H,
  const D extends CellDefinitions = NoCells,
  V extends string = never,
  W extends string = never,
>(
  definition: RuleDefinition<H, S, T, C, D, V, W>,
  how: { readonly cellRunner?: CellRunner; readonly offAt0?: NoInfer<H> } = {},
): GradientTransformation<SlotState<S, D>> =>
  fromProgram({ kind: 'rule', rule: buildRule(anyRule(definition), { ours: true, ...how }) })

/**
 * Makes a transformation from a rule: the equation for one element.
 *
 * In `step`, `u` is the update and `p` the parameter; slots and totals have their own names, and the second argument
 * has this step's scalars. `t` counts steps from 1, a schedule sees `t - 1`. Returning `p` moves the parameter itself:
 * later links see the new one, and `update` reports the whole change.
 *
 * @throws TypeError for an unknown option, a missing or unknown output, a name used twice; ValueError for a
 * hyperparameter out of range: at once for a number, in the step for a schedule.
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
  <
    H extends string = never,
    S extends string = never,
    T extends string = never,
    C extends string = H,
    const D extends CellDefinitions = NoCells,
    V extends string = never,
  >(
    definition: RuleDefinition<H, S, T, C, D, V>,
  ): GradientTransformation<SlotState<S, D>> =>
    fromProgram({ kind: 'rule', rule: buildRule(checkRule(anyRule(definition)), { ours: false, cellRunner }) }),
)
