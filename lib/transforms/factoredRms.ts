import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { wholeNumber } from '../call/whole.js'
import { ourElementwise, type SlotState } from '../elementwise.js'
import { badArgument } from '../errors.js'
import { square } from '../rule/compose.js'
import type { RuleDefinition } from '../rule/definition.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { positive, type Hyper } from '../rule/hyper.js'
import { ourTensorwise, type TensorwiseState } from '../tensorwise.js'
import type { GradientTransformation } from '../transform.js'
import { meanOver } from './spread.js'

/** Options of `scaleByFactoredRms`. */
export interface FactoredRmsOptions {
  /** whether large matrices keep sums of rows and columns only, default true */
  readonly factored?: boolean
  /**
   * the exponent of the weight of the past, above 0, default 0.8. A schedule `r(count)` gives any weight: the weight
   * `w` is `r = -log(1 - w) / log(count + 1)`
   */
  readonly decayRate?: Hyper
  /** the count at which the weight of the past begins again at 0, a whole number from 0 on, default 0 */
  readonly stepOffset?: number
  /** the least size of the two longest axes of a leaf that is factored, a whole number from 1 on, default 128 */
  readonly minDimSizeToFactor?: number
  /** added to the squares, above 0, default 1e-30 */
  readonly epsilon?: Hyper
}

export const factoredRmsOptions: Names<FactoredRmsOptions> = {
  factored: '',
  decayRate: 'decay',
  stepOffset: 'decayoffset',
  minDimSizeToFactor: '',
  epsilon: 'eps',
}

/** The second longest axis and the longest, of equals the later one; null if the leaf is not factored. */
const longestAxes = (shape: readonly number[], least: number): readonly [second: number, longest: number] | null => {
  const [second, longest] = shape
    .map((size, axis) => ({ size, axis }))
    .sort((a, b) => a.size - b.size || a.axis - b.axis)
    .slice(-2)
  return second === undefined || longest === undefined || second.size < least ? null : [second.axis, longest.axis]
}

/** The product of two tensors of which each has size 1 on the axis that the other one has; see `spread` for the reason. */
const outer = (byRow: tf.Tensor, byColumn: tf.Tensor, [second, longest]: readonly [number, number]): tf.Tensor => {
  if (Math.min(second, longest) !== byRow.rank - 2) return tf.mul(byRow, byColumn)
  return longest > second ? tf.matMul(byRow, byColumn) : tf.matMul(byColumn, byRow)
}

type FactoredNumbers = Pick<RuleDefinition<'decayRate' | 'epsilon', 'v', never, string>, 'name' | 'hyper' | 'options'>
type ScalarsAt = (
  t: number,
  hyper: Readonly<Record<'decayRate' | 'epsilon', number>>,
) => Readonly<Record<'past' | 'fresh' | 'epsilon', number>>

/** The form without factored leaves, which is a rule. */
const unfactored = (numbers: FactoredNumbers, scalars: ScalarsAt): GradientTransformation<SlotState<'v'>> =>
  ourElementwise<'decayRate' | 'epsilon', 'v', never, 'past' | 'fresh' | 'epsilon'>({
    ...numbers,
    slots: { v: 0 },
    scalars,
    step: ({ u, v }, { past, fresh, epsilon }) => {
      const next = add(mul(v, past), mul(add(square(u), epsilon), fresh))
      return { u: div(u, sqrt(next)), v: next }
    },
  })

const without = (shape: readonly number[], axis: number): readonly number[] => shape.filter((_, i) => i !== axis)

