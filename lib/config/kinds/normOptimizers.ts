/** Configs of recipes of transformations by norms, of factored sums, and of noise. */
import { adafactor } from '../../optimizers/adafactor.js'
import { fromage, fromageRate } from '../../optimizers/fromage.js'
import { lamb } from '../../optimizers/lamb.js'
import { lars } from '../../optimizers/lars.js'
import { noisySgd } from '../../optimizers/noisySgd.js'
import { sm3 } from '../../optimizers/sm3.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import { adamOptionsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { flag, orNull, steps } from '../values.js'
import { factoredOptions } from './norms.js'

export const normOptimizerKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const [rate, adamOptions] = [rateOf(parts), adamOptionsOf(parts)]
  return {
    lamb: kind(options(rate, { ...adamOptions, weightDecay: h.finite, mask }), ({ learningRate, ...rest }) =>
      lamb(learningRate, rest),
    ),
    lars: kind(
      options(rate, {
        weightDecay: h.finite,
        weightDecayMask: mask,
        trustCoefficient: h.nonNegative,
        eps: h.nonNegative,
        trustRatioMask: mask,
        momentum: h.decayRate,
        nesterov: flag,
      }),
      ({ learningRate, ...rest }) => lars(learningRate, rest),
    ),
    fromage: kind(options(rate, { minNorm: h.nonNegative }), ({ learningRate, ...rest }) =>
      fromage(learningRate, rest),
    ),
    noisySgd: kind(options(rate, { eta: h.nonNegative, gamma: h.finite, seed: steps }), ({ learningRate, ...rest }) =>
      noisySgd(learningRate, rest),
    ),
    sm3: kind(options(rate, { momentum: h.decayRate }), ({ learningRate, ...rest }) => sm3(learningRate, rest)),
    adafactor: kind(
      options(
        {},
        {
          ...rate,
          ...factoredOptions(parts),
          decayOffset: steps,
          multiplyByParameterScale: flag,
          clippingThreshold: orNull(h.positive),
          momentum: orNull(h.decayRate),
          weightDecayRate: orNull(h.finite),
          eps: h.positive,
          weightDecayMask: mask,
        },
      ),
      ({ learningRate, ...rest }) => adafactor(learningRate, rest),
    ),
    // the link of `fromage`
    fromageRate: kind(options(rate, {}), o => fromageRate(o.learningRate)),
  }
}
