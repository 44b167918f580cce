/** What runs plans on the memory of one tfjs backend, and what it is given. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Kernel } from '../rule/plan/kernel.js'
import type { ClassPlan, Plan } from '../rule/plan/plan.js'

/** One leaf: its tensors in the order of its class's streams. A stream that is written in place is in both lists. */
export interface LeafRun {
  /** its place in tree order, in which totals are summed */
  readonly order: number
  readonly size: number
  readonly reads: readonly Tensor[]
  readonly writes: readonly Tensor[]
}

/** The leaves of one class; none of them is empty. */
export interface Group {
  readonly of: ClassPlan
  readonly leaves: readonly LeafRun[]
}

export interface Job {
  readonly plan: Plan
  readonly groups: readonly Group[]
  /** this step's numbers by their names in the plan */
  readonly scalars: Readonly<Record<string, number>>
}

/** A pass of a class to be shown. */
export interface Shown {
  readonly plan: Plan
  readonly of: ClassPlan
  readonly kernel: Kernel
  /** the expressions of its uniforms */
  readonly uniforms: readonly string[]
  /** as in a step that writes over what it is given */
  readonly isOver: boolean
}

export interface Device {
  readonly name: string
  /** whether a stream may be written over while it is read, element by element */
  readonly inPlace: boolean
  /** whether `dataSync` and `tf.tensor(array)` share memory with the user, so that a Variable's must not be written over */
  readonly handsOutMemory?: true
  /** whether the memory of a tensor is as results need it, where it may not be; if left out, it is */
  readonly mayWrite?: (tensor: Tensor) => boolean
  /** whether values can be read without waiting, so that a kernel can be checked where it is first used */
  readonly readsAtOnce?: true
  /** why it cannot run on the backend as it is now; null if it can */
  readonly problem: () => string | null
  /** a new tensor whose values are not set; throws where there is no memory */
  readonly allocate: (shape: readonly number[]) => Tensor
  /** runs all passes; effects: the values of every write */
  readonly run: (job: Job) => void
  /** the code for a pass, as a person reads it */
  readonly sourceOf: (shown: Shown) => string
}
