/** Guards the links of a program: a signal can undo their step on the device. */
import { opaqueInside, openInside } from '../errors/nests.js'
import { input, lit, lt, select } from '../rule/expr.js'
import { guardedRule, guardSignals, type GuardNames } from '../rule/guarded.js'
import type { Hypers } from '../rule/rule.js'
import type { Flow, FlowStep, Frame, Interpreter } from '../rule/interpreter.js'
import { seal } from '../tree/freeze.js'
import { build, flatten } from '../tree/structure.js'
import { mapLinks, programName } from './fold.js'
import { placedLinks } from './placed.js'
import type { Program, TensorRule } from './program.js'
import { isOpen } from './resolve.js'
import { signalName } from './signals.js'

/** The program with every link guarded; throws if `who` cannot undo one of them. */
export const guarded = (who: string, program: Program, names: GuardNames): Program => {
  if (isOpen(program)) throw openInside(who, openName(program))
  for (const { link } of placedLinks(program)) if (link.kind === 'opaque') throw opaqueInside(who, link.name)
  return mapLinks(program, leaf => {
    switch (leaf.kind) {
      case 'rule':
        return { kind: 'rule', rule: guardedRule(leaf.rule, names) }
      case 'ops':
        return { kind: 'ops', ops: guardedOps(leaf.ops, names) }
      case 'opaque':
      case 'idle':
        return leaf
    }
  })
}

/** The name of the first nest whose steps the host chooses. */
const openName = (program: Program): string => {
  if (program.kind !== 'nest') return programName(program)
  const inner = program.choice === undefined ? program.parts.find(isOpen) : undefined
  return inner === undefined ? program.type : openName(inner)
}

/** Names for the signals of a guard around a program. */
export const guardNames = (program: Program): GuardNames => ({
  runs: signalName('runs', program),
  skipped: signalName('skipped', program),
})

/** A link in tfjs ops, guarded. Its scalars follow the count of all steps, since its functions take them as numbers. */
const guardedOps = (of: TensorRule, names: GuardNames): TensorRule => ({
  ...of,
  signals: guardSignals(names, of.signals),
  init: (I, _link, p, frame) => of.init(I, of, p, frame),
  interpret: <L>(I: Interpreter<L>, _link: TensorRule, state: unknown, where: string, frame: Frame): FlowStep<L> => {
    const step = of.interpret(I, of, state, where, frame)
    return flow => {
      const [next, after] = step(flow)
      const runs = [...(flow.signals.get(names.runs)?.values() ?? [])][0]
      return runs === undefined ? [next, after] : undone(I, runs, [state, next], [flow, after])
    }
  },
  withHyper: (hyper: Hypers) => guardedOps(of.withHyper(hyper), names),
})

const choice = select(lt(0, input('runs', 'total')), input('after', 'element'), input('before', 'element'))
const update = select(lt(0, input('runs', 'total')), input('after', 'element'), lit(-0))

/** The state and the flow after a step if `runs` is above 0; else those before it, with a zero update. */
const undone = <L>(
  I: Interpreter<L>,
  runs: L,
  [state, next]: readonly [unknown, unknown],
  [flow, after]: readonly [Flow<L>, Flow<L>],
): readonly [state: unknown, flow: Flow<L>] => {
  const pick = (before: L | null, now: L | null): L | null =>
    now === null || before === null || now === before
      ? now
      : (I.evaluate([choice], { scalars: {}, values: { runs, before, after: now }, like: before })[0] ?? before)
  const old = flatten(state)
  const leaves = flatten(next).leaves.map((leaf, i) =>
    typeof leaf === 'number' ? leaf : pick(old.leaves[i] as L | null, leaf as L | null),
  )
  const zeroed = (u: L | null, i: number): L | null =>
    u === null || u === flow.u[i]
      ? u
      : (I.evaluate([update], { scalars: {}, values: { runs, after: u }, like: u })[0] ?? u)
  const p = after.p?.map((leaf, i) => pick(flow.p?.[i] ?? null, leaf)) ?? null
  return [build(old.structure, leaves, seal), { ...after, u: after.u.map(zeroed), p }]
}
