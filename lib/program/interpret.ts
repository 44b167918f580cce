/**
 * Interprets programs, once for all kinds of leaves: tensors, float64 arrays, values with error bounds. This file
 * handles links, masks, states and counts; an `Interpreter` only evaluates expressions on one leaf.
 *
 * A leaf takes part in a link's step if it has an update and the masks around the link select it. Other leaves keep
 * their update, their parameter and their slots.
 */
import { notInterpretable, satOut, tookPart, wrongResult } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { resolveMask, type Mask } from '../tree/mask.js'
import { build, pathAt, type TreeNames } from '../tree/structure.js'
import type { Flow, Frame, Interpreter, Leaves, FlowStep } from '../rule/interpreter.js'
import { flatOf, openState, type LinkState, type Stage } from './placed.js'
import type { LeafLink, Opaque, Program } from './program.js'
import { initNumbered, runRule } from './ruleStep.js'

/** The state of a program before its first step. */
export const initProgram = <L>(I: Interpreter<L>, program: Program, p: Leaves<L>, frame: Frame): unknown => {
  switch (program.kind) {
    case 'rule':
      return initNumbered(I, program.rule, p, frame)
    case 'ops':
      return program.ops.init(I, program.ops, p, frame)
    case 'opaque':
      return initOpaque(I, program, p, frame)
    case 'idle':
      return seal({})
    case 'nest': {
      const narrowed = program.mask === null ? frame : narrowing(frame)([program.mask])
      return program.layout.first(program.parts.map(part => initProgram(I, part, p, narrowed)))
    }
  }
}

/**
 * Runs all rules of a stage at once. Returns their next states and the flow after them; null if they must run one by
 * one.
 */
export type TakeStage<L> = (
  stage: Stage,
  states: readonly LinkState[],
  frame: Frame,
  flow: Flow<L>,
) => readonly [states: readonly unknown[], flow: Flow<L>] | null

/** One step of a program without choices. */
export const runProgram =
  <L>(
    I: Interpreter<L>,
    program: Program,
    state: unknown,
    where: string,
    frame: Frame,
    take: TakeStage<L> = () => null,
  ): FlowStep<L> =>
  flow => {
    const { states, close } = openState(program, state, where)
    const { links, stages } = flatOf(program)
    const narrow = narrowing(frame)
    const next = states.map(one => one.state)
    let now = flow
    const run = (number: number): void => {
      const [placed, given] = [links[number], states[number]]
      if (placed === undefined || given === undefined) return
      ;[next[number], now] = runLeaf(I, placed.link, given, narrow(placed.masks))(now)
    }
    for (const stage of stages) {
      const taken = take(
        stage,
        stage.rules.flatMap(({ number }) => states[number] ?? []),
        frame,
        now,
      )
      if (taken === null)
        stage.rules.forEach(({ number }) => {
          run(number)
        })
      else {
        stage.rules.forEach(({ number }, i) => (next[number] = taken[0][i]))
        now = taken[1]
      }
      if (stage.cut !== null) run(stage.cut.number)
    }
    return [close(next), now]
  }

const runLeaf = <L>(I: Interpreter<L>, link: LeafLink, { state, where }: LinkState, frame: Frame): FlowStep<L> => {
  switch (link.kind) {
    case 'rule':
      return runRule(I, link.rule, state, where, frame)
    case 'ops':
      return link.ops.interpret(I, link.ops, state, where, frame)
    case 'opaque':
      return runOpaque(I, link, state, frame)
    case 'idle':
      return flow => [state, flow]
  }
}

/** Narrows a frame to the leaves that some masks select; each mask is resolved once. */
const narrowing = (frame: Frame): ((masks: readonly Mask[]) => Frame) => {
  const known = new Map<Mask, readonly boolean[]>()
  const choose = (mask: Mask): readonly boolean[] => {
    const chosen = known.get(mask) ?? resolveMask('masked', mask, frame.structure, frame.given)
    known.set(mask, chosen)
    return chosen
  }
  return masks => {
    if (masks.length === 0) return frame
    const chosen = masks.map(choose)
    return { ...frame, active: frame.active.map((on, i) => on && chosen.every(mask => mask[i] === true)) }
  }
}

const initOpaque = <L>(I: Interpreter<L>, { name, init }: Opaque, p: Leaves<L>, frame: Frame): unknown => {
  if (I.userState === null) throw notInterpretable(I.name, name)
  const state = init(build(frame.structure, onlyActive(p, frame.active)))
  I.userState(name, state)
  return state
}

const runOpaque =
  <L>(I: Interpreter<L>, program: Opaque, state: unknown, frame: Frame): FlowStep<L> =>
  flow => {
    const { name } = program
    if (I.userState === null) throw notInterpretable(I.name, name)
    const { structure, active, extra } = frame
    const given = onlyActive(flow.u, active)
    const params = flow.p === null ? undefined : build(structure, onlyActive(flow.p, active))
    const result: unknown = program.update(build(structure, given), state, params, extra)
    if (!Array.isArray(result) || result.length !== 2) throw wrongResult(name, result)
    const labels: TreeNames = { who: name, what: 'the updates it returned', than: 'updates' }
    const returned = I.read(structure, result[0], labels)
    returned.forEach((leaf, i) => {
      if (leaf === null && given[i] !== null) throw tookPart(name, pathAt(structure, i))
      if (leaf !== null && given[i] === null) throw satOut(name, pathAt(structure, i))
    })
    I.check(labels, structure, returned, given)
    I.userState(name, result[1])
    return [result[1], { ...flow, u: flow.u.map((leaf, i) => returned[i] ?? leaf) }]
  }

const onlyActive = <L>(leaves: Leaves<L>, active: readonly boolean[]): Leaves<L> =>
  leaves.map((leaf, i) => (active[i] === true ? leaf : null))
