/** Configs of Muon: its links and its recipe. */
import * as t from 'io-ts'
import { muon } from '../../optimizers/muon.js'
import type { MuonDimensionNumbers } from '../../transforms/matrices.js'
import { scaleByMuon } from '../../transforms/muon.js'
import { preconditionings, type NsCoeffs } from '../../transforms/newtonSchulz.js'
import { scaleByShape } from '../../transforms/scaleByShape.js'
import { expectedGot } from '../faults.js'
import { closed, kind, options, type Codec } from '../kind.js'
import { mask } from '../masks.js'
import { adamOptionsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { axes, choice, flag, list, number, numbers, orNull, positive, positiveSteps } from '../values.js'

const triples = list('a list of triples', numbers)
const name = 'three numbers, a list of such triples, "standard" or "dion"'

/** The factory checks how many numbers there are. */
const nsCoeffs: Codec<NsCoeffs> = new t.Type<NsCoeffs, unknown, unknown>(
  name,
  (u): u is NsCoeffs => Array.isArray(u) || typeof u === 'string',
  (u, context) => {
    if (u === 'standard' || u === 'dion') return t.success(u)
    if (!Array.isArray(u)) return t.failure(u, context, expectedGot(name, u))
    const read = u.every(Array.isArray) ? triples.validate(u, context) : numbers.validate(u, context)
    return read as t.Validation<NsCoeffs>
  },
  given =>
    typeof given === 'string' ? given : given.map(x => (typeof x === 'number' ? number : numbers).encode(x as never)),
)

const dimensions: Codec<MuonDimensionNumbers> = closed(options({}, { reductionAxis: axes, outputAxis: axes }))

export const muonKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const { b1, b2, eps, epsRoot } = adamOptionsOf(parts)
  const links = {
    beta: h.decayRate,
    eps,
    nesterov: flag,
    nsSteps: positiveSteps,
    nsCoeffs,
    preconditioning: choice(...preconditionings),
    adaptive: flag,
  }
  const shape = { consistentRms: orNull(positive) }
  return {
    scaleByMuon: kind(options({}, { ...links, weightDimensionNumbers: dimensions }), scaleByMuon),
    // the link of `muon`
    scaleByShape: kind(options({}, { ...shape, weightDimensionNumbers: dimensions }), scaleByShape),
    muon: kind(
      options(rateOf(parts), {
        ...links,
        ...shape,
        weightDecay: h.finite,
        weightDecayMask: mask,
        adamB1: b1,
        adamB2: b2,
        adamEpsRoot: epsRoot,
        adamWeightDecay: h.finite,
        adamLearningRate: h.finite,
        muonWeightDimensionNumbers: dimensions,
      }),
      ({ learningRate, ...rest }) => muon(learningRate, rest),
    ),
  }
}
