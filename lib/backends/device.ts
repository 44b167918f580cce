/** A `Device` runs plans on the memory of one tfjs backend; a `Job` is one run. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Kernel } from '../plan/kernel.js'
import type { ClassPlan } from '../plan/class.js'
import type { Plan } from '../plan/plan.js'
import type { Scalars } from '../rule/rule.js'

/**
 * One leaf: its tensors in the order of its class's streams. A tensor that is overwritten while it is read is in both
 * lists.
 */
export interface LeafRun<H = object> {
  /** its index in tree order, the order in which totals are summed */
  readonly order: number
  readonly size: number
  readonly reads: readonly H[]
  readonly writes: readonly H[]
  /** this step's scalars, if hyperparameters are by path; else those of the job */
  readonly scalars?: Scalars
  /** the writes to tensors that had other values before, so values that tfjs has cached of them are stale */
  readonly over: readonly H[]
}

/** The leaves of one class; each has at least one element. */
export interface Group<H = object> {
  readonly of: ClassPlan
  readonly leaves: readonly LeafRun<H>[]
}

/** A number beside the streams, of the tree or of a leaf: a cell before the step, or a value that the caller passed. */
export interface JobNumber<H = object> {
  readonly name: string
  /** the index of its leaf in tree order; null for one of the tree */
  readonly order: number | null
  readonly value: H | number
}

export interface Job<H = object> {
  readonly plan: Plan
  /** the numbers of `plan.given` */
  readonly numbers: readonly JobNumber<H>[]
  readonly groups: readonly Group<H>[]
  /** this step's scalars by their names in the plan */
  readonly scalars: Scalars
}

/** A pass of a class whose code is to be shown. */
export interface Shown {
  readonly plan: Plan
  readonly of: ClassPlan
  readonly kernel: Kernel
  /** the expressions of its uniforms */
  readonly uniforms: readonly string[]
  /** whether the step overwrites its inputs */
  readonly isOver: boolean
}

/**
 * `H` is the form in which the device holds a tensor. A step asks for it once per tensor and does not look into it.
 * Functions that take an `H` are methods, so that any `Device<H>` is a `Device`.
 */
export interface Device<H = object> {
  readonly name: string
  /** whether a kernel may overwrite the stream that it reads, element by element */
  readonly inPlace: boolean
  /** present if values can be read synchronously, so that kernels can be checked at first use */
  readonly readsAtOnce?: true
  /** why it cannot run on the current backend; null if it can */
  readonly problem: () => string | null
  /** a new tensor without values; throws if memory is exhausted, or leaves that to `hold` */
  readonly allocate: (shape: readonly number[]) => Tensor
  /**
   * a tensor as the device holds it, moved to this backend if need be; null if kernels cannot use it; throws if memory
   * is exhausted
   */
  hold(tensor: Tensor): H | null
  /** whether nobody else holds the memory, so that results may overwrite it */
  isOwn(held: H): boolean
  /**
   * only for devices that overwrite no memory but their own: makes the memory of a tensor theirs, unless other tensors
   * share it; the caller must know that nobody else holds it
   */
  readonly claim?: (tensor: Tensor) => void
  /** compiles what the passes need; if it throws, nothing has changed, and ops take over */
  prepare?(job: Job<H>): void
  /** runs all passes; effects: the values of every write */
  run(job: Job<H>): void
  /** the code of a pass, for people; devices without it run WebAssembly, whose listing comes with `explain` */
  readonly sourceOf?: (shown: Shown) => string
}
