/** One step of a link in tfjs ops, leaf by leaf. Hyperparameters, slots and count work as for a rule. */
import { badResult, notInterpretable } from '../errors.js'
import { build, isRecord, pathAt, type TreeNames } from '../tree/structure.js'
import type { Frame, Interpreter, Leaves, LinkInterpretation, FlowStep } from '../rule/interpreter.js'
import type { TensorRule } from './program.js'
import { inputsOf, nextState } from './ruleStep.js'

export const runOps: LinkInterpretation<TensorRule> =
  <L>(I: Interpreter<L>, link: TensorRule, state: unknown, where: string, frame: Frame): FlowStep<L> =>
  flow => {
    if (I.userState === null) throw notInterpretable(I.name, link.name)
    const { structure } = frame
    const { count, slots, leaves } = inputsOf(I, link, state, where, frame, flow)
    leaves.forEach(({ like }, i) => {
      link.check(like, pathAt(structure, i))
    })
    const names = ['u', ...Object.keys(link.slots)]
    const made = new Map(
      [...leaves].map(([i, { values, scalars }]) => [i, resultsOf(link, names, link.run(values, scalars))]),
    )
    const output = (k: number, before: Leaves<L>): Leaves<L> => {
      const labels: TreeNames = { who: link.name, what: `its ${names[k] ?? ''}`, than: 'updates' }
      const got = I.read(
        structure,
        build(
          structure,
          before.map((_, i) => made.get(i)?.[k] ?? null),
        ),
        labels,
      )
      I.check(labels, structure, got, before)
      return before.map((leaf, i) => got[i] ?? leaf)
    }
    const trees = slots.map((before, k) => output(k + 1, before))
    return [nextState(link, frame, count, trees), { ...flow, u: output(0, flow.u) }]
  }

/** The results for one leaf, in the order of `names`. */
const resultsOf = (link: TensorRule, names: readonly string[], got: unknown): readonly unknown[] => {
  if (!isRecord(got) || names.some(name => got[name] == null)) throw badResult(link.name, names, got)
  return names.map(name => got[name])
}
