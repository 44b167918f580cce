/** Rules that start anew. */
import { lit, nodesOf } from './expr.js'
import type { Equations, Hypers, Rule } from './rule.js'

/** Rules with the same equations get the same ones here too, so that they share their plans. */
const known = new WeakMap<Equations, Equations>()

/** The rule that changes updates as `rule` does, and then puts every slot and cell back to its first value. */
export const resetting = (rule: Rule): Rule => {
  const equations = known.get(rule.equations) ?? resetEquations(rule)
  known.set(rule.equations, equations)
  const withHyper = (hyper: Hypers): Rule => resetting(rule.withHyper(hyper))
  return Object.freeze({ ...rule, ...equations, equations, withHyper })
}

const resetEquations = ({ equations, slots, cells }: Rule): Equations => ({
  ...equations,
  next: slots,
  nextCells: Object.fromEntries(Object.entries(cells).map(([name, { first }]) => [name, lit(first)])),
  readsParams: equations.readsParams || [...nodesOf(...Object.values(slots))].some(node => node.op === 'input'),
})
