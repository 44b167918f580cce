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
import { openState, placedLinks, type LinkState } from './placed.js'
import { asRun, type LeafLink, type Opaque, type Program } from './program.js'
import { initNumbered, runRule } from './ruleStep.js'

/** The state of a program before its first step. */
export const initProgram = <L>(I: Interpreter<L>, program: Program, p: Leaves<L>, frame: Frame): unknown => {
  const run = asRun(program)
  switch (run.kind) {
    case 'rule':
      return initNumbered(I, run.rule, p, frame)
    case 'ops':
      return run.ops.init(I, run.ops, p, frame)
    case 'opaque':
      return initOpaque(I, run, p, frame)
    case 'idle':
      return seal({})
    case 'nest': {
      const narrowed = run.mask === null ? frame : narrowing(frame)([run.mask])
      return run.layout.first(run.parts.map(part => initProgram(I, part, p, narrowed)))
    }
  }
}

/** Runs all links of a program in order, and returns their next states; `run` runs one of them. */
export type LinkWalk<L> = (
  program: Program,
  states: readonly LinkState[],
  frame: Frame,
  run: (number: number) => FlowStep<L>,
) => (flow: Flow<L>) => readonly [next: readonly unknown[], flow: Flow<L>]

const linkByLink =
  <L>(): LinkWalk<L> =>
  (_program, states, _frame, run) =>
  flow => {
    let now = flow
    const next = states.map((_, number) => {
      const [state, after] = run(number)(now)
      now = after
      return state
    })
    return [next, now]
  }

/** One step of a program without choices. */
export const runProgram =
  <L>(
    I: Interpreter<L>,
    program: Program,
    state: unknown,
    where: string,
    frame: Frame,
    walk: LinkWalk<L> = linkByLink(),
  ): FlowStep<L> =>
  flow => {
    const { states, close } = openState(program, state, where)
    const links = placedLinks(program)
    const narrow = narrowing(frame)
    const run = (number: number): FlowStep<L> => {
      const [placed, given] = [links[number], states[number]]
      if (placed === undefined || given === undefined) return now => [given?.state, now]
      return runLeaf(I, placed.link, given, narrow(placed.masks))
    }
    const [next, after] = walk(program, states, frame, run)(flow)
    return [close(next), after]
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
