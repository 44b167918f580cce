import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument } from '../errors.js'
import { clamp, sign } from '../rule/compose.js'
import { lt, mul, select, type Expr } from '../rule/expr.js'
import { positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByRprop` and `rprop`. */
export interface RpropOptions {
  /** the factor of a step size after its gradient has changed sign, above 0, default 0.5 */
  readonly etaMinus?: Hyper
  /** the factor of a step size while its gradient keeps its sign, above 0, default 1.2 */
  readonly etaPlus?: Hyper
  /** the least step size, above 0, default 1e-6 */
  readonly minStepSize?: Hyper
  /** the greatest step size, above 0, default 50 */
  readonly maxStepSize?: Hyper
}

export const rpropOptions: Names<RpropOptions> = {
  etaMinus: 'etas',
  etaPlus: 'etas',
  minStepSize: 'stepsizes',
  maxStepSize: 'stepsizes',
}

/**
 * Steps that know only the sign of the gradient: they grow while it stays and shrink where it changes.
 *
 * With `s = u prevUpdates`: `stepSizes = min(stepSizes etaPlus, maxStepSize)` if `s > 0`,
 * `max(stepSizes etaMinus, minStepSize)` if `s < 0`; `u = 0` if `s < 0`, else `stepSizes sign(u)`; `prevUpdates = u`.
 * For whole batches: noise changes signs.
 *
 * State: `count`; `stepSizes`, which starts at `learningRate`, and `prevUpdates`, float32 of the parameter's shape, 4
 * bytes per parameter each.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Riedmiller and Braun 1993, without the way back of a step (iRprop-), as torch has it. optax's `scale_by_rprop`
 * hands out each update one step late, the first being 0: here it is the update of this step.
 * @example
 * import { chain, scale, scaleByRprop } from 'tfjs-optax'
 * const tx = chain(scaleByRprop(0.01), scale(-1))
 */
export const scaleByRprop = /* @__PURE__ */ checked(
  { who: 'scaleByRprop', takes: ['learningRate'], options: rpropOptions },
  (
    learningRate: number,
    { etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50 }: RpropOptions = {},
  ) => {
    const { holds, expected } = positive(0)
    if (typeof learningRate !== 'number' || !holds(learningRate))
      throw badArgument('scaleByRprop', 'learningRate', `a number, ${expected}`, learningRate)
    return ourElementwise({
      name: 'scaleByRprop',
      hyper: {
        etaMinus: positive(etaMinus),
        etaPlus: positive(etaPlus),
        minStepSize: positive(minStepSize),
        maxStepSize: positive(maxStepSize),
      },
      options: { learningRate },
      slots: { stepSizes: learningRate, prevUpdates: 0 },
      step: ({ u, stepSizes, prevUpdates }, { etaMinus, etaPlus, minStepSize, maxStepSize }) => {
        const way = sign(u)
        const same = mul(way, prevUpdates)
        const turned = lt(same, 0)
        const changed = (eta: Expr): Expr => clamp(mul(stepSizes, eta), minStepSize, maxStepSize)
        const size = select(lt(0, same), changed(etaPlus), select(turned, changed(etaMinus), stepSizes))
        const update = select(turned, 0, mul(size, way))
        return { u: update, stepSizes: size, prevUpdates: update }
      },
    })
  },
)
