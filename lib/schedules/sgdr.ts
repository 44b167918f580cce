import { checked, refuseNames } from '../call/checked.js'
import { isRecord } from '../call/record.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { joinSchedules } from './join.js'
import { warmupCosine, type WarmupCosine } from './warmup.js'

/** One cycle of `sgdrSchedule`: the arguments of `warmupCosineDecaySchedule` by name. */
export type SgdrCycle = WarmupCosine

const names: Names<SgdrCycle> = {
  initValue: '',
  peakValue: 'maxlr',
  warmupSteps: '',
  decaySteps: 't0 totalsteps',
  endValue: 'alpha etamin minlr',
  exponent: 'power',
}

/**
 * Cosine decay with warm restarts: one `warmupCosineDecaySchedule` after the other, each for its `decaySteps`. After the
 * last one its end value stays.
 *
 * With cycles of the same form, `repeatSchedule` and `multiplySchedules` say it in fewer numbers.
 *
 * @throws TypeError unless the cycles are a non-empty list of records, and for unknown names in them; ValueError as
 * `warmupCosineDecaySchedule`, with the number of the cycle.
 * @source Loshchilov and Hutter 2017 (SGDR); optax `sgdr_schedule`. Keras's `CosineDecayRestarts` and torch's
 * `CosineAnnealingWarmRestarts` have cycles without warmup, each longer than the one before by the same factor.
 * @example
 * import { sgdrSchedule } from 'tfjs-optax'
 * const cycle = { initValue: 0, warmupSteps: 10 }
 * const rate = sgdrSchedule([
 *   { ...cycle, peakValue: 1, decaySteps: 100 },
 *   { ...cycle, peakValue: 0.5, decaySteps: 200, endValue: 0.01 },
 * ])
 * rate(110) // 0.5
 */
export const sgdrSchedule = /* @__PURE__ */ checked(
  { who: 'sgdrSchedule', takes: ['cycles'] },
  (cycles: readonly SgdrCycle[]): Schedule => {
    const who = 'sgdrSchedule'
    if (!Array.isArray(cycles) || cycles.length === 0)
      throw badArgument(who, 'cycles', 'a non-empty list of {initValue, peakValue, warmupSteps, decaySteps, …}', cycles)
    const list = cycles as readonly SgdrCycle[]
    const made = list.map((cycle, i) => {
      if (!isRecord(cycle)) throw badArgument(who, `cycles[${i}]`, 'a record of the arguments of a cycle', cycle)
      const unknown = Object.keys(cycle).filter(name => !Object.hasOwn(names, name))
      refuseNames({ who: `${who}: cycles[${i}]`, takes: [], options: names }, unknown)
      return warmupCosine(who, `cycles[${i}].`, cycle)
    })
    const ends = list.slice(0, -1).map((_, i) => list.slice(0, i + 1).reduce((sum, cycle) => sum + cycle.decaySteps, 0))
    const copies = Object.freeze(list.map(cycle => Object.freeze({ ...cycle })))
    return carrying(who, { cycles: copies }, joinSchedules(made, ends))
  },
)
