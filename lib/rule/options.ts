import { badArgument, unknownOptions } from '../errors.js'
import { isRecord } from '../tree/structure.js'

/** Throws if options are left over that nobody knows; `known` are those that another function will look at. */
export const refuseUnknown = (who: string, unknown: object, known: readonly string[] = []): void => {
  const names = Object.keys(unknown).filter(name => !known.includes(name))
  if (names.length > 0) throw unknownOptions(who, names)
}

/** Options as given, unless they are no record at all, as from a call with positional arguments. */
export const asRecord = <T extends object>(who: string, options: T): T => {
  if (!isRecord(options)) throw badArgument(who, 'options', 'a record', options)
  return options
}
