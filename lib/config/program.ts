/** A program as JSON: what it is made of, by name. What cannot be written is marked in its place. */
import { either as E } from 'fp-ts'
import { printRule } from '../rule/print.js'
import type { Hyper, Schedule } from '../rule/hyper.js'
import type { MadeBy, Program } from '../rule/program.js'
import type { Rule, Scalars } from '../rule/rule.js'
import { isRecord } from '../tree/structure.js'
import { mask } from './masks.js'
import { deepest, toJson, Unwritable } from './json.js'
import { surviving, written, type Codec, type Kind } from './kind.js'
import { changes } from './verbatim.js'

const opaque = 'a plain {init, update} cannot be written; make it by a factory of registerTransform'
const reduce = "a function cannot be written; use 'sum' or 'mean', or a transformation of registerTransform"

type Same<T> = (a: T, b: T) => boolean

const sameScalars: Same<Scalars> = (a, b) => Object.keys(a).every(name => Object.is(a[name], b[name]))

/** Whether two programs do the same, as far as can be seen: functions of users look all alike. */
const sameness = (schedule: Codec<Schedule>): Same<Program> => {
  const shown = (value: Hyper | undefined): unknown => (typeof value === 'function' ? schedule.encode(value) : value)
  const sameHyper: Same<Hyper | undefined> = (a, b) =>
    Object.is(a, b) || (typeof a === 'function' && JSON.stringify(shown(a)) === JSON.stringify(shown(b)))
  const sameRule: Same<Rule> = (a, b) =>
    printRule(a) === printRule(b) &&
    Object.keys(a.hyper).every(key => sameHyper(a.hyper[key]?.value, b.hyper[key]?.value)) &&
    [1, 2, 3].every(t => sameScalars(a.scalars(t), b.scalars(t)))
  const same: Same<Program> = (a, b) => {
    if (a.kind === 'rule' && b.kind === 'rule') return sameRule(a.rule, b.rule)
    if (a.kind === 'chain' && b.kind === 'chain')
      return (
        a.links.length === b.links.length &&
        JSON.stringify(a.names) === JSON.stringify(b.names) &&
        a.links.every((link, i) => same(link, b.links[i] ?? link))
      )
    if (a.kind === 'masked' && b.kind === 'masked')
      return same(a.inner, b.inner) && JSON.stringify(mask.encode(a.mask)) === JSON.stringify(mask.encode(b.mask))
    if (a.kind === 'gather' && b.kind === 'gather')
      return a.axis === b.axis && (a.each === null || b.each === null ? a.each === b.each : same(a.each, b.each))
    return a.kind === b.kind
  }
  return same
}

interface Registry<T extends { readonly program: Program }> {
  readonly schedule: Codec<Schedule>
  readonly kinds: ReadonlyMap<string, Kind<T>>
  readonly decode: (json: unknown) => E.Either<unknown, T>
}

/** The writer of programs whose factories are in the registry. */
export const programs = <T extends { readonly program: Program }>({ kinds, schedule, decode }: Registry<T>) => {
  const same = sameness(schedule)
  /** `json`, if reading it gives the same program: a rule of one's own may have the name of another. */
  const faithful = (json: unknown, program: Program, says: string): unknown => {
    if (E.isLeft(toJson(json))) return json
    const again = decode(json)
    return E.isRight(again) && same(program, again.right.program) ? json : new Unwritable(says)
  }

  const registered = ({ type, options }: MadeBy, program: Program, depth: number): unknown => {
    const known = kinds.get(type)
    if (known === undefined) return new Unwritable(`${type} is not registered here; call registerTransform first`)
    const json = written(type, known.encode(options))
    const config = toJson(json)
    if (E.isLeft(config)) return json
    const says = `it is not what ${type} makes of these options; was it changed, or does its codec lose something?`
    const again = faithful(surviving(config.right), program, says)
    if (!(again instanceof Unwritable)) return again
    // Its numbers were changed since: then it is what it is made of, if that can be written.
    const { madeBy: _, ...parts } = program
    const inParts = write(parts, depth)
    return E.isRight(toJson(inParts)) ? inParts : again
  }

  const ruled = (rule: Rule, program: Program): unknown => {
    const known = kinds.get(rule.name)
    if (known === undefined)
      return new Unwritable(`${rule.name} is a rule of one's own; make it by a factory of registerTransform`)
    const values = Object.fromEntries(Object.entries(rule.hyper).map(([key, spec]) => [key, spec.value]))
    const says = `it is not the ${rule.name} of this package; make it by a factory of registerTransform, under a name of its own`
    const json = written(rule.name, known.encode({ ...values, ...rule.options }))
    // A registered rule may have any names; schedules look after themselves.
    const own = isRecord(json) ? Object.entries(json).filter(([, x]) => typeof x !== 'object') : []
    const keeps = changes(Object.fromEntries(own)) && E.isRight(toJson(json))
    return faithful(keeps ? surviving(json) : json, program, says)
  }

  const write = (program: Program, depth = 0): unknown => {
    if (depth > deepest / 5) return new Unwritable('nested too deep; a chain takes any number of links')
    if (program.madeBy !== undefined) return registered(program.madeBy, program, depth)
    const inner = (one: Program): unknown => write(one, depth + 1)
    switch (program.kind) {
      case 'rule':
        return ruled(program.rule, program)
      case 'chain': {
        const { links, names } = program
        if (names === null) return { type: 'chain', links: links.map(inner) }
        return { type: 'namedChain', links: links.map((link, i) => ({ name: names[i], link: inner(link) })) }
      }
      case 'masked':
        return { type: 'masked', inner: inner(program.inner), mask: mask.encode(program.mask) }
      case 'gather': {
        const { how, axis, each } = program
        const optional = { ...(each !== null && { each: inner(each) }), ...(axis !== null && { axis }) }
        return { type: 'aggregate', how: typeof how === 'string' ? how : new Unwritable(reduce), ...optional }
      }
      case 'opaque':
        return new Unwritable(opaque)
    }
  }
  return write
}
