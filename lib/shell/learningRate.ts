/** The learning rate of a chain, wherever in it that stands. */
import { noLearningRate, severalLearningRates } from '../errors/shell.js'
import { linksIn, numbersOf, withHyper } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { resolve, type Hyper } from '../rule/hyper.js'
import type { Numbers } from '../rule/rule.js'

const key = 'learningRate'

const linksWithRate = (program: Program): readonly Numbers<unknown>[] =>
  linksIn(program).flatMap(leaf => {
    const numbers = numbersOf(leaf)
    return numbers !== null && Object.hasOwn(numbers.hyper, key) ? [numbers] : []
  })

/** The link of the rate; null where there is none, and where several differ. */
const linkOf = (links: readonly Numbers<unknown>[]): Numbers<unknown> | null => {
  const [first] = links
  return first !== undefined && links.every(link => link.hyper[key]?.value === first.hyper[key]?.value) ? first : null
}

const theLink = (who: string, program: Program): Numbers<unknown> => {
  const links = linksWithRate(program)
  const link = linkOf(links)
  if (link === null) throw links.length === 0 ? noLearningRate(who) : severalLearningRates(who)
  return link
}

/** The rate as it was given; throws where several differ. */
export const learningRateOf = (who: string, program: Program): Hyper => theLink(who, program).hyper[key]?.value ?? NaN

/** The rate that a step after `count` others uses; undefined where there is none, or several that differ. */
export const rateAt = (program: Program, count: number): number | undefined => {
  const link = linkOf(linksWithRate(program))
  const spec = link?.hyper[key]
  return link === null || spec === undefined ? undefined : resolve(link.name, key, spec, count)
}

/** The program with another rate, which takes the same state. */
export const withLearningRate = (who: string, program: Program, learningRate: Hyper): Program => {
  theLink(who, program)
  return withHyper(program, { [key]: learningRate })
}
