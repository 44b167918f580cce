/** The learning rate of a chain, wherever in it that stands. */
import { noLearningRate, severalLearningRates } from '../errors.js'
import { resolve, type Hyper } from '../../rule/hyper.js'
import type { Program } from '../../rule/program.js'
import { linksOf } from '../../rule/program.js'
import type { Rule } from '../../rule/rule.js'

const key = 'learningRate'

const rulesWithRate = (program: Program): readonly Rule[] =>
  linksOf(program).flatMap(link => (link.kind === 'rule' && Object.hasOwn(link.rule.hyper, key) ? [link.rule] : []))

/** The rate as it was given. */
export const learningRateOf = (who: string, program: Program): Hyper => {
  const value = rulesWithRate(program)[0]?.hyper[key]?.value
  if (value === undefined) throw noLearningRate(who)
  return value
}

/** The rate that a step after `count` others uses. */
export const rateAt = (program: Program, count: number): number | undefined => {
  const [rule] = rulesWithRate(program)
  const spec = rule?.hyper[key]
  return rule === undefined || spec === undefined ? undefined : resolve(rule.name, key, spec, count)
}

const edit = (program: Program, learningRate: Hyper): Program => {
  switch (program.kind) {
    case 'rule': {
      const { rule } = program
      return Object.hasOwn(rule.hyper, key) ? { kind: 'rule', rule: rule.withHyper({ [key]: learningRate }) } : program
    }
    case 'chain':
      return { ...program, links: program.links.map(link => edit(link, learningRate)) }
    case 'masked':
      return { ...program, inner: edit(program.inner, learningRate) }
    default:
      return program
  }
}

/** The program with another rate, which takes the same state. */
export const withLearningRate = (who: string, program: Program, learningRate: Hyper): Program => {
  const rates = new Set(rulesWithRate(program).map(rule => rule.hyper[key]?.value))
  if (rates.size === 0) throw noLearningRate(who)
  if (rates.size > 1) throw severalLearningRates(who)
  return edit(program, learningRate)
}
