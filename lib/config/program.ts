/** A program as JSON: what it is made of, by name. What cannot be written is marked in its place. */
import { either as E } from 'fp-ts'
import { printRule } from '../rule/print.js'
import type { Hyper, Schedule } from '../rule/hyper.js'
import type { MadeBy, Nest, Program } from '../program/program.js'
import type { Numbers, Rule, Scalars } from '../rule/rule.js'
import { isRecord } from '../tree/structure.js'
import type { Mask } from '../tree/mask.js'
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
  const sameNumbers: Same<Numbers<unknown>> = (a, b) =>
    Object.keys(a.hyper).every(key => sameHyper(a.hyper[key]?.value, b.hyper[key]?.value)) &&
    [1, 2, 3].every(t => sameScalars(a.scalars(t), b.scalars(t)))
  /** the arguments of a nest without its parts */
  const argsOf = ({ args }: Nest): unknown => writtenArgs(args, () => null, shown)
  const sameRule: Same<Rule> = (a, b) => printRule(a) === printRule(b) && sameNumbers(a, b)
  const same: Same<Program> = (a, b) => {
    if (a.kind === 'rule' && b.kind === 'rule') return sameRule(a.rule, b.rule)
    if (a.kind === 'ops' && b.kind === 'ops') return a.ops.name === b.ops.name && sameNumbers(a.ops, b.ops)
    if (a.kind === 'nest' && b.kind === 'nest')
      return (
        a.type === b.type &&
        a.parts.length === b.parts.length &&
        JSON.stringify(argsOf(a)) === JSON.stringify(argsOf(b)) &&
        a.parts.every((part, i) => same(part, b.parts[i] ?? part))
      )
    return a.kind === b.kind
  }
  return same
}

const isProgram = (x: unknown): x is Program =>
  isRecord(x) && typeof x['kind'] === 'string' && ['rule', 'ops', 'opaque', 'idle', 'nest'].includes(x['kind'])

/** The arguments of a nest as JSON: programs, masks and schedules by their own writers, all else as it is. */
const writtenArgs = (
  args: Nest['args'],
  part: (program: Program) => unknown,
  ofSchedule: (value: Schedule) => unknown,
): Readonly<Record<string, unknown>> => {
  const value = (key: string, x: unknown): unknown => {
    if (isProgram(x)) return part(x)
    if (key === 'mask') return mask.encode(x as Mask)
    if (key === 'how' && typeof x === 'function') return new Unwritable(reduce)
    if (typeof x === 'function') return ofSchedule(x as Schedule)
    if (Array.isArray(x)) return x.map(item => value(key, item))
    return isRecord(x) ? Object.fromEntries(Object.entries(x).map(([name, item]) => [name, value(name, item)])) : x
  }
  return Object.fromEntries(Object.entries(args).map(([key, x]) => [key, value(key, x)]))
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

  const numbered = (link: Numbers<unknown>, program: Program): unknown => {
    const known = kinds.get(link.name)
    if (known === undefined)
      return new Unwritable(`${link.name} is a rule of one's own; make it by a factory of registerTransform`)
    const values = Object.fromEntries(Object.entries(link.hyper).map(([key, spec]) => [key, spec.value]))
    const says = `it is not the ${link.name} of this package; make it by a factory of registerTransform, under a name of its own`
    const json = written(link.name, known.encode({ ...values, ...link.options }))
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
        return numbered(program.rule, program)
      case 'ops':
        return numbered(program.ops, program)
      case 'nest':
        return { type: program.type, ...writtenArgs(program.args, inner, value => schedule.encode(value)) }
      case 'opaque':
      case 'idle':
        return new Unwritable(opaque)
    }
  }
  return write
}
