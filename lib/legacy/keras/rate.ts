/** The learning rate of a step as Keras computes it: in float32, with `decay` applied to numbers and schedules. */
import type { Hyper } from '../../rule/hyper.js'
import type { BaseSettings } from './settings.js'

const { fround } = Math

export const rateOf = ({ learningRate, decay }: Pick<BaseSettings, 'learningRate' | 'decay'>): Hyper => {
  if (decay === 0 && typeof learningRate === 'number') return fround(learningRate)
  return count => {
    const k = fround(count)
    const rate = fround(typeof learningRate === 'number' ? learningRate : learningRate(k))
    return decay > 0 ? fround(rate / fround(1 + fround(fround(decay) * k))) : rate
  }
}
