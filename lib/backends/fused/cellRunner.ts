/** The part of `CellRunner` that runs cells and extras on devices, which cells.ts implements. */
import { cellRunnerOf } from '../../plan/cellRunner.js'
import type { Plan } from '../../plan/plan.js'
import type { Stage } from '../../program/stages.js'
import type { Rule } from '../../rule/rule.js'
import type { Structure } from '../../tree/structure.js'
import type { Leaf } from '../../tree/tensors.js'
import type { Device, Group, JobNumber } from '../device.js'
import type { Fresh } from './fresh.js'
import type { GivenValue, PlannedStage } from './planned.js'

/** A given number as the device holds it. */
export type HeldGiven = number | readonly (object | null)[]

/** The cells after the passes, the runs that compute them, and the numbers that the job is given. */
export interface CellsToRun {
  readonly given: readonly GivenValue[]
  readonly groups: readonly Group[]
  readonly numbers: readonly JobNumber[]
}

export interface DeviceCells {
  /** the cells of a rule in its state, and its extras; null if one does not fit */
  readonly read: (
    rule: Rule,
    record: Readonly<Record<string, unknown>>,
    structure: Structure,
    extra: unknown,
  ) => readonly GivenValue[] | null
  /** whether no cell of an active rule is missing */
  readonly areThere: (plan: Plan, given: readonly GivenValue[], classOf: readonly number[]) => boolean
  /** all tensors of cells, in the order in which a step makes them */
  readonly tensors: (step: PlannedStage) => readonly Leaf[]
  /** the given numbers as the device holds them; null if kernels cannot use one of them */
  readonly hold: (device: Device, step: PlannedStage) => readonly HeldGiven[] | null
  /** finds memory for the next value of every cell that changes; `over`: in its own place, if that may be overwritten */
  readonly allocate: (fresh: Fresh, step: PlannedStage, held: readonly HeldGiven[], over: boolean) => CellsToRun
  /** the cells with `change` applied to every tensor and the one that it replaces */
  readonly map: (
    step: PlannedStage,
    given: readonly GivenValue[],
    change: (original: Leaf, value: Leaf) => Leaf,
  ) => readonly GivenValue[]
  /** the cells as fields of the state of each rule */
  readonly fields: (step: PlannedStage, given: readonly GivenValue[]) => readonly Readonly<Record<string, unknown>>[]
}

/** What runs the cells and extras of a stage; null if it has none. */
export const deviceCellsOf = ({ rules }: Stage): DeviceCells | null =>
  (cellRunnerOf(rules.map(({ rule }) => rule))?.onDevice ?? null) as DeviceCells | null

export const noCells: CellsToRun = { given: [], groups: [], numbers: [] }
