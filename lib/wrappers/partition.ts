import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { badLabel, labelsUnknown } from '../errors/labels.js'
import { recordState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Nest, Program } from '../program/program.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Mask, MaskTree } from '../tree/mask.js'
import { linearFinder, linearPattern } from '../tree/pattern/find.js'
import { isRecord } from '../tree/structure.js'
import { mayBeEmpty } from '../tree/unchosen.js'
import { maskedProgram, type Absent } from './masked.js'

/** A label for each leaf: a tree of labels or a prefix of one, where a label high up covers all leaves below it. */
export type LabelTree = string | readonly LabelTree[] | { readonly [key: string]: LabelTree }

/** The label of a leaf by its path, such as `dense.kernel`, and the parameter. */
export type LabelFunction = (path: string, leaf: Tensor) => string

/** Labels by patterns: a leaf has the label of the first pattern that is found in its path, else `otherwise`. */
export interface LabelPatterns {
  readonly patterns: readonly (readonly [pattern: string, label: string])[]
  readonly otherwise: string
}

/** Labels by rank: a leaf has the label of its rank, such as 2 for matrices, else `otherwise`. */
export interface LabelRanks {
  readonly ranks: { readonly [rank: number]: string }
  readonly otherwise: string
}

/** Which group each leaf belongs to: a tree or prefix tree of labels, a function of path and leaf, patterns, or ranks. */
export type Labels = LabelTree | LabelFunction | LabelPatterns | LabelRanks

/** The state of `partition`: the states of its groups by label, with null for the leaves of other groups. */
export interface PartitionState<Ts extends Readonly<Record<string, unknown>>> extends StateOf {
  readonly State: { readonly [K in keyof Ts]: Absent<StateIn<Ts[K], this['Params']>> }
}

/**
 * Runs a transformation of its own on each group of leaves. `labels` gives every leaf the name of its group: a tree of
 * names or a prefix of one, a function of path and leaf, `{patterns, otherwise}`, or `{ranks, otherwise}`.
 *
 * A group sees only its own leaves: a clip by global norm in it is that of the group. Groups may be empty. Each group has
 * a kernel of its own; for groups that differ in numbers only, `byPath` needs one kernel for all.
 *
 * State: a record with that of each group; leaves of other groups have no slots there.
 *
 * @throws TypeError for labels in another form; ValueError, with both sets, for a label that no group has: at once for a
 * tree, patterns and ranks, in `init` and in the step for a function.
 * @source optax `partition` (`multi_transform`); torch's parameter groups; Keras's `MultiOptimizer`.
 * @example
 * import { adamw, partition, sgd } from 'tfjs-optax'
 * const labels = { patterns: [['bias$|norm', 'plain']], otherwise: 'decayed' } as const
 * const tx = partition({ decayed: adamw(1e-3), plain: sgd(0.1) }, labels)
 */
export const partition = /* @__PURE__ */ checked(
  { who: 'partition', takes: ['transforms', 'labels'] },
  <const Ts extends Groups>(transforms: Ts, labels: Labels): GradientTransformation<PartitionState<Ts>> =>
    fromProgram(partitionOf(groupsOf('partition', transforms), labels)),
)

/**
 * The same as `partition`, by its older name in optax.
 *
 * @throws as `partition` does.
 * @example
 * import { multiTransform, setToZero, sgd } from 'tfjs-optax'
 * const tx = multiTransform({ train: sgd(0.1), keep: setToZero() }, { head: 'train', body: 'keep' })
 */
export const multiTransform = /* @__PURE__ */ checked(
  { who: 'multiTransform', takes: ['transforms', 'labels'] },
  <const Ts extends Groups>(transforms: Ts, labels: Labels): GradientTransformation<PartitionState<Ts>> =>
    fromProgram(partitionOf(groupsOf('multiTransform', transforms), labels)),
)

type Groups = Readonly<Record<string, Link>>

const groupsOf = (who: string, transforms: Groups): Readonly<Record<string, Program>> => {
  if (!isRecord(transforms) || Object.keys(transforms).length === 0)
    throw badArgument(who, 'transforms', 'a record of transformations, at least one', transforms)
  const groups = Object.entries(transforms).map(([label, link]) => {
    const program = programOf(who, `transforms.${label}`, link)
    return [label, refuseGather(who, program)] as const
  })
  return Object.fromEntries(groups)
}

const partitionOf = (groups: Readonly<Record<string, Program>>, labels: Labels): Nest => {
  const names = Object.keys(groups)
  const maskOf = masksOf(names, labels)
  const nest = (parts: readonly Program[]): Nest => ({
    kind: 'nest',
    type: 'partition',
    parts,
    mask: null,
    layout: recordState('partition', names),
    around: nest,
    args: { groups: names.map((name, i) => ({ name, link: insideMask(parts[i]) })), labels },
    title: `partition by ${typeof labels === 'function' ? 'path and leaf' : JSON.stringify(labels)}`,
  })
  return nest(Object.entries(groups).map(([name, group]) => maskedProgram(group, maskOf(name))))
}

/** The program of a group, without its mask. */
const insideMask = (part: Program | undefined): Program | undefined => (part?.kind === 'nest' ? part.parts[0] : part)

const isPatterns = (labels: Labels): labels is LabelPatterns =>
  isRecord(labels) && Array.isArray(labels['patterns']) && typeof labels['otherwise'] === 'string'

const isRanks = (labels: Labels): labels is LabelRanks =>
  isRecord(labels) && isRecord(labels['ranks']) && typeof labels['otherwise'] === 'string'

/** The mask of each group; throws for labels that are none of the groups'. */
const masksOf = (names: readonly string[], labels: Labels): ((name: string) => Mask) => {
  const check = (label: unknown, path: string): string => {
    if (typeof label !== 'string') throw badLabel('partition', path, label)
    if (!names.includes(label)) throw labelsUnknown('partition', path, label, names)
    return label
  }
  if (typeof labels === 'function')
    return name => mayBeEmpty((path: string, leaf: Tensor) => check(labels(path, leaf), path) === name)
  if (isPatterns(labels)) {
    const finders = labels.patterns.map((pair: unknown, i) => {
      const [source, label] = Array.isArray(pair) ? (pair as readonly unknown[]) : []
      const finds = typeof source === 'string' ? linearFinder(source) : null
      if (finds === null)
        throw badArgument(
          'partition',
          `labels.patterns.${i}`,
          `[pattern, label] with the source of ${linearPattern}`,
          pair,
        )
      return { finds, label: check(label, `labels.patterns.${i}`) }
    })
    const otherwise = check(labels.otherwise, 'labels.otherwise')
    const labelOf = (path: string): string => finders.find(({ finds }) => finds(path))?.label ?? otherwise
    return name => mayBeEmpty((path: string) => labelOf(path) === name)
  }
  if (isRanks(labels)) {
    const { ranks } = labels
    for (const [rank, label] of Object.entries(ranks)) check(label, `labels.ranks.${rank}`)
    const otherwise = check(labels.otherwise, 'labels.otherwise')
    return name => mayBeEmpty((_path: string, { rank }: Tensor) => (ranks[rank] ?? otherwise) === name)
  }
  const tree = (at: unknown, name: string, path: string): MaskTree => {
    if (Array.isArray(at)) return at.map((item, i) => tree(item, name, `${path}.${i}`))
    if (isRecord(at))
      return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, tree(item, name, `${path}.${key}`)]))
    return check(at, path) === name
  }
  const made = new Map(names.map(name => [name, tree(labels, name, 'labels')]))
  return name => made.get(name) ?? false
}
