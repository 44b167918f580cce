import { unknownOptions } from '../errors.js'

/** Throws if options are left over that nobody knows; `known` are those that another function will look at. */
export const refuseUnknown = (who: string, unknown: object, known: readonly string[] = []): void => {
  const names = Object.keys(unknown).filter(name => !known.includes(name))
  if (names.length > 0) throw unknownOptions(who, names)
}
