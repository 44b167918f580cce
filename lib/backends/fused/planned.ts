/** The inputs of a step on a device, with the plan that fits them. */
import type { Plan } from '../../plan/plan.js'
import type { Stage } from '../../program/stages.js'
import type { Scalars } from '../../rule/rule.js'
import type { Structure } from '../../tree/structure.js'
import type { Leaf } from '../../tree/tensors.js'

export type TensorLeaves = readonly Leaf[]

/** A number of the host, or scalars on the device: a list with that of the tree, or with one for each leaf. */
export type GivenValue = number | TensorLeaves

/** A stage with its plan and its inputs, which all fit. */
export interface PlannedStage {
  readonly stage: Stage
  readonly structure: Structure
  readonly u: TensorLeaves
  readonly p: TensorLeaves | null
  /** the trees of all slots, rule by rule */
  readonly slots: readonly TensorLeaves[]
  readonly counts: readonly number[]
  /** the numbers of `plan.given` */
  readonly given: readonly GivenValue[]
  readonly plan: Plan
  /** the index of each leaf's class, -1 if the leaf sits out */
  readonly classOf: readonly number[]
  readonly scalars: Scalars
  /** the scalars of rules with hyperparameters by path, for each leaf that takes part; null if there are no such rules */
  readonly leafScalars: readonly Scalars[] | null
}
