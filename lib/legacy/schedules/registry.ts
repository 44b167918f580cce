/** Every schedule that a config may name. */
import { kerasCosineDecay } from './cosine.js'
import type { ScheduleKind } from './define.js'
import { kerasExponentialDecay, kerasInverseTimeDecay } from './exponential.js'
import {
  kerasCosineDecayWithOffset,
  kerasExponentialDecayWithOffset,
  kerasPiecewiseConstantDecayWithOffset,
  kerasPolynomialDecayWithOffset,
} from './offset.js'
import { kerasPiecewiseConstantDecay } from './piecewise.js'
import { kerasPolynomialDecay } from './polynomial.js'
import { kerasDirectPowerDecay, kerasPowerAndLinearDecay, kerasPowerDecayWithOffset } from './power.js'
import { kerasCosineDecayRestarts } from './restarts.js'
import { kerasStepCosineDecayWithOffset } from './stepCosine.js'
import { kerasLinearWarmup, kerasPolynomialWarmUp, kerasWarmUp } from './warmup.js'

const kinds: readonly ScheduleKind[] = [
  kerasExponentialDecay.kind,
  kerasPiecewiseConstantDecay.kind,
  kerasPolynomialDecay.kind,
  kerasInverseTimeDecay.kind,
  kerasCosineDecay.kind,
  kerasCosineDecayRestarts.kind,
  kerasLinearWarmup.kind,
  kerasPolynomialWarmUp.kind,
  kerasWarmUp.kind,
  kerasDirectPowerDecay.kind,
  kerasPowerAndLinearDecay.kind,
  kerasPowerDecayWithOffset.kind,
  kerasStepCosineDecayWithOffset.kind,
  kerasPiecewiseConstantDecayWithOffset.kind,
  kerasPolynomialDecayWithOffset.kind,
  kerasExponentialDecayWithOffset.kind,
  kerasCosineDecayWithOffset.kind,
]

/** By Keras's class name. */
export const kindsByName: ReadonlyMap<string, ScheduleKind> = new Map(kinds.map(kind => [kind.className, kind]))
