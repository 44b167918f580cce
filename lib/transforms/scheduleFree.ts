import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { hyperOutOfRange } from '../errors.js'
import { max } from '../rule/compose.js'
import { add, div, lt, mul, select, sub } from '../rule/expr.js'
import { nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `scheduleFree` and `scheduleFreeAverage`. */
export interface ScheduleFreeOptions {
  /** how near the parameters are to the average, above 0 and at most 1, default 0.9 */
  readonly b1?: number
  /** the power of the greatest rate so far that is the weight of a step in the average, at least 0, default 2 */
  readonly weightLrPower?: number
}

export const scheduleFreeOptions: Names<ScheduleFreeOptions> = { b1: 'beta1 betas momentum', weightLrPower: '' }

/**
 * The last link of a schedule-free optimizer: what comes in moves `z`, and parameters lie between `z` and its average,
 * which is the model. `scheduleFreeEvalParams` gives the average.
 *
 * `weight = max(weight, learningRate^weightLrPower);  weightSum += weight;  c = weight / weightSum;
 * x = (p - (1-b1) z) / b1;  z = z + u;  u = b1 ((1-c) x + c z) + (1-b1) z - p`
 *
 * State: `count`; `z`, the parameters of `init`, float32 of the parameter's shape, 4 bytes per parameter; the cells
 * `weight`, `weightSum` and `b1`, a number each for the tree.
 *
 * @throws ValueError for a number out of its range, and in the step for a rate that differs from leaf to leaf, since there
 * is one weight for the tree; TypeError for an unknown option, or an update without parameters.
 * @source Defazio et al. 2024, The Road Less Scheduled, equations 12 to 14; optax `contrib.schedule_free`, which evaluates
 * its rate one step later than the optimizer inside: here both see the same count.
 * @example
 * import { chain, scheduleFreeAverage, sgd } from 'tfjs-optax'
 * const tx = chain(sgd(0.1), scheduleFreeAverage(0.1))
 */
export const scheduleFreeAverage = /* @__PURE__ */ checked(
  { who: 'scheduleFreeAverage', takes: ['learningRate'], options: scheduleFreeOptions },
  (learningRate: Hyper, { b1 = 0.9, weightLrPower = 2 }: ScheduleFreeOptions = {}) => {
    const name = 'scheduleFreeAverage'
    if (!(b1 > 0 && b1 <= 1)) throw hyperOutOfRange(name, 'b1', 'above 0 and at most 1', b1)
    if (!(weightLrPower >= 0 && weightLrPower < Infinity))
      throw hyperOutOfRange(name, 'weightLrPower', 'at least 0 and finite', weightLrPower)
    return ourElementwise(
      {
        name,
        hyper: { learningRate: nonNegative(learningRate) },
        options: { b1, weightLrPower },
        slots: { z: ({ p }) => p },
        cells: {
          b1: { over: 'tree', first: b1 }, // beside `z`, so that a state alone tells where its average is
          weight: { over: 'tree', first: 0 },
          weightSum: { over: 'tree', first: 0 },
        },
        scalars: (_t, { learningRate }) => ({ now: learningRate ** weightLrPower }),
        step: ({ u, p, z: before, b1, ...cell }, { now }) => {
          const weight = max(cell.weight, now)
          const weightSum = add(cell.weightSum, weight)
          const c = select(lt(0, weightSum), div(weight, weightSum), 0) // a warmup starts at a rate of 0
          const z = add(before, u)
          const x = div(sub(p, mul(sub(1, b1), before)), b1)
          const average = add(mul(sub(1, c), x), mul(c, z))
          return { u: sub(add(mul(b1, average), mul(sub(1, b1), z)), p), z, b1, weight, weightSum }
        },
      },
      { cellRunner },
    )
  },
)
