/** The first state and the steps of a link in tfjs ops, leaf by leaf. Hyperparameters and count work as for a rule. */
import { badResult, notInterpretable, slotMissing } from '../errors.js'
import { absentResult, badSlotShape, slotShape } from '../errors/slots.js'
import { seal } from '../tree/freeze.js'
import { distinctNames } from '../tree/firstName.js'
import { build, isRecord, pathsOf, type TreeNames } from '../tree/structure.js'
import type { Frame, Interpreter, Leaves, LinkInterpretation, FlowStep } from '../rule/interpreter.js'
import type { TensorRule } from './program.js'
import { initNumbered, inputsOf, nextState } from './ruleStep.js'

type Shape = readonly number[]

const shapeOf = (leaf: unknown): Shape => (leaf as { readonly shape: Shape }).shape
const sameShape = (a: Shape | null, b: Shape | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((n, i) => n === b[i]))

/** Count 0, and every slot at its first value; slots with shapes of their own are null for leaves without them. */
export const initOps: TensorRule['init'] = (I, link, p, frame) => {
  const paths = pathsOf(frame.structure)
  const names = distinctNames(frame.structure, frame.given)
  const isActive = (i: number): boolean => frame.active[i] === true
  p.forEach((leaf, i) => {
    if (leaf !== null && isActive(i)) link.check(leaf, paths[i] ?? '', names[i] ?? '')
  })
  const state = initNumbered(I, link, p, frame) as Readonly<Record<string, unknown>>
  const shaped = Object.entries(link.shaped)
  if (shaped.length === 0) return state
  if (I.userState === null) throw notInterpretable(I.name, link.name)
  const slots = shaped.map(([slot, { first, shape }]) => {
    const leaves = p.map((leaf, i) => {
      const own =
        leaf === null || !isActive(i) ? null : checkedShape(link.name, slot, paths[i] ?? '', shape(shapeOf(leaf)))
      return own === null ? null : first(own)
    })
    return [slot, build(frame.structure, leaves, seal)] as const
  })
  return seal({ ...state, ...Object.fromEntries(slots) })
}

const checkedShape = (who: string, slot: string, path: string, shape: unknown): Shape | null => {
  const isSize = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 0
  if (shape === null || (Array.isArray(shape) && shape.every(isSize))) return shape
  throw badSlotShape(who, slot, path, shape)
}

export const runOps: LinkInterpretation<TensorRule> =
  <L>(I: Interpreter<L>, link: TensorRule, state: unknown, where: string, frame: Frame): FlowStep<L> =>
  flow => {
    if (I.userState === null) throw notInterpretable(I.name, link.name)
    const { structure, given } = frame
    const { count, slots, leaves } = inputsOf(I, link, state, where, frame, flow, link.shaped)
    const paths = pathsOf(structure)
    const seen = distinctNames(structure, given)
    leaves.forEach(({ like, values }, i) => {
      link.check(like, paths[i] ?? '', seen[i] ?? '')
      checkSlots(link, where, paths[i] ?? '', like, values)
    })
    const names = ['u', ...Object.keys(link.slots)]
    const passed = treesOf(I, link, frame, flow.u)
    const made = new Map(
      [...leaves].map(([i, { values, scalars }]) => {
        const absent = Object.keys(link.shaped).filter(slot => values[slot] === undefined)
        const tensors: Record<string, unknown> = { ...values }
        for (const slot of absent) tensors[slot] = null
        for (const [name, tree] of passed) tensors[name] = tree?.[i] ?? null
        return [i, resultsOf(link, paths[i] ?? '', names, absent, link.run(tensors, scalars, seen[i] ?? ''))]
      }),
    )
    const output = (k: number, before: Leaves<L>): Leaves<L> => {
      const labels: TreeNames = { who: link.name, what: `its ${names[k] ?? ''}`, than: 'updates' }
      const got = I.read(
        structure,
        build(
          structure,
          before.map((_, i) => made.get(i)?.[k] ?? null),
        ),
        labels,
      )
      I.check(labels, structure, got, before)
      return before.map((leaf, i) => got[i] ?? leaf)
    }
    const trees = slots.map((before, k) => output(k + 1, before))
    return [nextState(link, frame, count, trees), { ...flow, u: output(0, flow.u) }]
  }

/** The trees that the caller passes in `extra`; null for those that this step has not. Throws unless they fit. */
const treesOf = <L>(
  I: Interpreter<L>,
  { name: who, trees }: TensorRule,
  { structure, extra }: Frame,
  u: Leaves<L>,
): readonly (readonly [name: string, tree: Leaves<L> | null])[] =>
  trees.map(name => {
    const tree = (extra as Readonly<Record<string, unknown>> | null | undefined)?.[name]
    if (tree === undefined || tree === null) return [name, null]
    const labels: TreeNames = { who, what: `extra.${name}`, than: 'updates' }
    const leaves = I.read(structure, tree, labels)
    I.check(labels, structure, leaves, u)
    return [name, leaves]
  })

/** Throws unless the slots with shapes of their own have the shapes that this leaf calls for. */
const checkSlots = (
  { name: who, shaped }: TensorRule,
  where: string,
  path: string,
  like: unknown,
  values: Readonly<Record<string, unknown>>,
): void => {
  for (const [slot, { shape }] of Object.entries(shaped)) {
    const value = values[slot]
    const [got, expected] = [value === undefined ? null : shapeOf(value), shape(shapeOf(like))]
    if (sameShape(got, expected)) continue
    if (got === null) throw slotMissing(who, `${where}.${slot}`, path)
    throw slotShape(who, `${where}.${slot}`, path, got, expected)
  }
}

/** The results for one leaf, in the order of `names`; null for the slots in `absent`, which it does not have. */
const resultsOf = (
  link: TensorRule,
  path: string,
  names: readonly string[],
  absent: readonly string[],
  got: unknown,
): readonly unknown[] => {
  if (!isRecord(got)) throw badResult(link.name, names, got)
  const wrong = names.filter(name => (got[name] == null) !== absent.includes(name))
  if (wrong.length > 0)
    throw Object.keys(link.shaped).length > 0 ? absentResult(link.name, path, wrong) : badResult(link.name, names, got)
  return names.map(name => got[name])
}
