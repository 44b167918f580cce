/** The program of a wrapper of a user's own: named parts, numbers of its own, and arms of which the host picks one. */
import { badOwn, pickFailed, unknownArm } from '../errors/nests.js'
import { wrongState } from '../errors.js'
import { isRecord } from '../tree/structure.js'
import type { RuleOptions } from '../rule/rule.js'
import type { Mask } from '../tree/mask.js'
import { seal } from '../tree/freeze.js'
import { makeChoices } from './choose.js'
import { recordState } from './layouts.js'
import type { Arm, Idle, Layout, Nest, Program } from './program.js'
import { recordOf } from './record.js'

type Own = Readonly<Record<string, number>>

/** What an arm runs, and what it makes of the nest's own numbers. */
export interface OwnArm {
  /** the parts that run, in the order of `parts`; the others keep their states */
  readonly runs: readonly string[]
  /** the own numbers after a step by this arm; default as before */
  readonly next?: (own: Own) => Own
}

export interface OwnNest {
  readonly name: string
  readonly parts: readonly string[]
  readonly own: Own
  readonly mask: Mask | null
  readonly options: RuleOptions
  /** null: all parts run at every step */
  readonly arms: Readonly<Record<string, OwnArm>> | null
  readonly pick: (own: Own, extra: Readonly<Record<string, unknown>>) => string
}

const idle: Idle = { kind: 'idle' }

/** The own numbers in a record; throws unless each is a finite number. */
const numbersIn = ({ name, own }: OwnNest, record: unknown, where: string): Own => {
  const names = Object.keys(own)
  if (!isRecord(record)) throw wrongState(name, where, names, record)
  return Object.fromEntries(
    names.map(key => {
      const value = record[key]
      if (typeof value !== 'number' || !Number.isFinite(value)) throw badOwn(name, where, key, value)
      return [key, value]
    }),
  )
}

/** What a user's function returns; its failure is told with the wrapper's name. */
const run = <T>(who: string, what: string, body: () => T): T => {
  try {
    return body()
  } catch (cause) {
    throw pickFailed(who, what, cause)
  }
}

export const ownNestProgram = (nest: OwnNest, parts: readonly Program[]): Nest => {
  const { name, arms, pick, own, mask } = nest
  const base = recordState(name, nest.parts, own)

  const after = (arm: string, before: Own): Own => {
    const next = arms?.[arm]?.next
    if (next === undefined) return before
    const where = `next of arm ${arm}`
    return numbersIn(
      nest,
      recordOf(
        name,
        Object.keys(own),
        run(name, where, () => next(seal(before))),
        where,
      ),
      where,
    )
  }
  const picked = (before: Own, extra: unknown, where: string): string => {
    const given = isRecord(extra) ? extra : {}
    const arm: unknown = run(name, 'pick', () => pick(seal(before), given))
    if (typeof arm !== 'string' || !Object.hasOwn(arms ?? {}, arm))
      throw unknownArm(name, where, arm, Object.keys(arms ?? {}))
    return arm
  }
  const made = (programs: readonly Program[], layout: Layout): Nest => ({
    kind: 'nest',
    type: name,
    parts: programs,
    mask,
    layout,
    around: others => made(others, layout),
    args: nest.options,
    title: Object.keys(nest.options).length === 0 ? name : `${name} ${JSON.stringify(nest.options)}`,
    isForeign: true,
  })
  const whole = { ...made(parts, base), around: (others: readonly Program[]) => ownNestProgram(nest, others) }
  if (arms === null) return whole

  const byName = new Map(
    Object.entries(arms).map(([arm, { runs }]): [string, Arm] => {
      const layout: Layout = {
        ...base,
        join: (states, before) => base.join(states, after(arm, numbersIn(nest, before, 'state'))),
      }
      const programs = parts.map((part, i) => (runs.includes(nest.parts[i] ?? '') ? part : idle))
      return [arm, { when: arm, program: made(programs, layout) }]
    }),
  )
  /** plays the choices of `n` steps without extras */
  const atCount: Layout['atCount'] = (state, n, where) => {
    let now = own
    const counts = nest.parts.map(() => 0)
    for (let i = 0; i < n; i++) {
      const arm = picked(now, {}, where)
      nest.parts.forEach((part, k) => {
        if (arms[arm]?.runs.includes(part)) counts[k] = (counts[k] ?? 0) + 1
      })
      now = after(arm, now)
    }
    return { state: base.join(base.split(state, where), now), counts }
  }
  return {
    ...whole,
    layout: { ...base, atCount },
    choice: {
      resolve: makeChoices,
      arms: [...byName.values()],
      pick: (state, extra, where) => {
        const record = recordOf(name, [...base.own, ...nest.parts], state, where)
        const before = numbersIn(nest, record, where)
        const arm = picked(before, extra, where)
        after(arm, before) // fails before anything has changed, if at all
        return byName.get(arm) ?? { when: arm, program: whole }
      },
    },
  }
}
