/** Rules on a tree as if all of its elements were one vector. */
import type { Cell, Equations, Hypers, Rule } from './rule.js'

/** Rules with the same equations get the same ones here too, so that they share their plans. */
const known = new WeakMap<Equations, Equations>()

const made = new WeakSet<Rule>()

/** The rule with its totals and cells of leaves taken over the tree, whatever its hyperparameters become. */
export const onOneVector = (rule: Rule): Rule => {
  if (made.has(rule)) return rule
  const equations = known.get(rule.equations) ?? overTree(rule.equations)
  known.set(rule.equations, equations)
  const cells = Object.fromEntries(
    Object.entries(rule.cells).map(([name, cell]): [string, Cell] => [name, { ...cell, over: 'tree' }]),
  )
  const withHyper = (hyper: Hypers): Rule => onOneVector(rule.withHyper(hyper))
  const flat = Object.freeze({ ...rule, ...equations, equations, cells, withHyper })
  made.add(flat)
  return flat
}

const overTree = (equations: Equations): Equations =>
  equations.totals.every(({ over }) => over === 'tree')
    ? equations
    : { ...equations, totals: equations.totals.map(total => ({ ...total, over: 'tree' as const })) }
