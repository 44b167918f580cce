/** Rules that start anew. */
import { input, lit, nodesOf } from './expr.js'
import type { Equations, Hypers, Rule } from './rule.js'

/** Rules with the same equations get the same ones here too, so that they share their plans. */
type Known = WeakMap<Equations, Equations>

const remade = (rule: Rule, known: Known, make: (rule: Rule) => Equations): Rule => {
  const equations = known.get(rule.equations) ?? make(rule)
  known.set(rule.equations, equations)
  const withHyper = (hyper: Hypers): Rule => remade(rule.withHyper(hyper), known, make)
  return Object.freeze({ ...rule, ...equations, equations, withHyper })
}

const ending: Known = new WeakMap()
const starting: Known = new WeakMap()

/** The rule that changes updates as `rule` does, and then puts every slot and cell back to its first value. */
export const resetting = (rule: Rule): Rule =>
  remade(rule, ending, of => ({ ...of.equations, ...first(of), readsParams: of.readsParams || readsInSlots(of) }))

/** The rule that leaves updates as they are, and puts every slot and cell of `rule` back to its first value. */
export const onlyResetting = (rule: Rule): Rule =>
  remade(rule, starting, of => ({
    ...of.equations,
    ...first(of),
    totals: [],
    u: input('u', 'element'),
    p: null,
    extras: [],
    readsParams: readsInSlots(of),
  }))

const first = ({ slots, cells }: Rule): Pick<Equations, 'next' | 'nextCells'> => ({
  next: slots,
  nextCells: Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, lit(cell.first)])),
})

const readsInSlots = ({ slots }: Rule): boolean =>
  [...nodesOf(...Object.values(slots))].some(node => node.op === 'input')
