/** Cuts a program into stages, the rules that may run together, and runs it stage by stage. */
import type { Flow, Frame } from '../rule/interpreter.js'
import type { Rule, Signals } from '../rule/rule.js'
import type { Mask } from '../tree/mask.js'
import type { LinkWalk } from './interpret.js'
import { placedLinks, type LinkState, type Placed } from './placed.js'
import type { Opaque, OpsLink, Program } from './program.js'

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

/** Walks a program by its stages. What `take` leaves, and the links between stages, run one by one. */
export const stageByStage =
  <L>(take: TakeStage<L>): LinkWalk<L> =>
  (program, states, frame, run) =>
  flow => {
    const next = states.map(({ state }) => state)
    let now = flow
    const runOne = (number: number): void => {
      ;[next[number], now] = run(number)(now)
    }
    for (const stage of flatOf(program).stages) {
      const taken = take(
        stage,
        stage.rules.flatMap(({ number }) => states[number] ?? []),
        frame,
        now,
      )
      if (taken === null)
        stage.rules.forEach(({ number }) => {
          runOne(number)
        })
      else {
        stage.rules.forEach(({ number }, i) => (next[number] = taken[0][i]))
        now = taken[1]
      }
      if (stage.cut !== null) runOne(stage.cut.number)
    }
    return [next, now]
  }
