/** A leaf as a list of matrices: which of its axes are their rows, and which their columns. */
import * as tf from '@tensorflow/tfjs-core'
import { badArgument, notAMatrix } from '../errors.js'
import { axisTwice } from '../errors/axes.js'
import type { RuleOptions } from '../rule/rule.js'
import { isRecord } from '../tree/structure.js'
import { axesOf, checkedAxes, type Axes } from './axes.js'

/** The axes of a leaf that are multiplied with inputs, and those of outputs. Matrices of all others are independent. */
export interface MuonDimensionNumbers {
  /** the axes of inputs, which a product with the weights sums over, default 0 */
  readonly reductionAxis?: Axes
  /** the axes of outputs, default 1 */
  readonly outputAxis?: Axes
}

/** The same numbers for all leaves, or a function of path and leaf. */
export type DimensionNumbersOf<T = MuonDimensionNumbers> = MuonDimensionNumbers | ((path: string, leaf: tf.Tensor) => T)

/** Throws unless they can be dimension numbers. */
export const checkDimensions = (who: string, name: string, numbers: unknown): void => {
  if (typeof numbers === 'function' || numbers === undefined) return
  const isKnown = (key: string): boolean => ['reductionAxis', 'outputAxis'].includes(key)
  if (!isRecord(numbers) || !Object.keys(numbers).every(isKnown))
    throw badArgument(who, name, '{reductionAxis, outputAxis}, or a function of path and leaf that gives them', numbers)
  const { reductionAxis = 0, outputAxis = 1 } = numbers as MuonDimensionNumbers
  for (const axis of [reductionAxis, outputAxis]) checkedAxes(who, axis)
}

/** The option as a config has it: none for the default. */
export const dimensionsOption = (numbers: DimensionNumbersOf | undefined): RuleOptions =>
  numbers === undefined ? {} : { weightDimensionNumbers: typeof numbers === 'function' ? numbers : { ...numbers } }

export interface Matrices {
  /** the number of matrices, of their rows, and of their columns */
  readonly sizes: readonly [count: number, rows: number, columns: number]
  /** the axes of the leaf, in the order matrices, rows, columns */
  readonly order: readonly number[]
}

/** How a leaf falls into matrices. Without dimension numbers it must be a matrix itself. */
export const matricesOf = (
  who: string,
  leaf: tf.Tensor,
  { path, name }: { readonly path: string; readonly name: string },
  numbers: DimensionNumbersOf<unknown> | undefined,
): Matrices => {
  const found = typeof numbers === 'function' ? numbers(name, leaf) : numbers
  if (leaf.rank < 2 || found === null || (found === undefined && leaf.rank !== 2))
    throw notAMatrix(who, path, leaf.shape)
  checkDimensions(who, `the dimension numbers of ${path}`, found)
  const { reductionAxis = 0, outputAxis = 1 } = (found ?? {}) as MuonDimensionNumbers
  const axes = (axis: Axes): readonly number[] => axesOf(who, leaf, path, checkedAxes(who, axis))
  const [rows, columns] = [axes(reductionAxis), axes(outputAxis)]
  const chosen = new Set([...rows, ...columns])
  if (chosen.size < rows.length + columns.length) throw axisTwice(who, path, leaf.shape, rows, columns)
  const others = leaf.shape.map((_, axis) => axis).filter(axis => !chosen.has(axis))
  const sizeOf = (some: readonly number[]): number => some.reduce((n, axis) => n * (leaf.shape[axis] ?? 1), 1)
  return { sizes: [sizeOf(others), sizeOf(rows), sizeOf(columns)], order: [...others, ...rows, ...columns] }
}

/** The leaf with each of its matrices replaced by what `f` makes of it. */
export const mapMatrices = (
  leaf: tf.Tensor,
  { sizes: [count, rows, columns], order }: Matrices,
  f: (matrix: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor => {
  const inOrder = order.every((axis, i) => axis === i)
  const moved = inOrder ? leaf : tf.transpose(leaf, [...order])
  // tfjs cannot differentiate through an `unstack` into one tensor.
  const made =
    count === 1
      ? f(tf.reshape(moved, [rows, columns]))
      : tf.stack(tf.unstack(tf.reshape(moved, [count, rows, columns])).map(one => f(one as tf.Tensor2D)))
  const shaped = tf.reshape(made, moved.shape)
  return inOrder
    ? shaped
    : tf.transpose(
        shaped,
        order.map((_, axis) => order.indexOf(axis)),
      )
}
