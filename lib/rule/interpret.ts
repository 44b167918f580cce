/**
 * The interpretation of programs, once for every kind of leaf: tensors, arrays of float64, values with error bounds.
 * It walks chains, masks, states and counts; an `Interpreter` knows only how to evaluate expressions on one leaf.
 *
 * A leaf takes part in a step if its update is present and the mask has it. All others pass by untouched: their update,
 * their parameter, their slots.
 */
import { notInterpretable, satOut, tookPart, wrongResult, wrongStateLength } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { resolveMask, type Mask } from '../tree/mask.js'
import { build, joinPath, pathAt, type Named } from '../tree/structure.js'
import type { Frame, Interpreter, Leaves, LinkAt, Step } from './interpreter.js'
import { linksOf, type Opaque, type Program } from './program.js'
import { recordOf } from './record.js'
import { initRule, runRule } from './step.js'

/** The state of a program before its first step. */
export const initProgram = <L>(I: Interpreter<L>, program: Program, p: Leaves<L>, frame: Frame): unknown => {
  switch (program.kind) {
    case 'rule':
      return initRule(I, program.rule, p, frame)
    case 'chain':
      return chainState(
        program,
        program.links.map(link => initProgram(I, link, p, frame)),
      )
    case 'masked':
      return initProgram(I, program.inner, p, narrow(frame, program.mask))
    case 'gather':
      return program.each === null ? seal({}) : seal({ each: initProgram(I, program.each, p, frame) })
    case 'opaque':
      return initOpaque(I, program, p, frame)
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
      const states = chainStates(program, state, where)
      const links = program.links.map((link, i): LinkAt => ({
        program: link,
        state: states[i],
        where: placeOf(program, where, i),
      }))
      const runs = I.together === undefined ? links.map(link => [link]) : runsOfRules(links)
      const steps = inTurn(runs.map(run => runLinks(I, run, frame)))
      return flow => {
        const [next, after] = steps(flow)
        return [chainState(program, next.flat()), after]
      }
    }
    case 'masked':
      return runProgram(I, program.inner, state, where, narrow(frame, program.mask))
    case 'gather':
      return flow => [state, flow] // gathered before the leaves were taken apart
    case 'opaque':
      return runOpaque(I, program, state, frame)
  }
}

/** Links in their order; those that are made of rules stand together. */
const runsOfRules = (links: readonly LinkAt[]): readonly (readonly LinkAt[])[] => {
  const isRules = ({ program }: LinkAt): boolean => linksOf(program).every(({ kind }) => kind === 'rule')
  return links.reduce<readonly (readonly LinkAt[])[]>((runs, link, i) => {
    const before = links[i - 1]
    const joins = before !== undefined && isRules(before) && isRules(link)
    return joins ? [...runs.slice(0, -1), [...(runs.at(-1) ?? []), link]] : [...runs, [link]]
  }, [])
}

/** Steps one after the other, each on what the one before it left. */
const inTurn =
  <L, S>(steps: readonly Step<L, S>[]): Step<L, readonly S[]> =>
  flow => {
    const states: S[] = []
    let now = flow
    for (const step of steps) {
      const [state, next] = step(now)
      states.push(state)
      now = next
    }
    return [states, now]
  }

/** Some links, at once where the interpreter can. */
const runLinks =
  <L>(I: Interpreter<L>, links: readonly LinkAt[], frame: Frame): Step<L, readonly unknown[]> =>
  flow =>
    I.together?.(links, frame, flow) ??
    inTurn(links.map(({ program, state, where }) => runProgram(I, program, state, where, frame)))(flow)

/** Where the state of link `i` stands, in words. */
export const placeOf = ({ names }: Program & { kind: 'chain' }, where: string, i: number): string =>
  names === null ? `${where}[${i}]` : joinPath(where, names[i] ?? '')

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

const narrow = (frame: Frame, mask: Mask): Frame => {
  const chosen = resolveMask('masked', mask, frame.structure, frame.given)
  return { ...frame, active: frame.active.map((on, i) => on && chosen[i] === true) }
}

const initOpaque = <L>(I: Interpreter<L>, { name, init }: Opaque, p: Leaves<L>, frame: Frame): unknown => {
  if (I.userState === null) throw notInterpretable(I.name, name)
  const state = init(build(frame.structure, onlyActive(p, frame.active)))
  I.userState(name, state)
  return state
}

const runOpaque =
  <L>(I: Interpreter<L>, program: Opaque, state: unknown, frame: Frame): Step<L> =>
  flow => {
    const { name } = program
    if (I.userState === null) throw notInterpretable(I.name, name)
    const { structure, active, extra } = frame
    const given = onlyActive(flow.u, active)
    const params = flow.p === null ? undefined : build(structure, onlyActive(flow.p, active))
    const result: unknown = program.update(build(structure, given), state, params, extra)
    if (!Array.isArray(result) || result.length !== 2) throw wrongResult(name, result)
    const labels: Named = { who: name, what: 'the updates it returned', than: 'updates' }
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
