/** Errors about axes of a leaf. */
import { nameOf, ValueError } from '../errors.js'

const shown = (shape: readonly number[]): string => `[${shape.join(',')}]`

export const badAxes = (who: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: axis must be a whole number or a non-empty list of distinct ones, ${Array.isArray(got) ? `got [${got.slice(0, 9).map(nameOf).join(',')}]` : `got ${nameOf(got)}`}`,
  )
export const noAxis = (who: string, path: string, shape: readonly number[], axis: number): ValueError =>
  new ValueError(`${who}: leaf ${path} of shape ${shown(shape)} has no axis ${axis}; leave it out by \`masked\``)
export const axisNeeded = (who: string, path: string, shape: readonly number[]): ValueError =>
  new ValueError(
    `${who}: leaf ${path} of shape ${shown(shape)} has more than 5 axes; say by \`axis\` which of them make up a unit`,
  )
export const axisTwice = (
  who: string,
  path: string,
  shape: readonly number[],
  reduction: readonly number[],
  output: readonly number[],
): ValueError =>
  new ValueError(
    `${who}: leaf ${path} of shape ${shown(shape)} must have different axes for reductionAxis and outputAxis, got ${shown(reduction)} and ${shown(output)}`,
  )
