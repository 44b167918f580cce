/** The learning rate of a chain, wherever in it that stands. */
import { noLearningRate, severalLearningRates } from '../errors.js'
import { resolve, type Hyper } from '../../rule/hyper.js'
import { linksIn, numbersOf, withHyper } from '../../program/fold.js'
import type { Program } from '../../program/program.js'
import type { Numbers } from '../../rule/rule.js'

const key = 'learningRate'

const linksWithRate = (program: Program): readonly Numbers<unknown>[] =>
  linksIn(program).flatMap(leaf => {
    const numbers = numbersOf(leaf)
    return numbers !== null && Object.hasOwn(numbers.hyper, key) ? [numbers] : []
  })

/** The rate as it was given. */
export const learningRateOf = (who: string, program: Program): Hyper => {
  const value = linksWithRate(program)[0]?.hyper[key]?.value
  if (value === undefined) throw noLearningRate(who)
  return value
}

/** The rate that a step after `count` others uses. */
export const rateAt = (program: Program, count: number): number | undefined => {
  const [rule] = linksWithRate(program)
  const spec = rule?.hyper[key]
  return rule === undefined || spec === undefined ? undefined : resolve(rule.name, key, spec, count)
}

/** The program with another rate, which takes the same state. */
export const withLearningRate = (who: string, program: Program, learningRate: Hyper): Program => {
  const rates = new Set(linksWithRate(program).map(rule => rule.hyper[key]?.value))
  if (rates.size === 0) throw noLearningRate(who)
  if (rates.size > 1) throw severalLearningRates(who)
  return withHyper(program, { [key]: learningRate })
}
