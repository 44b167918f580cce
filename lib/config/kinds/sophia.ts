/** Configs of Sophia: its link and its recipe. */
import { sophia } from '../../optimizers/sophia.js'
import { scaleBySophia } from '../../transforms/sophia.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import { momentsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { orNull } from '../values.js'

export const sophiaKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const link = { ...momentsOf(parts), gamma: h.positive, clipThreshold: orNull(h.positive) }
  return {
    scaleBySophia: kind(options({}, link), scaleBySophia),
    sophia: kind(
      options(rateOf(parts), { ...link, weightDecay: h.finite, weightDecayMask: mask }),
      ({ learningRate, ...rest }) => sophia(learningRate, rest),
    ),
  }
}