/**
 * Divides by the root of a mean of squares of which matrices keep only the means of rows and columns.
 *
 * `w = 1 - (count + 1)^-decayRate;  s = u^2 + epsilon`. A leaf is factored if its two longest axes, `c` and the longest
 * `r`, have `minDimSizeToFactor` entries or more: `vRow = w vRow + (1-w) (mean of s over r)`,
 * `vCol = w vCol + (1-w) (mean of s over c)`, `u = u / sqrt(vRow / (mean of vRow over c)) / sqrt(vCol)`.
 * Other leaves: `v = w v + (1-w) s;  u = u / sqrt(v)`. Runs as tfjs ops on every backend; with `factored: false` it is
 * a rule, which kernels run.
 *
 * State: `count`; `vRow` and `vCol`, float32 of the parameter's shape without one axis, of factored leaves: for a matrix
 * of m by n 4 (m + n) bytes; `v`, float32 of the parameter's shape, of all other leaves. The slots that a leaf does not
 * have are null. With `factored: false` `count` and `v` only.
 *
 * @throws ValueError for a number out of its range, or a state made with other options; TypeError for an option that is
 * none.
 * @source Shazeer and Stern 2018, algorithms 4 and 5; optax `scale_by_factored_rms`, which keeps a tensor of one
 * element for each slot that a leaf does not have. With `step_offset` its first steps are NaN until the count has
 * reached it; here they have weight 0, as the first step has. Its `decay_rate_fn` is a schedule of `decayRate` here.
 * @example
 * import { chain, scaleByFactoredRms, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByFactoredRms({ minDimSizeToFactor: 64 }), scaleByLearningRate(1e-3))
 */
export const scaleByFactoredRms: {
  (options: FactoredRmsOptions & { readonly factored: false }): GradientTransformation<SlotState<'v'>>
  (
    options?: FactoredRmsOptions & { readonly factored?: true },
  ): GradientTransformation<TensorwiseState<never, 'vRow' | 'vCol' | 'v'>>
  (options?: FactoredRmsOptions): GradientTransformation
} = /* @__PURE__ */ checked(
  { who: 'scaleByFactoredRms', takes: [], options: factoredRmsOptions },
  ({
    factored = true,
    decayRate = 0.8,
    stepOffset = 0,
    minDimSizeToFactor = 128,
    epsilon = 1e-30,
  }: FactoredRmsOptions = {}) => {
    const who = 'scaleByFactoredRms'
    if (typeof factored !== 'boolean') throw badArgument(who, 'factored', 'true or false', factored)
    wholeNumber(who, 'stepOffset', stepOffset, 0)
    wholeNumber(who, 'minDimSizeToFactor', minDimSizeToFactor, 1)
    const numbers = {
      name: who,
      hyper: { decayRate: positive(decayRate), epsilon: positive(epsilon) },
      options: { factored, stepOffset, minDimSizeToFactor },
    }
    const scalars: ScalarsAt = (t, { decayRate, epsilon }) => {
      const fresh = Math.max(t - stepOffset, 1) ** -decayRate
      return { past: 1 - fresh, fresh, epsilon }
    }
    if (!factored) return unfactored(numbers, scalars) as never
    const axesOf = (shape: readonly number[]) => longestAxes(shape, minDimSizeToFactor)
    const tx = ourTensorwise({
      ...numbers,
      shaped: {
        vRow: {
          shape: leaf => {
            const axes = axesOf(leaf)
            return axes && without(leaf, axes[1])
          },
        },
        vCol: {
          shape: leaf => {
            const axes = axesOf(leaf)
            return axes && without(leaf, axes[0])
          },
        },
        v: { shape: leaf => (axesOf(leaf) === null ? leaf : null) },
      },
      scalars,
      step: ({ u, vRow, vCol, v }, { past, fresh, epsilon }) => {
        const squares = tf.add(tf.square(u), epsilon)
        const mixed = (old: tf.Tensor, now: tf.Tensor): tf.Tensor => tf.add(tf.mul(old, past), tf.mul(now, fresh))
        const axes = axesOf(u.shape)
        if (axes === null || vRow === null || vCol === null) {
          const next = mixed(v ?? squares, squares)
          return { u: tf.div(u, tf.sqrt(next)), vRow, vCol, v: next }
        }
        const [second, longest] = axes
        const rows = mixed(vRow, tf.squeeze(meanOver(squares, [longest]), [longest]))
        const columns = mixed(vCol, tf.squeeze(meanOver(squares, [second]), [second]))
        const mean = tf.mean(rows, second > longest ? second - 1 : second, true)
        const byRow = tf.expandDims(tf.sqrt(tf.div(mean, rows)), longest)
        const byColumn = tf.expandDims(tf.sqrt(tf.div(1, columns)), second)
        return { u: tf.mul(u, outer(byRow, byColumn, axes)), vRow: rows, vCol: columns, v }
      },
    })
    return tx as never
  },
)
