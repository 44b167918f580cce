/**
 * What was made of late, in bounded memory: for what programs share by its text, and what can be made again. What a
 * program itself needs at every step it keeps besides, weakly, so that it never makes it twice.
 */

export interface Recent<V> {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
  readonly size: () => number
}

/** Keeps at least the last `most` entries that were asked for, and at most twice as many. */
export const recent = <V>(most: number): Recent<V> => {
  let [young, old] = [new Map<string, V>(), new Map<string, V>()]
  const set = (key: string, value: V): void => {
    if (young.size >= most && !young.has(key)) [old, young] = [young, new Map<string, V>()]
    old.delete(key)
    young.set(key, value)
  }
  const get = (key: string): V | undefined => {
    const value = young.get(key) ?? old.get(key)
    if (value !== undefined && !young.has(key)) set(key, value)
    return value
  }
  return { get, set, size: () => young.size + old.size }
}

/** The last entry of a list that `is` finds, or a new one; of more than `most`, the one found longest ago is dropped. */
export const foundOrMade = <T>(list: T[], most: number, is: (one: T) => boolean, make: () => T): T => {
  const at = list.findLastIndex(is)
  const found = list[at]
  if (found !== undefined && at === list.length - 1) return found
  const last = found ?? make()
  if (found !== undefined) list.splice(at, 1)
  else if (list.length >= most) list.shift()
  list.push(last)
  return last
}
