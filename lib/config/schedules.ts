/** Codecs of this package's schedules. Keras's schedules are added by the layer that defines them. */
import type { Schedule } from '../rule/hyper.js'
import { byEpoch } from '../schedules/byEpoch.js'
import { constantSchedule } from '../schedules/constant.js'
import { cosineDecaySchedule } from '../schedules/cosine.js'
import { exponentialDecay } from '../schedules/exponential.js'
import { joinSchedules } from '../schedules/join.js'
import { multiplySchedules } from '../schedules/multiply.js'
import { cosineOnecycleSchedule, linearOnecycleSchedule } from '../schedules/onecycle.js'
import { piecewiseConstantSchedule, piecewiseInterpolateSchedule } from '../schedules/piecewise.js'
import { linearSchedule, polynomialSchedule } from '../schedules/polynomial.js'
import { repeatSchedule } from '../schedules/repeat.js'
import { sgdrSchedule } from '../schedules/sgdr.js'
import { warmupConstantSchedule, warmupCosineDecaySchedule } from '../schedules/warmup.js'
import { warmupExponentialDecaySchedule } from '../schedules/warmupExponential.js'
import { closed, kind, options, tagged, type Codec, type Kind } from './kind.js'
import { choice, flag, fraction, list, number, positive, positiveSteps, scales, steps } from './values.js'
import { writeValue } from './writeValue.js'

/** Readers of schedules of other layers, by type. */
export type OtherSchedules = Readonly<Record<string, Kind<Schedule>>>

const line = { initValue: number, endValue: number, transitionSteps: positiveSteps }
const begin = { transitionBegin: steps }
const exponential = { ...begin, staircase: flag, endValue: number }
const onecycle = { transitionSteps: positiveSteps, peakValue: number }
const factors = { pctStart: fraction, divFactor: positive, finalDivFactor: positive }
const warmupCosine = options(
  { initValue: number, peakValue: number, warmupSteps: steps, decaySteps: positiveSteps },
  { endValue: number, exponent: number },
)

const schedulesOf = (schedule: Codec<Schedule>): Codec<readonly Schedule[]> => list('a list of schedules', schedule)

/** One entry for each factory of a schedule. */
export const scheduleKinds = (schedule: Codec<Schedule>): Readonly<Record<string, Kind<Schedule>>> => ({
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
    options({ initValue: number, transitionSteps: positiveSteps, decayRate: positive }, exponential),
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
  warmupCosineDecaySchedule: kind(warmupCosine, ({ initValue, peakValue, warmupSteps, decaySteps, ...rest }) =>
    warmupCosineDecaySchedule(initValue, peakValue, warmupSteps, decaySteps, rest),
  ),
  warmupExponentialDecaySchedule: kind(
    options(
      {
        initValue: number,
        peakValue: number,
        warmupSteps: steps,
        transitionSteps: positiveSteps,
        decayRate: positive,
      },
      exponential,
    ),
    ({ initValue, peakValue, warmupSteps, transitionSteps, decayRate, ...rest }) =>
      warmupExponentialDecaySchedule(initValue, peakValue, warmupSteps, transitionSteps, decayRate, rest),
  ),
  linearOnecycleSchedule: kind(
    options(onecycle, { ...factors, pctFinal: fraction }),
    ({ transitionSteps, peakValue, ...rest }) => linearOnecycleSchedule(transitionSteps, peakValue, rest),
  ),
  cosineOnecycleSchedule: kind(options(onecycle, factors), ({ transitionSteps, peakValue, ...rest }) =>
    cosineOnecycleSchedule(transitionSteps, peakValue, rest),
  ),
  sgdrSchedule: kind(options({ cycles: list('a list of cycles', closed(warmupCosine)) }, {}), o =>
    sgdrSchedule(o.cycles),
  ),
  joinSchedules: kind(
    options({ schedules: schedulesOf(schedule), boundaries: list('a list of whole numbers', steps) }, {}),
    o => joinSchedules(o.schedules, o.boundaries),
  ),
  multiplySchedules: kind(options({ schedules: schedulesOf(schedule) }, {}), o => multiplySchedules(o.schedules)),
  repeatSchedule: kind(options({ schedule, period: positiveSteps }, {}), o => repeatSchedule(o.schedule, o.period)),
  byEpoch: kind(
    options({ schedule, stepsPerEpoch: positiveSteps }, { fractional: flag }),
    ({ schedule, stepsPerEpoch, ...rest }) => byEpoch(schedule, stepsPerEpoch, rest),
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
  Object.entries({ ...scheduleKinds(codec), ...others }).forEach(([type, one]) => kinds.set(type, one))
  return codec
}
