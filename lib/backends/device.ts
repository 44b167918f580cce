/** What runs plans on the memory of one tfjs backend, and what it is given. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Kernel } from '../plan/kernel.js'
import type { ClassPlan, Plan } from '../plan/plan.js'

/** One leaf: its tensors in the order of its class's streams. A stream that is written in place is in both lists. */
export interface LeafRun<H = object> {
  /** its place in tree order, in which totals are summed */
  readonly order: number
  readonly size: number
  readonly reads: readonly H[]
  readonly writes: readonly H[]
  /** those of the writes whose tensor had other values before: what tfjs keeps of them is no longer true */
  readonly over: readonly H[]
}

/** The leaves of one class; none of them is empty. */
export interface Group<H = object> {
  readonly of: ClassPlan
  readonly leaves: readonly LeafRun<H>[]
}

export interface Job<H = object> {
  readonly plan: Plan
  readonly groups: readonly Group<H>[]
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

/**
 * `H` is what it knows of a tensor; a step asks once for each, and looks into none. What takes it is a method, so that a
 * `Device<H>` is a `Device`, whatever `H` is.
 */
export interface Device<H = object> {
  readonly name: string
  /** whether a stream may be written over while it is read, element by element */
  readonly inPlace: boolean
  /** whether values can be read without waiting, so that a kernel can be checked where it is first used */
  readonly readsAtOnce?: true
  /** why it cannot run on the backend as it is now; null if it can */
  readonly problem: () => string | null
  /** a new tensor whose values are not set; throws where there is no memory, or leaves that to `hold` */
  readonly allocate: (shape: readonly number[]) => Tensor
  /** a tensor of the current backend, or moved to it; null if it is not as kernels need it; throws where there is no memory */
  hold(tensor: Tensor): H | null
  /** whether nobody else has the memory, and results can be written to it */
  isOwn(held: H): boolean
  /** where memory is ours only if we made it: that of a tensor is ours too, if it has no other tensor; nobody else has it */
  readonly claim?: (tensor: Tensor) => void
  /** compiles what the passes need; if it throws, nothing has changed, and ops take over */
  prepare?(job: Job<H>): void
  /** runs all passes; effects: the values of every write */
  run(job: Job<H>): void
  /** the code for a pass, as a person reads it; without it that is wasm's, whose listing comes with `explain` */
  readonly sourceOf?: (shown: Shown) => string
}
