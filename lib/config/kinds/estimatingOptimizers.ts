/** Configs of recipes whose step sizes follow from distances, norms and losses. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { dadaptAdamw } from '../../optimizers/dadaptAdamw.js'
import { dog, dowg, type DogFirstStep } from '../../optimizers/dog.js'
import { momo } from '../../optimizers/momo.js'
import { momoAdam } from '../../optimizers/momoAdam.js'
import { novograd } from '../../optimizers/novograd.js'
import { polyakSgd } from '../../optimizers/polyakSgd.js'
import { prodigy } from '../../optimizers/prodigy.js'
import type { Hyper } from '../../rule/hyper.js'
import { expectedGot } from '../faults.js'
import { kind, options, type Codec } from '../kind.js'
import { mask } from '../masks.js'
import { momentsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { flag } from '../values.js'
import { writeValue } from '../writeValue.js'
import { firstStep, novogradOptions, polyakOptions } from './estimating.js'

/** The codec of `initStep`. */
const firstStepPair = (value: Codec<Hyper>): Codec<DogFirstStep> =>
  new t.Type<DogFirstStep, unknown, unknown>(
    '[kind, value]',
    (u): u is DogFirstStep => Array.isArray(u),
    (u, context) => {
      if (!Array.isArray(u) || u.length !== 2) return t.failure(u, context, expectedGot('[kind, value]', u))
      return F.pipe(
        firstStep.validate(u[0], t.appendContext(context, '0', firstStep, u[0])),
        E.flatMap(name =>
          F.pipe(
            value.validate(u[1], t.appendContext(context, '1', value, u[1])),
            E.map((read): DogFirstStep => [name, read]),
          ),
        ),
      )
    },
    writeValue,
  )

export const estimatingOptimizerKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const learningRate = h.finite
  const moments = momentsOf(parts)
  const decay = { weightDecay: h.finite, mask }
  const estimated = { learningRate, ...moments, estimLr0: h.positive, weightDecay: h.nonNegative }
  const model = {
    learningRate: h.positive,
    lowerBound: h.finite,
    weightDecay: h.nonNegative,
    adaptLowerBound: flag,
  }
  return {
    novograd: kind(options(rateOf(parts), novogradOptions(parts)), ({ learningRate, ...rest }) =>
      novograd(learningRate, rest),
    ),
    polyakSgd: kind(options({}, { ...polyakOptions(parts), scaling: h.finite }), polyakSgd),
    dog: kind(options({}, { learningRate, initStep: firstStepPair(h.positive), eps: h.positive, ...decay }), dog),
    dowg: kind(options({}, { learningRate, initEstimSqDist: h.positive, eps: h.positive, ...decay }), dowg),
    prodigy: kind(
      options({}, { ...estimated, b3: h.decayRate, estimLrCoef: h.positive, safeguardWarmup: flag }),
      prodigy,
    ),
    dadaptAdamw: kind(options({}, estimated), dadaptAdamw),
    momo: kind(options({}, { ...model, beta: h.decayRate }), momo),
    momoAdam: kind(options({}, { ...model, ...moments }), momoAdam),
  }
}
