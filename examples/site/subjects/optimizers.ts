/** Examples of recipes that are not `name($rate)`. */
import type { Rows } from './subject.js'

export const optimizerRows: Rows = {
  cocob: ['cocob()'],
  dadaptAdamw: ['dadaptAdamw()'],
  dog: ['dog()'],
  dowg: ['dowg()'],
  momo: ['momo()'],
  momoAdam: ['momoAdam({ learningRate: 0.1 })', 'momoAdam({ learningRate: $rate })'],
  polyakSgd: ['polyakSgd()'],
  prodigy: ['prodigy()'],
  scheduleFree: ['scheduleFree(sgd($rate), $rate)'],
  simplifiedAdemamix: [
    'simplifiedAdemamix($rate / 100)',
    undefined,
    'Its mean of updates is a sum, up to a hundred times as large, so the rates tried are a hundredth of the usual ones.',
  ],
  sophia: ['sophia($rate, { gamma: 0.5 })'],
}
