/** The learning rate of a step as Keras computes it: in float32, with `decay` applied to numbers and schedules. */
import { at, changedHyper, isByPath, type Hyper, type Timed } from '../../rule/hyper.js'
import type { BaseSettings } from './settings.js'

const { fround } = Math

type Rates = Pick<BaseSettings, 'learningRate' | 'decay'>

/** The rate of the step after `count` steps. */
const rateAt = (learningRate: Timed, decay: number, count: number): number => {
  const k = fround(count)
  const rate = fround(at(learningRate, k))
  return decay > 0 ? fround(rate / fround(1 + fround(fround(decay) * k))) : rate
}

/** The rate of each step, which reads the present settings, so that a new rate needs no new program. */
export const rateOf = (present: () => Rates): Hyper => {
  const { learningRate: first, decay } = present()
  if (isByPath(first)) return changedHyper(first, rate => count => rateAt(rate, decay, count))
  return count => {
    const { learningRate, decay: now } = present()
    return isByPath(learningRate) ? NaN : rateAt(learningRate, now, count)
  }
}

/** Whether settings differ in nothing, or in nothing but rates that are read at every step, so that the same programs serve both. */
export const differInRateOnly = <S extends BaseSettings>(a: S, b: S): boolean => {
  if (a === b) return true
  if (isByPath(a.learningRate) || isByPath(b.learningRate)) return false
  for (const key in a) if (key !== 'learningRate' && key !== 'decay' && a[key] !== b[key]) return false
  return true
}
