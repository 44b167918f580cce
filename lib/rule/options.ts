import { checked, refuseNames } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { isRecord } from '../tree/structure.js'

/** Throws for the keys of a record that are not in `known`, suggesting the nearest of these. */
export const refuseOthers = (who: string, record: object, known: readonly string[]): void => {
  refuseNames(
    { who, takes: [], options: Object.fromEntries(known.map(name => [name, ''])) },
    Object.keys(record).filter(name => !known.includes(name)),
  )
}

/**
 * Throws for the keys of `unknown` that are not in `known`.
 *
 * @example
 * import { elementwise, mul, refuseUnknown } from 'tfjs-optax/rule'
 * const halved = ({ ...unknown }: { nesterov?: never } = {}) => {
 *   refuseUnknown('halved', unknown) // for a factory that has no `unknown` field to pass it in
 *   return elementwise({ name: 'halved', step: ({ u }) => ({ u: mul(u, 0.5) }) })
 * }
 * const tx = halved()
 */
export const refuseUnknown = /* @__PURE__ */ checked(
  { who: 'refuseUnknown', takes: ['who', 'unknown', 'known'] },
  (who: string, unknown: object, known: readonly string[] = []): void => {
    refuseOthers(who, unknown, known)
  },
)

/** The options; throws unless they are a record, as in a call with positional arguments. */
export const asRecord = <T extends object>(who: string, options: T): T => {
  if (!isRecord(options)) throw badArgument(who, 'options', 'a record', options)
  return options
}
