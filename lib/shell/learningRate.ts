/** Finds, evaluates and replaces the learning rate of a chain, in whatever link it is. */
import { noLearningRate, severalLearningRates } from '../errors/shell.js'
import { hypersNow, type HyperNow, type LinkHypers } from '../hyperparams.js'
import { atCount, firstState, linksIn, numbersOf, withHyper } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { resolveValue, type Hyper } from '../rule/hyper.js'
import type { Numbers } from '../rule/rule.js'

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
    const { slots = {}, cells = {} } = numbersOf(leaf) ?? {}
    const fields = Object.keys({ ...slots, ...cells }).map(name => [name, null] as const)
    return { count: 0, ...Object.fromEntries(fields) }
  })
  return atCount(program, first, iterations)
}

/**
 * The rate that the next step uses, or a record by variable where rates differ; undefined if there is none, or if links
 * with several rates change one variable. `state` is null before the first variable.
 */
export const nextRate = (
  program: Program,
  state: unknown,
  iterations: number,
  variables: Readonly<Record<string, unknown>>,
): HyperNow | undefined => {
  const found = hypersNow('lastStep', program, state ?? countsOnly(program, iterations), variables).filter(({ now }) =>
    Object.hasOwn(now, key),
  )
  const rateOf = ({ now }: LinkHypers): HyperNow => now[key] ?? NaN
  const [first, ...others] = found
  if (first === undefined) return undefined
  if (typeof rateOf(first) === 'number' && others.every(one => rateOf(one) === rateOf(first))) return rateOf(first)
  const rates: Record<string, number> = {}
  for (const link of found) {
    const rate = rateOf(link)
    for (const { path } of link.leaves() ?? []) {
      if (Object.hasOwn(rates, path)) return undefined
      rates[path] = typeof rate === 'number' ? rate : (rate[path] ?? NaN)
    }
  }
  return rates
}

/** Throws unless every link with a learning rate takes this number. */
export const checkRate = (program: Program, rate: number): void => {
  for (const { name, hyper } of linksWithRate(program)) {
    const spec = hyper[key]
    if (spec !== undefined) resolveValue(name, key, spec, rate, 0)
  }
}

/** The program with another rate; it works with the same state. */
export const withLearningRate = (who: string, program: Program, learningRate: Hyper): Program => {
  theLink(who, program)
  return withHyper(program, { [key]: learningRate })
}
