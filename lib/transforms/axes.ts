/** The axes of a leaf that a link in tfjs ops reduces. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badAxes, noAxis } from '../errors/axes.js'
import type { RuleOptions } from '../rule/rule.js'

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[]

/** The axes as a list; throws unless they are distinct whole numbers. */
export const checkedAxes = (who: string, axis: Axes): readonly number[] => {
  const given: unknown = axis
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0 || !list.every(Number.isInteger) || new Set(list).size < list.length) throw badAxes(who, axis)
  return list as readonly number[]
}

/** The option as a config has it: none for the default. */
export const axisOption = (axis: Axes | undefined): RuleOptions => (axis === undefined ? {} : { axis })

/** The axes of a leaf, from 0 on; throws an error that names the path if it does not have one of them. */
export const axesOf = (who: string, { shape }: Tensor, path: string, axes: readonly number[]): readonly number[] => {
  const rank = shape.length
  const missing = axes.find(axis => axis < -rank || axis >= rank)
  if (missing !== undefined) throw noAxis(who, path, shape, missing)
  return axes.map(axis => (axis < 0 ? axis + rank : axis))
}
