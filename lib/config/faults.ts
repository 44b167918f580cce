/** Prints errors of io-ts as readable lines: `links.2.b1: expected a number in [0, 1), got 1.2`. */
import type * as t from 'io-ts'
import { ConfigError, cut, nameOf } from '../errors.js'
import { joinPath } from '../tree/structure.js'
import type { Fault } from './json.js'

const tagOf = (codec: object): unknown => ('_tag' in codec ? codec._tag : undefined)

/** The path in the config, without the entries that io-ts adds for the parts of an intersection. */
const pathOf = (context: t.Context): string =>
  context
    .filter(({ key }, i) => {
      const above = context[i - 1]
      return key !== '' && (above === undefined || tagOf(above.type as object) !== 'IntersectionType')
    })
    .reduce((path, { key }) => joinPath(path, key), '')

export const expectedGot = (expected: string, got: unknown): string =>
  `expected ${expected}, got ${got === undefined ? 'nothing' : nameOf(got)}`

const faultOf = ({ context, value, message }: t.ValidationError): Fault => {
  // Each part of a union reports a failure of its own; the message is about the union instead.
  const union = context.findIndex(({ type }) => tagOf(type as object) === 'UnionType')
  const place = union < 0 ? context : context.slice(0, union + 1)
  const last = place.at(-1)
  if (union >= 0) return { path: pathOf(place), says: expectedGot(last?.type.name ?? '', last?.actual) }
  return { path: pathOf(place), says: message ?? expectedGot(last?.type.name ?? '', value) }
}

/** The error that lists all faults, each once. */
export const configError = (who: string, faults: readonly Fault[]): ConfigError => {
  const lines = faults.map(({ path, says }) => `${path === '' ? 'config' : cut(path, 300)}: ${says}`)
  return new ConfigError(who, [...new Set(lines)])
}

export const unreadable = (who: string, errors: t.Errors): ConfigError => configError(who, errors.map(faultOf))
