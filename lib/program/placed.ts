/** Flattens a program to the list of its leaf links, cuts the list into stages, and flattens states alike. */
import { placeOf } from './layouts.js'
import type { Mask } from '../tree/mask.js'
import type { Rule, Signals } from '../rule/rule.js'
import type { LeafLink, Opaque, OpsLink, Program } from './program.js'

/** A leaf link with the masks around it, outermost first. */
export interface Placed {
  readonly link: LeafLink
  readonly masks: readonly Mask[]
}

export const placedLinks = (program: Program, masks: readonly Mask[] = []): readonly Placed[] => {
  if (program.kind !== 'nest') return [{ link: program, masks }]
  const inner = program.mask === null ? masks : [...masks, program.mask]
  return program.parts.flatMap(part => placedLinks(part, inner))
}

/** A rule with the masks around it; `number` is the index of its link among the leaf links. */
export interface PlacedRule {
  readonly rule: Rule
  readonly masks: readonly Mask[]
  readonly number: number
}

/** Rules that run together, and the link that cuts them from the next ones; null at the end. */
export interface Stage {
  readonly rules: readonly PlacedRule[]
  readonly cut: { readonly link: OpsLink | Opaque; readonly masks: readonly Mask[]; readonly number: number } | null
  /** the distinct masks around its rules */
  readonly masks: readonly Mask[]
  /** whether signals cross one of its ends, which only the interpreter can pass on */
  readonly isCrossed: boolean
}

export interface FlatProgram {
  readonly links: readonly Placed[]
  /** at least one; more if links in tfjs ops or a user's functions cut the program */
  readonly stages: readonly Stage[]
}

const flats = new WeakMap<Program, FlatProgram>()

/** The leaf links and stages of a program without choices; the same program gives the same objects. */
export const flatOf = (program: Program): FlatProgram => {
  const known = flats.get(program)
  if (known !== undefined) return known
  const links = placedLinks(program)
  const stages: Stage[] = []
  let rules: PlacedRule[] = []
  const end = (cut: Stage['cut']): void => {
    stages.push({ rules, cut, masks: [...new Set(rules.flatMap(({ masks }) => masks))], isCrossed: false })
    rules = []
  }
  links.forEach(({ link, masks }, number) => {
    if (link.kind === 'rule') rules.push({ rule: link.rule, masks, number })
    else if (link.kind !== 'idle') end({ link, masks, number })
  })
  end(null)
  const made = { links, stages: stages.length === 1 ? stages : crossing(stages) }
  flats.set(program, made)
  return made
}

/** The stages of a cut program, those marked that send signals across a cut or receive them from before it. */
const crossing = (stages: readonly Stage[]): readonly Stage[] => {
  const senders = new Map<string, number>()
  const crossed = new Set<number>()
  const see = (place: number, signals: Signals | undefined): void => {
    for (const name in signals?.receives) {
      const sender = senders.get(name) ?? place
      if (sender !== place) crossed.add(sender).add(place)
    }
    for (const name in signals?.sends) senders.set(name, place)
  }
  stages.forEach(({ rules, cut }, k) => {
    for (const { rule } of rules) see(k, rule.signals)
    if (cut?.link.kind === 'ops') see(k + 0.5, cut.link.ops.signals)
  })
  return crossed.size === 0 ? stages : stages.map((stage, k) => ({ ...stage, isCrossed: crossed.has(k) }))
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
