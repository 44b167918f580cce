/** Flattens a program to the list of its leaf links, and flattens states alike. */
import { placeOf } from './layouts.js'
import type { Mask } from '../tree/mask.js'
import { asRun, type LeafLink, type Program } from './program.js'

/** A leaf link with the masks around it, outermost first. */
export interface Placed {
  readonly link: LeafLink
  readonly masks: readonly Mask[]
}

/** The links of a program as it runs, in order. */
export const placedLinks = (program: Program, masks: readonly Mask[] = []): readonly Placed[] => {
  const run = asRun(program)
  if (run.kind !== 'nest') return [{ link: run, masks }]
  const inner = run.mask === null ? masks : [...masks, run.mask]
  return run.parts.flatMap(part => placedLinks(part, inner))
}

/** The state of one link, and its position in words. */
export interface LinkState {
  readonly state: unknown
  readonly where: string
}

/** The states of the leaf links in order; `close` joins their successors to the state of the whole. */
export interface OpenState {
  readonly states: readonly LinkState[]
  readonly close: (next: readonly unknown[]) => unknown
}

export const openState = (program: Program, state: unknown, where = 'state'): OpenState => {
  const states: LinkState[] = []
  const rejoin = open(program, state, where, states)
  return { states, close: next => rejoin(next, [0]) }
}

/** Joins the next states from the cursor on, and advances it. */
type Rejoin = (next: readonly unknown[], cursor: [number]) => unknown

const take: Rejoin = (next, cursor) => next[cursor[0]++]

const open = (program: Program, state: unknown, where: string, into: LinkState[]): Rejoin => {
  const run = asRun(program)
  if (run.kind !== 'nest') {
    into.push({ state, where })
    return take
  }
  const { layout, parts } = run
  const states = layout.split(state, where)
  const rejoins = parts.map((part, i) => open(part, states[i], placeOf(layout, where, i), into))
  return (next, cursor) =>
    layout.join(
      rejoins.map(rejoin => rejoin(next, cursor)),
      state,
    )
}
