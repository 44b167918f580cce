/** A program as the list of its leaves in the order in which they run, cut into stages, and its state likewise. */
import { placeOf } from './layouts.js'
import type { Mask } from '../tree/mask.js'
import type { Rule } from '../rule/rule.js'
import type { LeafLink, Opaque, OpsLink, Program } from './program.js'

/** A leaf of a program, with the masks around it from the outside in. */
export interface Placed {
  readonly link: LeafLink
  readonly masks: readonly Mask[]
}

export const placedLinks = (program: Program, masks: readonly Mask[] = []): readonly Placed[] => {
  if (program.kind !== 'nest') return [{ link: program, masks }]
  const inner = program.mask === null ? masks : [...masks, program.mask]
  return program.parts.flatMap(part => placedLinks(part, inner))
}

/** A rule at its place; `number` is that of its link among all links. */
export interface PlacedRule {
  readonly rule: Rule
  readonly masks: readonly Mask[]
  readonly number: number
}

/** Rules that run together, and the link that cuts them from the next ones; null at the end. */
export interface Stage {
  readonly rules: readonly PlacedRule[]
  readonly cut: { readonly link: OpsLink | Opaque; readonly masks: readonly Mask[]; readonly number: number } | null
  /** all masks around its rules, each once */
  readonly masks: readonly Mask[]
}

export interface FlatProgram {
  readonly links: readonly Placed[]
  /** at least one; more where tfjs ops cut the program to pieces */
  readonly stages: readonly Stage[]
}

const flats = new WeakMap<Program, FlatProgram>()

/** The links of a program without choices and their stages, the same objects each time. */
export const flatOf = (program: Program): FlatProgram => {
  const known = flats.get(program)
  if (known !== undefined) return known
  const links = placedLinks(program)
  const stages: Stage[] = []
  let rules: PlacedRule[] = []
  const end = (cut: Stage['cut']): void => {
    stages.push({ rules, cut, masks: [...new Set(rules.flatMap(({ masks }) => masks))] })
    rules = []
  }
  links.forEach(({ link, masks }, number) => {
    if (link.kind === 'rule') rules.push({ rule: link.rule, masks, number })
    else if (link.kind !== 'idle') end({ link, masks, number })
  })
  end(null)
  const made = { links, stages }
  flats.set(program, made)
  return made
}

/** The state of one link, and where it stands in words. */
export interface LinkState {
  readonly state: unknown
  readonly where: string
}

/** The states of `placedLinks` in their order, and the state of the whole from theirs. */
export interface OpenState {
  readonly states: readonly LinkState[]
  readonly close: (next: readonly unknown[]) => unknown
}

export const openState = (program: Program, state: unknown, where = 'state'): OpenState => {
  const states: LinkState[] = []
  const rejoin = open(program, state, where, states)
  return { states, close: next => rejoin(next, [0]) }
}

/** Reads the next states from where the cursor stands, and moves it. */
type Rejoin = (next: readonly unknown[], cursor: [number]) => unknown

const take: Rejoin = (next, cursor) => next[cursor[0]++]

const open = (program: Program, state: unknown, where: string, into: LinkState[]): Rejoin => {
  if (program.kind !== 'nest') {
    into.push({ state, where })
    return take
  }
  const { layout, parts } = program
  const states = layout.split(state, where)
  const rejoins = parts.map((part, i) => open(part, states[i], placeOf(layout, where, i), into))
  return (next, cursor) =>
    layout.join(
      rejoins.map(rejoin => rejoin(next, cursor)),
      state,
    )
}
