/** Finds, evaluates and replaces the learning rate of a chain, in whatever link it is. */
import { noLearningRate, severalLearningRates } from '../errors/shell.js'
import { atCount, firstState, foldState, linksIn, numbersOf, withHyper } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { resolve, type Hyper } from '../rule/hyper.js'
import type { Numbers } from '../rule/rule.js'
import { isRecord } from '../tree/structure.js'

const key = 'learningRate'

const linksWithRate = (program: Program): readonly Numbers<unknown>[] =>
  linksIn(program).flatMap(leaf => {
    const numbers = numbersOf(leaf)
    return numbers !== null && Object.hasOwn(numbers.hyper, key) ? [numbers] : []
  })

/** The first link with a learning rate; null if there is none, or if several have different rates. */
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

/** The rate as it was given; throws if there is none, or if several differ. */
export const learningRateOf = (who: string, program: Program): Hyper => theLink(who, program).hyper[key]?.value ?? NaN

/** The state after some steps, with counts only. */
const countsOnly = (program: Program, iterations: number): unknown => {
  const first = firstState(program, leaf => {
    const slots = Object.keys(numbersOf(leaf)?.slots ?? {}).map(name => [name, null] as const)
    return { count: 0, ...Object.fromEntries(slots) }
  })
  return atCount(program, first, iterations)
}

/**
 * The rate that the next step uses; undefined if there is none, or if several differ. `state` is null before the first
 * variable. The count is that of the link with the rate, since a link within `multiSteps` counts updates, not steps.
 */
export const nextRate = (program: Program, state: unknown, iterations: number): number | undefined => {
  const link = linkOf(linksWithRate(program))
  const spec = link?.hyper[key]
  if (link === null || spec === undefined) return undefined
  const [count = 0] = foldState<readonly number[]>(program, state ?? countsOnly(program, iterations), {
    leaf: (leaf, own) => (numbersOf(leaf) === link && isRecord(own) ? [Number(own['count'])] : []),
    nest: (_nest, parts) => parts.flat(),
  })
  return resolve(link.name, key, spec, count)
}

/** The program with another rate; it works with the same state. */
export const withLearningRate = (who: string, program: Program, learningRate: Hyper): Program => {
  theLink(who, program)
  return withHyper(program, { [key]: learningRate })
}
