/** A hyperparameter that is 0 for the leaves that a mask leaves out. */
import { badMask } from '../errors.js'
import { isByPath, type Hyper, type Timed } from '../rule/hyper.js'
import type { Mask, MaskTree } from '../tree/mask.js'
import { isRecord, joinPath } from '../tree/structure.js'
import { byPath, type ValuePatterns } from './byPath.js'
import { patternsOf } from './matching.js'

/** `value` where `mask` is true, else 0. With patterns and one value for all leaves the result has patterns too. */
export const byMask = (who: string, mask: Mask, value: Hyper): Hyper => {
  if (mask === true) return value
  if (mask === false) return 0
  const patterns = typeof mask === 'function' ? patternsOf(mask) : null
  if (patterns !== null && !isByPath(value)) {
    const [chosen, other]: readonly [Timed, Timed] = patterns.negate ? [0, value] : [value, 0]
    const list = (sources: readonly string[], one: Timed): ValuePatterns => sources.map(source => [source, one])
    return byPath([...list(patterns.include, chosen), ...list(patterns.exclude, other)], chosen)
  }
  return byPath((path, leaf) => {
    const isChosen: unknown = typeof mask === 'function' ? mask(path, leaf) : inTree(mask, path)
    if (typeof isChosen !== 'boolean') throw badMask(who, path, isChosen)
    if (!isChosen) return 0
    return isByPath(value) ? value.valueAt(path, leaf) : value
  })
}

/** What a mask tree, or a prefix of one, says of a path; undefined if it says nothing. */
const inTree = (mask: MaskTree, path: string): unknown => {
  if (!Array.isArray(mask) && !isRecord(mask)) return mask
  for (const [key, below] of Object.entries(mask as Readonly<Record<string, MaskTree>>)) {
    if (path === key) return inTree(below, '')
    const start = joinPath(key, '')
    const found = path.startsWith(start) ? inTree(below, path.slice(start.length)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
