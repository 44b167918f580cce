/** Keras's gradient clips as links, in Keras's order. */
import { chain, identity } from '../../chain.js'
import { ourElementwise } from '../../elementwise.js'
import { max, min, neg, square } from '../../rule/compose.js'
import { div, mul, sqrt } from '../../rule/expr.js'
import { anyNumber, finite } from '../../rule/hyper.js'
import type { GradientTransformation } from '../../transform.js'
import { clip } from '../../transforms/clip.js'
import { clipnorm, globalClipnorm } from '../../transforms/clipnorm.js'
import type { BaseSettings } from './settings.js'

/** Whether a number is positive as a float32; 1e-50 is not. */
const isPositive = (c: number): boolean => Math.fround(c) > 0
const isFinite = (c: number): boolean => Number.isFinite(Math.fround(c))

// TensorFlow's formulas for thresholds of 0 or less, and infinite ones, which `strict` accepts: NaN, as 0 / 0.
const noValue = (c: number): GradientTransformation =>
  ourElementwise({
    name: 'clipvalue',
    hyper: { c: finite(c) },
    step: ({ u }, { c }) => ({ u: max(min(u, c), neg(c)) }),
  })
const noNorm = (): GradientTransformation =>
  ourElementwise({
    name: 'clipnorm',
    totals: { sq: { over: 'leaf', of: ({ u }) => square(u) } },
    step: ({ u, sq }) => ({ u: div(mul(u, 0), sqrt(sq)) }),
  })
const noGlobalNorm = (c: number): GradientTransformation =>
  ourElementwise({
    name: 'globalClipnorm',
    hyper: { c: anyNumber(c) },
    totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
    step: ({ u, sq }, { c }) => ({ u: mul(u, mul(c, min(div(1, sqrt(sq)), div(1, c)))) }),
  })

/** The clip by global norm before aggregation; 0 or less turns it off. */
export const clipBefore = (norm: number): GradientTransformation =>
  norm > 0 ? (isPositive(norm) && isFinite(norm) ? globalClipnorm(norm) : noGlobalNorm(Math.fround(norm))) : identity()

/** `clipvalue`, then `clipnorm`, then `global_clipnorm`. */
export const clipAfter = ({
  clipvalue,
  clipnorm: norm,
  globalClipnorm: whole,
}: BaseSettings): GradientTransformation => {
  const links: readonly (GradientTransformation | null)[] = [
    clipvalue === null ? null : (isPositive(clipvalue) ? clip : noValue)(clipvalue),
    norm === null ? null : isPositive(norm) ? clipnorm(norm) : noNorm(),
    whole === null ? null : (isPositive(whole) ? globalClipnorm : noGlobalNorm)(whole),
  ]
  return chain(...links.filter(link => link !== null))
}
