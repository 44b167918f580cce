/** Codecs of this package's schedules. Keras's schedules are added by the layer that defines them. */
import type { Schedule } from '../rule/hyper.js'
import { constantSchedule } from '../schedules/constant.js'
import { cosineDecaySchedule } from '../schedules/cosine.js'
import { exponentialDecay } from '../schedules/exponential.js'
import { joinSchedules } from '../schedules/join.js'
import { piecewiseConstantSchedule, piecewiseInterpolateSchedule } from '../schedules/piecewise.js'
import { linearSchedule, polynomialSchedule } from '../schedules/polynomial.js'
import { warmupConstantSchedule, warmupCosineDecaySchedule } from '../schedules/warmup.js'
import { kind, options, tagged, type Codec, type Kind } from './kind.js'
import { choice, flag, list, number, positive, positiveSteps, scales, steps } from './values.js'
import { writeValue } from './writeValue.js'

/** Readers of schedules of other layers, by type. */
export type OtherSchedules = Readonly<Record<string, Kind<Schedule>>>

const line = { initValue: number, endValue: number, transitionSteps: positiveSteps }
const begin = { transitionBegin: steps }

const kindsOf = (schedule: Codec<Schedule>): Readonly<Record<string, Kind<Schedule>>> => ({
  constantSchedule: kind(options({ value: number }, {}), o => constantSchedule(o.value)),
  linearSchedule: kind(options(line, begin), ({ initValue, endValue, transitionSteps, ...rest }) =>
    linearSchedule(initValue, endValue, transitionSteps, rest),
  ),
  polynomialSchedule: kind(
    options({ ...line, power: number }, begin),
    ({ initValue, endValue, power, transitionSteps, ...rest }) =>
      polynomialSchedule(initValue, endValue, power, transitionSteps, rest),
  ),
  cosineDecaySchedule: kind(
    options({ initValue: number, decaySteps: positiveSteps }, { alpha: number, exponent: number }),
    ({ initValue, decaySteps, ...rest }) => cosineDecaySchedule(initValue, decaySteps, rest),
  ),
  exponentialDecay: kind(
    options(
      { initValue: number, transitionSteps: positiveSteps, decayRate: positive },
      { ...begin, staircase: flag, endValue: number },
    ),
    ({ initValue, transitionSteps, decayRate, ...rest }) =>
      exponentialDecay(initValue, transitionSteps, decayRate, rest),
  ),
  piecewiseConstantSchedule: kind(options({ initValue: number }, { boundariesAndScales: scales }), o =>
    piecewiseConstantSchedule(o.initValue, o.boundariesAndScales),
  ),
  piecewiseInterpolateSchedule: kind(
    options({ interpolateType: choice('linear', 'cosine'), initValue: number }, { boundariesAndScales: scales }),
    o => piecewiseInterpolateSchedule(o.interpolateType, o.initValue, o.boundariesAndScales),
  ),
  warmupConstantSchedule: kind(options({ initValue: number, peakValue: number, warmupSteps: positiveSteps }, {}), o =>
    warmupConstantSchedule(o.initValue, o.peakValue, o.warmupSteps),
  ),
  warmupCosineDecaySchedule: kind(
    options(
      { initValue: number, peakValue: number, warmupSteps: steps, decaySteps: positiveSteps },
      { endValue: number, exponent: number },
    ),
    ({ initValue, peakValue, warmupSteps, decaySteps, ...rest }) =>
      warmupCosineDecaySchedule(initValue, peakValue, warmupSteps, decaySteps, rest),
  ),
  joinSchedules: kind(
    options(
      { schedules: list('a list of schedules', schedule), boundaries: list('a list of whole numbers', steps) },
      {},
    ),
    o => joinSchedules(o.schedules, o.boundaries),
  ),
})

/** The codec of all schedules, `others` included. */
export const schedules = (others: OtherSchedules): Codec<Schedule> => {
  const kinds = new Map<string, Kind<Schedule>>()
  const codec: Codec<Schedule> = tagged<Schedule>({
    name: 'a schedule {type, …}',
    kinds,
    is: (u): u is Schedule => typeof u === 'function',
    encode: writeValue,
  })
  Object.entries({ ...kindsOf(codec), ...others }).forEach(([type, one]) => kinds.set(type, one))
  return codec
}
