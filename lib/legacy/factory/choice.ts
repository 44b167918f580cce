/** Choices by type in a Model Garden config, and the collection of faults, a line with its path each. */
import { either as E } from 'fp-ts'
import { nameOf } from '../../errors.js'
import { isRecord } from '../../tree/structure.js'

export type FactoryConfig = Readonly<Record<string, unknown>>
export type OrFaults<X> = E.Either<readonly string[], X>

export interface ChosenType {
  readonly path: string
  readonly config: FactoryConfig
}
/** A function from the config of each type to its result; a string says why a type is not supported. */
export type Choices<X> = Readonly<Record<string, string | ((choice: ChosenType) => OrFaults<X>)>>

export const fault = (path: string, says: string): OrFaults<never> => E.left([`${path}: ${says}`])

/** `read` if all checks hold, else their faults and its own. */
export const checked = <X>(checks: readonly OrFaults<unknown>[], read: OrFaults<X>): OrFaults<X> => {
  const lines = [...checks, read].flatMap(one => (E.isLeft(one) ? one.left : []))
  return lines.length === 0 ? read : E.left(lines)
}

/** A fault for each key that is not in `known`; `path` ends in a dot, or is empty. */
export const unknownKeys = (path: string, config: FactoryConfig, known: readonly string[]): OrFaults<unknown> => {
  const unknown = Object.keys(config).filter(key => !known.includes(key))
  const says = `unknown key, expected one of ${known.join(', ')}`
  return unknown.length === 0 ? E.right(config) : E.left(unknown.map(key => `${path}${key}: ${says}`))
}

/** The values of `keys` that are not null; null means the default of the class. */
export const given = (config: FactoryConfig, keys: readonly string[]): FactoryConfig =>
  Object.fromEntries(Object.entries(config).filter(([key, value]) => value !== null && keys.includes(key)))

const select = <X>(json: FactoryConfig, path: string, choices: Choices<X>, none: OrFaults<X>): OrFaults<X> => {
  const { type } = json
  if (type === undefined || type === null) return none
  const use = typeof type === 'string' && Object.hasOwn(choices, type) ? choices[type] : undefined
  if (typeof type !== 'string' || use === undefined) {
    const types = Object.keys(choices).filter(key => typeof choices[key] === 'function')
    return fault(`${path}.type`, `expected one of ${types.join(', ')}, got ${nameOf(type)}`)
  }
  if (typeof use === 'string') return fault(`${path}.type`, `${type} is ${use}`)
  const config = Object.hasOwn(json, type) ? json[type] : {}
  return isRecord(config)
    ? use({ path: `${path}.${type}`, config })
    : fault(`${path}.${type}`, `expected a record, got ${nameOf(config)}`)
}

/**
 * The result for the chosen type of a OneOf, `{type, <type>: {…}}`, or `none` without a type; other configs are
 * ignored.
 */
export const choose = <X>(json: unknown, path: string, choices: Choices<X>, none: OrFaults<X>): OrFaults<X> => {
  if (json === undefined || json === null) return none
  if (!isRecord(json)) return fault(path, `expected a record with a type, got ${nameOf(json)}`)
  return checked([unknownKeys(`${path}.`, json, ['type', ...Object.keys(choices)])], select(json, path, choices, none))
}
