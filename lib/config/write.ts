/**
 * Writes a program as JSON: the names of its factories and their arguments. No codec is needed, so a bundle that only
 * writes configs contains neither io-ts and fp-ts nor unused factories.
 */
import type { either as E } from 'fp-ts'
import type { ConfigError } from '../errors.js'
import type { Nest, Program } from '../program/program.js'
import { isByPath } from '../rule/hyper.js'
import type { Numbers } from '../rule/rule.js'
import type { Mask } from '../tree/mask.js'
import { isRecord } from '../tree/structure.js'
import { configError } from './faults.js'
import { deepest, toJson, Unwritable, type Config } from './json.js'
import { registered } from './registered.js'
import { surviving } from './verbatim.js'
import { writeLabels, writeMask, writeValue } from './writeValue.js'

const byFactory = '; make it by a factory of registerTransform'
const opaque = 'a plain {init, update} cannot be written; make it by a factory of registerTransform'
const byLeaf = `a function of path and leaf cannot be written${byFactory}`
const reduce = "a function cannot be written; use 'sum' or 'mean', or a transformation of registerTransform"

/**
 * `{type, …options}` as JSON that survives tfjs; `Unwritable` unless reading it gives the same program, null if the
 * type is not registered.
 */
const remade = (type: string, options: unknown, program: Program): unknown => {
  const known = registered.get(type)
  if (known === undefined) return null
  const written = known.encode(options)
  if (written instanceof Unwritable) return written
  if (!isRecord(written)) return new Unwritable(`the codec of ${type} must write a record of options`)
  const json = toJson({ type, ...written })
  if (json._tag === 'Left') return { type, ...written }
  const again = surviving(json.right)
  const says = `it is not what ${type} makes of these options; was it changed, or does its codec lose something?`
  return known.makes(again, program) ? again : new Unwritable(says)
}

const writeNumbers = ({ name, hyper, options, ours }: Numbers<unknown>, program: Program): unknown => {
  const values = Object.fromEntries(Object.entries(hyper).map(([key, { value }]) => [key, value]))
  if (ours) {
    const plain = Object.entries(options).map(([key, x]) => [key, typeof x === 'function' ? new Unwritable(byLeaf) : x])
    return { type: name, ...(writeValue({ ...values, ...Object.fromEntries(plain) }) as object) }
  }
  const own = new Unwritable(`${name} is a rule of one's own${byFactory}`)
  return remade(name, { ...values, ...options }, program) ?? own
}

const isProgram = (x: unknown): x is Program =>
  isRecord(x) && typeof x['kind'] === 'string' && ['rule', 'ops', 'opaque', 'idle', 'nest'].includes(x['kind'])

/** The arguments of a nest as JSON; `part` writes the programs among them. */
export const writeArgs = (args: Nest['args'], part: (program: Program) => unknown): object => {
  const value = (key: string, x: unknown): unknown => {
    if (isProgram(x)) return part(x)
    if (key === 'mask') return writeMask(x as Mask)
    if (key === 'labels') return writeLabels(x)
    if (key === 'how' && typeof x === 'function') return new Unwritable(reduce)
    if (Array.isArray(x)) return x.map(item => value(key, item))
    return isRecord(x) && !isByPath(x) ? writeArgs(x, part) : writeValue(x)
  }
  return Object.fromEntries(Object.entries(args).map(([key, x]) => [key, value(key, x)]))
}

/** The program as JSON, with an `Unwritable` in place of each part that cannot be written. */
export const write = (program: Program, depth = 0): unknown => {
  if (depth > deepest / 5) return new Unwritable('nested too deep; a chain takes any number of links')
  const { madeBy, ...parts } = program
  if (madeBy !== undefined) {
    const again = remade(madeBy.type, madeBy.options, program)
    if (again === null) return new Unwritable(`${madeBy.type} is not registered here; call registerTransform first`)
    if (!(again instanceof Unwritable)) return again
    // Its numbers were changed since it was made: its parts are written instead, if they can be.
    const inParts = write(parts, depth)
    return toJson(inParts)._tag === 'Right' ? inParts : again
  }
  switch (program.kind) {
    case 'rule':
      return writeNumbers(program.rule, program)
    case 'ops':
      return writeNumbers(program.ops, program)
    case 'nest':
      if (program.isForeign) return new Unwritable(`configs do not know the wrapper ${program.type}${byFactory}`)
      return { type: program.type, ...writeArgs(program.args, part => write(part, depth + 1)) }
    case 'opaque':
    case 'idle':
      return new Unwritable(opaque)
  }
}

/** The program as JSON, or the error that names every place that cannot be written. */
export const writeConfig = (who: string, program: Program): E.Either<ConfigError, Config> => {
  const json = toJson(write(program))
  return json._tag === 'Left'
    ? { _tag: 'Left', left: configError(who, json.left) }
    : { _tag: 'Right', right: json.right as Config }
}
