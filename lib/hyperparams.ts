/** Hyperparameters of a transformation: the numbers of the next step, and other numbers in their place. */
import { checked, refuseNames } from './call/checked.js'
import { leavesUnknown } from './errors/hyper.js'
import { linksIn, numbersOf, placeBelow, withHyper, type StatePlace } from './program/fold.js'
import type { Program } from './program/program.js'
import { numberedState } from './program/record.js'
import { isByPath, resolve, type Hyper, type HyperSpec } from './rule/hyper.js'
import type { Numbers } from './rule/rule.js'
import { namesOf } from './tree/firstName.js'
import { resolveMask, type Mask } from './tree/mask.js'
import { flatten, type Flat } from './tree/structure.js'
import { isTensor } from './tree/tensors.js'
import { fromProgram, programOf, type FirstLink } from './transform.js'

/** A number, or one for each leaf that takes part, by path. */
export type HyperNow = number | Readonly<Record<string, number>>

/** The hyperparameters of one link in the next step. */
export interface LinkHypers {
  readonly at: StatePlace
  readonly numbers: Numbers<unknown>
  /** null where a hyperparameter is by path and no paths are known */
  readonly now: Readonly<Record<string, HyperNow | null>>
  /** the leaves that take part, with their paths; null if they are not known */
  readonly leaves: () => readonly PathLeaf[] | null
}

interface PathLeaf {
  readonly path: string
  readonly leaf: unknown
}

/** Every slot tree in a state, with the state's own structure. */
const slotTrees = (program: Program, state: unknown, where: string): readonly unknown[] => {
  if (program.kind === 'nest')
    return program.layout.split(state, where).flatMap((part, i) => slotTrees(program.parts[i] ?? program, part, where))
  const numbers = numbersOf(program)
  if (numbers === null) return []
  const record = numberedState(numbers, state, where)
  return Object.keys(numbers.slots).map(slot => record[slot])
}

/** The parameters, or slots in their places, which have the same paths and shapes; null if there are neither. */
const leavesOf = (who: string, program: Program, state: unknown, params: unknown): Flat | null => {
  if (params !== undefined) return flatten(params, who, 'params')
  const trees = slotTrees(program, state, 'state').map(tree => flatten(tree))
  const [first] = trees
  if (first === undefined) return null
  return {
    structure: first.structure,
    leaves: first.leaves.map((_, i) => trees.find(({ leaves }) => isTensor(leaves[i]))?.leaves[i] ?? null),
  }
}

/** The hyperparameters of every link in the next step. */
export const hypersNow = (who: string, program: Program, state: unknown, params: unknown): readonly LinkHypers[] => {
  let known: Flat | null | undefined
  const flat = (): Flat | null => (known === undefined ? (known = leavesOf(who, program, state, params)) : known)
  const chosen = (link: string, masks: readonly Mask[]): readonly PathLeaf[] | null => {
    const all = flat()
    if (all === null) return null
    const { structure, leaves } = all
    const names = namesOf(structure, leaves)
    const takes = masks.map(mask => resolveMask(link, mask, structure, leaves))
    return leaves.flatMap((leaf, i) =>
      leaf !== null && takes.every(mask => mask[i] === true) ? [{ path: names[i] ?? '', leaf }] : [],
    )
  }
  const ofLink = (numbers: Numbers<unknown>, own: unknown, at: StatePlace, masks: readonly Mask[]): LinkHypers => {
    const { count } = numberedState(numbers, own, at.where)
    const leaves = (): readonly PathLeaf[] | null => chosen(numbers.name, masks)
    const valueOf = (name: string, spec: HyperSpec): HyperNow | null => {
      const { value } = spec
      if (!isByPath(value)) return resolve(numbers.name, name, spec, count)
      const each = leaves()?.map(
        ({ path, leaf }) =>
          [
            path,
            value.numberAt(numbers.name, name, spec, count, { path, values: { [name]: value.valueAt(path, leaf) } }),
          ] as const,
      )
      return each === undefined ? null : Object.fromEntries(each)
    }
    const now = Object.fromEntries(Object.entries(numbers.hyper).map(([name, spec]) => [name, valueOf(name, spec)]))
    return { at, numbers, now, leaves }
  }
  const walk = (part: Program, own: unknown, at: StatePlace, masks: readonly Mask[]): readonly LinkHypers[] => {
    if (part.kind !== 'nest') {
      const numbers = numbersOf(part)
      return numbers === null ? [] : [ofLink(numbers, own, at, masks)]
    }
    const states = part.layout.split(own, at.where)
    const inner = part.mask === null ? masks : [...masks, part.mask]
    const parts = part.kept?.parts(own, at.where) ?? part.parts
    return parts.flatMap((one, i) => walk(one, states[i], placeBelow(part, at, i), inner))
  }
  return walk(program, state, { where: 'state', path: '' }, [])
}

/**
 * The hyperparameters that the next step uses, by the path of their link in the state: `2.learningRate` is that of the
 * third link of a chain. A hyperparameter by path has a record with a number for each leaf.
 *
 * @throws ValueError if `state` is not a state of `tx`, or for a hyperparameter by path if neither `params` nor slots
 * tell the paths.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, byPath, hyperparamsOf, linearSchedule } from 'tfjs-optax'
 * const tx = adamw(linearSchedule(0.1, 0, 10), { weightDecay: byPath([['bias', 0]], 0.01) })
 * const now = hyperparamsOf(tx, tx.init({ kernel: tf.zeros([2, 2]), bias: tf.zeros([2]) }))
 * // now['2.learningRate'] is 0.1
 * // now['1.weightDecay'] is {"bias":0,"kernel":0.01}
 */
export const hyperparamsOf = /* @__PURE__ */ checked(
  { who: 'hyperparamsOf', takes: ['tx', 'state', 'params'] },
  (tx: FirstLink, state: unknown, params?: unknown): Readonly<Record<string, HyperNow>> =>
    Object.fromEntries(
      hypersNow('hyperparamsOf', programOf('hyperparamsOf', 'tx', tx), state, params).flatMap(({ at, numbers, now }) =>
        Object.entries(now).map(([name, value]) => {
          if (value === null) throw leavesUnknown('hyperparamsOf', numbers.name, name)
          return [at.path === '' ? name : `${at.path}.${name}`, value] as const
        }),
      ),
    ),
)

/**
 * The same transformation with other values for some hyperparameters, in every link that has one of that name. It takes
 * the same states and needs no new kernel, so it may be called before each step.
 *
 * @throws TypeError for a name that no link has; ValueError for a value out of range.
 * @source optax `inject_hyperparams`, which keeps the numbers in the state instead.
 * @example
 * import { adamw, setHyper } from 'tfjs-optax'
 * const tx = adamw(1e-3)
 * const slower = setHyper(tx, { learningRate: 1e-4 })
 */
export const setHyper = /* @__PURE__ */ checked(
  { who: 'setHyper', takes: ['tx', 'changes'] },
  <T extends FirstLink>(tx: T, changes: Readonly<Record<string, Hyper>>): T => {
    const program = programOf('setHyper', 'tx', tx)
    const known = linksIn(program).flatMap(link => Object.keys(numbersOf(link)?.hyper ?? {}))
    const names = Object.keys(changes).filter(name => !known.includes(name))
    refuseNames({ who: 'setHyper', takes: ['tx'], options: Object.fromEntries(known.map(name => [name, ''])) }, names)
    return { ...tx, ...fromProgram(withHyper(program, changes)) }
  },
)
