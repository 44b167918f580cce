/**
 * Chains from configs that anyone may have written: read by the package's own codecs, which name every fault, and held
 * to what a page can run.
 */
import { either as E } from 'fp-ts'
import { transformFromConfig, type Config } from '../../../lib/config.js'
import { linksIn, numbersOf } from '../../../lib/program/fold.js'
import type { GradientTransformation } from '../../../lib/transform.js'

/** The most characters of a config. */
export const mostConfig = 4000
const deepest = 12
const mostTypes = 40
/** Options that say how often a step does something; a config may give any number, a page must end its step. */
const work: Readonly<Record<string, number>> = { nsSteps: 20, numBetas: 12 }

/** A chain that a race can run. */
export interface Chain {
  readonly config: Config
  readonly tx: GradientTransformation
  /** whether a link reads the curvature of the loss */
  readonly readsHessian: boolean
}

/** Each place of a config with its key and depth; stops where it is too deep to matter. */
const places = (
  json: unknown,
  key = '',
  depth = 0,
): readonly (readonly [key: string, value: unknown, depth: number])[] =>
  typeof json !== 'object' || json === null || depth > 2 * deepest + 2
    ? [[key, json, depth]]
    : [[key, json, depth], ...Object.entries(json).flatMap(([name, one]) => places(one, name, depth + 1))]

/** What a page cannot run, though the package could; null if it can. */
const tooMuch = (json: unknown): string | null => {
  const text = JSON.stringify(json) as string | undefined
  if (text === undefined) return 'config: expected a record {type, …}'
  if (text.length > mostConfig) return `config: at most ${mostConfig} characters, got ${text.length}`
  const all = places(json)
  if (all.some(([, , depth]) => depth > 2 * deepest)) return `config: nested deeper than ${deepest} transformations`
  if (all.filter(([key]) => key === 'type').length > mostTypes)
    return `config: at most ${mostTypes} links and schedules`
  const heavy = all.find(([key, value]) => typeof value === 'number' && value > (work[key] ?? Infinity))
  return heavy === undefined ? null : `${heavy[0]}: at most ${work[heavy[0]] ?? 0} here, got ${String(heavy[1])}`
}

const isReplicated = (tx: object): boolean => 'replicas' in tx

/** The chain of a config, or every fault of it, a line each. */
export const chainOf = (json: unknown): E.Either<readonly string[], Chain> => {
  const limit = tooMuch(json)
  if (limit !== null) return E.left([limit])
  const read = transformFromConfig(json)
  if (E.isLeft(read)) return E.left(read.left.faults)
  const tx = read.right
  if (isReplicated(tx)) return E.left(['config: aggregate takes one gradient for each replica, and here is one'])
  const readsHessian = linksIn(tx.program).some(link => {
    const numbers = link.kind === 'ops' ? numbersOf(link) : null
    return numbers !== null && 'trees' in numbers && Array.isArray(numbers.trees) && numbers.trees.includes('hessian')
  })
  return E.right({ config: json as Config, tx, readsHessian })
}
