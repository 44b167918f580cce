/** The scalars of each leaf, for links with hyperparameters by path. Leaves with equal values are a group. */
import { warnUnfound } from '../tree/unchosen.js'
import { scalarDiffers } from '../errors/rule.js'
import { nodesOf, type Expr } from './expr.js'
import { isByPath, resolveValue, type LeafHypers, type NumberAt, type Timed } from './hyper.js'
import type { ByPathRunner, Numbers, Scalars } from './rule.js'

/** A node of the tree in which groups are found by one value after the other. */
interface ValueNode {
  readonly below: Map<Timed, ValueNode>
  group: number | null
}

const valueNode = (): ValueNode => ({ below: new Map(), group: null })

/** The values of the hyperparameters by path for a leaf. */
const hypersAt = ({ hyper, byPath }: Numbers<unknown>, path: string, leaf: unknown): LeafHypers => {
  const values: Record<string, Timed> = {}
  for (const key of byPath) {
    const value = hyper[key]?.value
    if (isByPath(value)) values[key] = value.valueAt(path, leaf)
  }
  return { path, values }
}

export const numberAt: NumberAt = (who, name, spec, count, leaf) =>
  leaf === undefined
    ? ([0.5, 1, 0, 2].find(spec.holds) ?? NaN)
    : resolveValue(who, `${name} of ${leaf.path}`, spec, leaf.values[name], count)

const groups: ByPathRunner['groups'] = (links, paths, leaves) => {
  for (const { name, hyper, byPath } of links)
    for (const key of byPath) {
      const value = hyper[key]?.value
      if (isByPath(value)) warnUnfound(name, value, () => paths)
    }
  const root = valueNode()
  const values: (readonly LeafHypers[])[] = []
  const of = paths.map((path, i) => {
    const own = links.map(link => hypersAt(link, path, leaves[i]))
    let at = root
    for (const one of own)
      for (const value of Object.values(one.values)) {
        const next = at.below.get(value) ?? valueNode()
        at.below.set(value, next)
        at = next
      }
    at.group ??= values.push(own) - 1
    return at.group
  })
  return { of, values }
}

const scalarsOf: ByPathRunner['scalars'] = (links, values) => {
  const made: Record<string, number> = {}
  links.forEach(({ numbers, t, names = {} }, k) => {
    const scalars = numbers.scalars(t, values[k])
    for (const name in scalars) made[names[name] ?? name] = scalars[name] ?? NaN
  })
  return made
}

export const byPathParts: Omit<ByPathRunner, 'onDevice'> = { groups, scalars: scalarsOf }

/**
 * The scalars that an expression of the whole tree reads; throws if one of them differs by leaf, since a cell of the
 * tree can have one value only. `names` are those of the rule's scalars in the records, if they are others.
 */
export const agreed = (
  { name, byPath }: Numbers<unknown>,
  expr: Expr | undefined,
  leaves: readonly { readonly scalars: Scalars }[],
  names: Readonly<Record<string, string>> = {},
): Scalars => {
  const scalars = leaves[0]?.scalars ?? {}
  if (byPath.length === 0 || expr === undefined) return scalars
  const named = (own: string): string => names[own] ?? own
  for (const node of nodesOf(expr))
    if (node.op === 'input' && node.rate === 'scalar')
      if (leaves.some(leaf => !Object.is(leaf.scalars[named(node.name)], scalars[named(node.name)])))
        throw scalarDiffers(name, node.name, byPath)
  return scalars
}
