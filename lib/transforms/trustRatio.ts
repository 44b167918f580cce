/**
 * The trust ratio of LAMB and LARS, with a mask. The ratio is multiplied by the rate first, for the same rounding as
 * Keras.
 */
import { chain } from '../chain.js'
import { ourElementwise } from '../elementwise.js'
import { neg, square } from '../rule/compose.js'
import { div, lt, mul, select, sqrt } from '../rule/expr.js'
import { finite, nonNegative, type Hyper } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'
import { mayBeEmpty } from '../tree/unchosen.js'
import { masked } from '../wrappers/masked.js'
import { complement } from '../wrappers/complement.js'
import { scaleByLearningRate } from './scale.js'

export interface TrustOptions {
  /** multiplies the ratio, but not the 1 that replaces it if a norm is zero */
  readonly eeta: Hyper
  /** whether to multiply by the negative rate */
  readonly flipSign: boolean
  /** the leaves with a ratio; the others have the plain rate */
  readonly mask: Mask
}

/** `u = (r learningRate) u`, with `r = eeta |p| / |u|` of the leaf, or 1 if a norm is zero. */
export const trustedRate = (learningRate: Hyper, eeta: Hyper, flipSign: boolean) =>
  ourElementwise({
    name: 'trustedRate',
    hyper: { learningRate: finite(learningRate), eeta: nonNegative(eeta) },
    options: { flipSign },
    totals: {
      pp: { over: 'leaf', of: ({ p }) => square(p) },
      uu: { over: 'leaf', of: ({ u }) => square(u) },
    },
    step: ({ u, pp, uu }, { learningRate, eeta }) => {
      const [ofP, ofU] = [sqrt(pp), sqrt(uu)]
      const ratio = select(lt(0, ofP), select(lt(0, ofU), div(mul(eeta, ofP), ofU), 1), 1)
      const rate = mul(ratio, learningRate)
      return { u: mul(flipSign ? neg(rate) : rate, u) }
    },
  })

/** `trustedRate` for the leaves of the mask, the plain rate for all others. */
export const scaleByTrustedRate = (learningRate: Hyper, { eeta, flipSign, mask }: TrustOptions) =>
  chain(
    masked(trustedRate(learningRate, eeta, flipSign), mask),
    masked(scaleByLearningRate(learningRate, { flipSign }), mayBeEmpty(complement(mask))),
  )
