/**
 * Finds out why a tree could not be flattened. This walk is slow, since it tracks paths; it runs after a failure only.
 */
import { insideItself, symbolKey, tooDeep, unreadable } from '../errors/trees.js'
import { isRecord, joinPath, mostLevels } from './nodes.js'

/** The first fault of a tree, in tree order; without one, `cause`, the error that flattening threw. */
export const faultOf = (tree: unknown, who: string, what: string, cause: unknown): unknown => {
  const ancestors = new Map<unknown, string>()
  const visit = (node: unknown, path: string): Error | null => {
    if (!Array.isArray(node) && !isRecord(node)) return null
    const ancestor = ancestors.get(node)
    if (ancestor !== undefined) return insideItself(who, path, ancestor)
    if (ancestors.size >= mostLevels) return tooDeep(who, path, mostLevels)
    ancestors.set(node, path)
    const [symbol] = Object.getOwnPropertySymbols(node)
    if (symbol !== undefined && isRecord(node)) return symbolKey(who, path, symbol)
    for (const key of Object.keys(node)) {
      const fault = below(node, key, joinPath(path, key))
      if (fault !== null) return fault
    }
    ancestors.delete(node)
    return null
  }
  const below = (node: object, key: string, path: string): Error | null => {
    let child: unknown
    try {
      child = (node as Readonly<Record<string, unknown>>)[key]
    } catch (thrown) {
      return unreadable(who, path, thrown)
    }
    return visit(child, path)
  }
  return visit(tree, what) ?? cause
}
