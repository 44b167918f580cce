/** Configs of recipes. */
import { adam } from '../../optimizers/adam.js'
import { adamw } from '../../optimizers/adamw.js'
import { sgd } from '../../optimizers/sgd.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import { adamOptionsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { flag } from '../values.js'

export const optimizerKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const [rate, adamOptions] = [rateOf(parts), adamOptionsOf(parts)]
  return {
    sgd: kind(options(rate, { momentum: h.decayRate, nesterov: flag }), ({ learningRate, ...rest }) =>
      sgd(learningRate, rest),
    ),
    adam: kind(options(rate, { ...adamOptions, nesterov: flag }), ({ learningRate, ...rest }) =>
      adam(learningRate, rest),
    ),
    adamw: kind(
      options(rate, { ...adamOptions, nesterov: flag, weightDecay: h.finite, mask }),
      ({ learningRate, ...rest }) => adamw(learningRate, rest),
    ),
  }
}
