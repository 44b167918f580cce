/** Compares programs as far as possible: functions of users all count as equal. */
import { isByPath, type Hyper } from '../rule/hyper.js'
import { printRule } from '../rule/print.js'
import type { Nest, Program } from '../program/program.js'
import type { Numbers, Scalars } from '../rule/rule.js'
import { writeArgs } from './write.js'
import { writeValue } from './writeValue.js'

type Same<T> = (a: T, b: T) => boolean

const sameScalars: Same<Scalars> = (a, b) => Object.keys(a).every(name => Object.is(a[name], b[name]))

const sameHyper: Same<Hyper | undefined> = (a, b) =>
  Object.is(a, b) ||
  ((typeof a === 'function' || isByPath(a)) && JSON.stringify(writeValue(a)) === JSON.stringify(writeValue(b)))

const sameNumbers: Same<Numbers<unknown>> = (a, b) =>
  Object.keys(a.hyper).every(key => sameHyper(a.hyper[key]?.value, b.hyper[key]?.value)) &&
  [1, 2, 3].every(t => sameScalars(a.scalars(t), b.scalars(t)))

/** The arguments of a nest, with null in place of its parts. */
const argsOf = ({ args }: Nest): string => JSON.stringify(writeArgs(args, () => null))

export const samePrograms: Same<Program> = (a, b) => {
  if (a.kind === 'rule' && b.kind === 'rule')
    return printRule(a.rule) === printRule(b.rule) && sameNumbers(a.rule, b.rule)
  if (a.kind === 'ops' && b.kind === 'ops') return a.ops.name === b.ops.name && sameNumbers(a.ops, b.ops)
  if (a.kind === 'nest' && b.kind === 'nest')
    return (
      a.type === b.type &&
      a.parts.length === b.parts.length &&
      argsOf(a) === argsOf(b) &&
      a.parts.every((part, i) => samePrograms(part, b.parts[i] ?? part))
    )
  return a.kind === b.kind
}
