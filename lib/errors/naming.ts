/** What an object is, in the words of a message. */
import { braces, short } from '../errors.js'

/** An array by its length, a record by its keys, anything else by its class. */
export const nameOfObject = (x: unknown): string => {
  if (Array.isArray(x)) return `an array of ${x.length}`
  try {
    const proto = Object.getPrototypeOf(x) as { constructor?: { name?: unknown } } | null
    const made = proto?.constructor?.name ?? 'Object'
    if (made === 'Object') return `a record ${braces(Object.keys(x as object))}`
    return typeof made === 'string' ? `a ${short(made)}` : 'an object'
  } catch {
    return 'a value that cannot be read' // a proxy may throw at any access
  }
}
