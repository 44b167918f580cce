/** Reads and replaces one place of a tree by its path. */
import { checked } from '../call/checked.js'
import type { AtPath } from './atPath.js'
import { frozenCopy, seal } from './freeze.js'
import { childAt, keysOfPath, type PathKeys, type TreePath } from './place.js'
import { joinPath } from './structure.js'

/**
 * The value at a path of a tree: `treeGet(state, '1.mu.dense.kernel')`. Paths are those of `tensorsOf`, of saved files
 * and of `hyperparamsOf`.
 *
 * A single name that the root does not have is looked for in the whole tree, and found if one place has it:
 * `treeGet(state, 'mu')`. PathKeys may contain dots; nothing is escaped. Where that leaves two readings, or for keys that
 * are empty, give an array: `treeGet(tree, ['a.b', 0])`. The empty path is the tree itself.
 *
 * @throws KeyError that names the longest part of the path that exists and the keys there, or all places if there are
 * several.
 * @source optax `tree_utils.tree_get`, which looks for names only, and gives None where there is none.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, treeGet } from 'tfjs-optax'
 * const state = adam(0.1).init({ dense: { kernel: tf.zeros([2]) } })
 * const mu = treeGet(state, '0.mu.dense.kernel')
 * // mu is [0, 0]
 * treeGet(state, '0.count') // 0
 * const nu = treeGet(state, 'nu')
 * // nu is state[0].nu
 */
export const treeGet = /* @__PURE__ */ checked(
  { who: 'treeGet', takes: ['tree', 'path'] },
  <T, const P extends TreePath>(tree: T, path: P): AtPath<T, P> => {
    const who = 'treeGet'
    let at = ''
    const value = keysOfPath(who, tree, path).reduce<unknown>((node, key) => {
      at = joinPath(at, key)
      return childAt(who, node, key, at)
    }, tree)
    return value as AtPath<T, P>
  },
)

/** The node with another value below `keys`; containers on the way are copied, and frozen if they were. */
const replaced = (
  who: string,
  node: unknown,
  keys: PathKeys,
  at: string,
  change: (old: unknown) => unknown,
): unknown => {
  const [key, ...rest] = keys
  if (key === undefined) return change(node)
  const here = joinPath(at, key)
  const old = childAt(who, node, key, here)
  const value = replaced(who, old, rest, here, change)
  if (Object.is(value, old)) return node
  const isFrozen = Object.isFrozen(node)
  const own = isFrozen ? frozenCopy(value) : value
  const made: unknown = Array.isArray(node)
    ? node.map((item: unknown, i) => (String(i) === key ? own : item))
    : Object.fromEntries(
        Object.keys(node as object).map(name => [
          name,
          name === key ? own : childAt(who, node, name, joinPath(at, name)),
        ]),
      )
  return isFrozen ? seal(made) : made
}

/**
 * A copy of a tree with another value at a path, which may be a function of the old one. Everything beside the path is
 * shared, and a frozen tree (every state is) gives a frozen one. `path` is read as by `treeGet`, and must exist.
 *
 * Tensors are shared by both trees, and the one that is replaced is not disposed.
 *
 * @throws KeyError as `treeGet` does.
 * @source optax `tree_utils.tree_set`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, treeSet } from 'tfjs-optax'
 * const state = adam(0.1).init({ w: tf.zeros([2]) })
 * const later = treeSet(state, '0.count', 100)
 * // later[0].count is 100, later[0].mu is state[0].mu
 * const next = treeSet(later, '0.count', count => count + 1)
 * // next[0].count is 101
 */
export const treeSet = /* @__PURE__ */ checked(
  { who: 'treeSet', takes: ['tree', 'path', 'value'] },
  (tree: unknown, path: unknown, value: unknown): unknown => {
    const change = typeof value === 'function' ? (value as (old: unknown) => unknown) : () => value
    return replaced('treeSet', tree, keysOfPath('treeSet', tree, path), '', change)
  },
) as {
  // One signature of a union would leave the parameter of a function without a type where the path is not known.

  <T, const P extends TreePath>(tree: T, path: P, value: (old: AtPath<T, P>) => AtPath<T, P>): T
  // One signature of a union would leave the parameter of a function without a type where the path is not known.
  // eslint-disable-next-line @typescript-eslint/unified-signatures
  <T, const P extends TreePath>(tree: T, path: P, value: AtPath<T, P>): T
}
