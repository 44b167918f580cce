/** The part of `CellRunner` that interprets cells and extras, which program/cells.ts implements. */
import type { Frame, Interpreter, Leaves } from '../rule/interpreter.js'
import type { Numbers, Scalars } from '../rule/rule.js'

/** A leaf that takes part, with the values and scalars that its expressions read. */
export interface LeafInput<L> {
  readonly like: L
  readonly values: Record<string, L>
  readonly scalars: Scalars
}

/** The cells and extras of one step. */
export interface OpenCells<L> {
  /** their values by name, for a leaf by its index */
  readonly at: (i: number) => Readonly<Record<string, L>>
  /** the cells after the step, as fields of the state */
  readonly next: (leaves: ReadonlyMap<number, LeafInput<L>>) => Readonly<Record<string, unknown>>
}

export interface CellInterpretation {
  /** the first values, as fields of a state */
  readonly first: <L>(
    I: Interpreter<L>,
    link: Numbers<unknown>,
    p: Leaves<L>,
    frame: Frame,
  ) => Readonly<Record<string, unknown>>
  /** reads cells from a state, and extras; throws, naming the place, unless each is one number */
  readonly open: <L>(
    I: Interpreter<L>,
    link: Numbers<unknown>,
    record: Readonly<Record<string, unknown>>,
    where: string,
    frame: Frame,
  ) => OpenCells<L>
}

/** How the cells and extras of a link are interpreted; null if it has none. */
export const interpretationOf = ({ cellRunner }: Numbers<unknown>): CellInterpretation | null =>
  (cellRunner?.interpreted ?? null) as CellInterpretation | null
