import { checked } from '../call/checked.js'
import { notOneVector } from '../errors/nests.js'
import { mapLinks, numbersOf, programName } from '../program/fold.js'
import { sameState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Nest, Program } from '../program/program.js'
import { onOneVector } from '../rule/oneVector.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'

/** The state of `flatten`: that of `inner`, where a number for each leaf is one number for the tree. */
export interface FlattenState<T> extends StateOf {
  readonly State: StateIn<T, this['Params']>
}

/**
 * Runs `inner` as if all elements of the tree were one vector: what it computes for each leaf, such as the trust ratio of
 * `lamb` or the root mean square of `clipByBlockRms`, is computed once for the tree.
 *
 * Nothing is copied together. The totals of leaves become totals of the tree, so a chain has the same passes or fewer.
 *
 * State: that of `inner`, with slots of the parameters' shapes. A number that `inner` has for each leaf, such as `nu` of
 * `scaleByNovograd`, is one scalar.
 *
 * @throws ValueError if `inner` contains what needs leaves as they are: tfjs ops, a user's functions, masks, groups, or a
 * hyperparameter by path. Put a mask around `flatten` instead; its totals are those of the chosen leaves then.
 * @source optax `flatten`, which copies the leaves into one vector, has slots of its length, and serves to save calls: here
 * all leaves are in one call anyway.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { clipByBlockRms, flatten } from 'tfjs-optax'
 * const tx = flatten(clipByBlockRms(1))
 * const gradients = { w: tf.tensor1d([7, 1]), b: tf.tensor1d([5, 5]) }
 * const [updates] = tx.update(gradients, tx.init(gradients))
 * // updates.w is [1.4, 0.2]
 */
export const flatten = /* @__PURE__ */ checked(
  { who: 'flatten', takes: ['inner'] },
  <T extends Link>(inner: T): GradientTransformation<FlattenState<T>> =>
    fromProgram(flattened(refuseGather('flatten', programOf('flatten', 'inner', inner)))),
)

const flattened = (inner: Program): Nest => {
  refuseLeaves(inner)
  const part = mapLinks(inner, link => (link.kind === 'rule' ? { kind: 'rule', rule: onOneVector(link.rule) } : link))
  return {
    kind: 'nest',
    type: 'flatten',
    parts: [part],
    mask: null,
    layout: sameState,
    around: ([other = inner]) => flattened(other),
    args: { inner: part },
    title: 'flatten',
  }
}

/** Throws for links that see leaves, not elements. */
const refuseLeaves = (program: Program): void => {
  const refuse = (why: string): never => {
    throw notOneVector(programName(program), why)
  }
  if (program.kind === 'nest') {
    if (program.asOne !== undefined) refuse('runs its parts itself')
    if (program.mask !== null) refuse('chooses among leaves; put it around flatten')
    program.parts.forEach(refuseLeaves)
    return
  }
  if (program.kind === 'ops') refuse('takes leaves as they are, in tfjs ops')
  if (program.kind === 'opaque') refuse("is a user's function of leaves")
  if ((numbersOf(program)?.byPath.length ?? 0) > 0) refuse('has a hyperparameter by path')
}
