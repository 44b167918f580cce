/**
 * The interpretation of programs, once for every kind of leaf: tensors, arrays of float64, values with error bounds.
 * It walks chains, masks, states and counts; an `Interpreter` knows only how to evaluate expressions on one leaf.
 *
 * A leaf takes part in a step if its update is present and the mask has it. All others pass by untouched: their update,
 * their parameter, their slots.
 */
import { function as F, readonlyArray as A, state as S } from 'fp-ts'
import { notInterpretable, wrongResult, wrongStateLength } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { resolveMask } from '../tree/mask.js'
import { build, joinPath, type Named } from '../tree/structure.js'
import type { Frame, Interpreter, Leaves, Step } from './interpreter.js'
import type { Opaque, Program } from './program.js'
import { recordOf } from './record.js'
import { initRule, runRule } from './step.js'

/** The state of a program before its first step. */
export const initProgram = <L>(I: Interpreter<L>, program: Program, p: Leaves<L>, frame: Frame): unknown => {
  switch (program.kind) {
    case 'rule':
      return initRule(I, program.rule, p, frame)
    case 'chain': {
      const states = program.links.map(link => initProgram(I, link, p, frame))
      return seal(
        program.names === null ? states : Object.fromEntries(program.names.map((name, i) => [name, states[i]])),
      )
    }
    case 'masked':
      return initProgram(I, program.inner, p, narrow(frame, program.mask, p))
    case 'gather':
      return program.each === null ? seal({}) : seal({ each: initProgram(I, program.each, p, frame) })
    case 'opaque':
      if (!I.runsOpaque) throw notInterpretable(I.name, program.name)
      return program.init(onlyActive(p, frame))
  }
}

/** One step of a program on what the links before it left. A chain threads the flow through its links. */
export const runProgram = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  where: string,
  frame: Frame,
): Step<L> => {
  switch (program.kind) {
    case 'rule':
      return runRule(I, program.rule, state, where, frame)
    case 'chain': {
      const { links, names } = program
      const states = chainStates(program, state, where)
      const place = (i: number): string => (names === null ? `${where}[${i}]` : joinPath(where, names[i] ?? ''))
      const steps = F.pipe(
        links,
        A.traverseWithIndex(S.Applicative)((i, link) => runProgram(I, link, states[i], place(i), frame)),
      )
      return F.pipe(
        steps,
        S.map(next => chainState(program, next)),
      )
    }
    case 'masked':
      return flow => {
        const inner = narrow(frame, program.mask, flow.p ?? flow.u)
        return runProgram(I, program.inner, state, where, inner)(flow)
      }
    case 'gather':
      return S.of(state) // gathered before the leaves were taken apart
    case 'opaque':
      return runOpaque(I, program, state, frame)
  }
}

/** The states of a chain's links, in order. */
export const chainStates = (
  program: Program & { kind: 'chain' },
  state: unknown,
  where: string,
): readonly unknown[] => {
  const { names, links } = program
  if (names === null) {
    if (!Array.isArray(state) || state.length !== links.length) throw wrongStateLength(where, links.length, state)
    return state as readonly unknown[]
  }
  const record = recordOf('namedChain', names, state, where)
  return names.map(name => record[name])
}

/** The inverse of `chainStates`. */
export const chainState = ({ names }: Program & { kind: 'chain' }, states: readonly unknown[]): unknown =>
  seal(names === null ? states : Object.fromEntries(names.map((name, i) => [name, states[i]])))

const narrow = <L>(frame: Frame, mask: Parameters<typeof resolveMask>[1], leaves: Leaves<L>): Frame => {
  const chosen = resolveMask('masked', mask, frame.structure, leaves)
  return { ...frame, active: frame.active.map((on, i) => on && chosen[i] === true) }
}

const onlyActive = <L>(leaves: Leaves<L>, { structure, active }: Frame): unknown =>
  build(
    structure,
    leaves.map((leaf, i) => (active[i] === true ? leaf : null)),
  )

const runOpaque =
  <L>(I: Interpreter<L>, program: Opaque, state: unknown, frame: Frame): Step<L> =>
  flow => {
    if (!I.runsOpaque) throw notInterpretable(I.name, program.name)
    const { structure, active, extra } = frame
    const params = flow.p === null ? undefined : onlyActive(flow.p, frame)
    const result: unknown = program.update(onlyActive(flow.u, frame), state, params, extra)
    if (!Array.isArray(result) || result.length !== 2) throw wrongResult(program.name, result)
    const labels: Named = { who: program.name, what: 'the updates it returned', than: 'updates' }
    const returned = I.read(structure, result[0], labels)
    I.check(labels, structure, returned, flow.u)
    const u = flow.u.map((leaf, i) => (active[i] === true ? (returned[i] ?? null) : leaf))
    return [result[1], { ...flow, u }]
  }
