/** Errors about slots whose shape is not that of the parameter. */
import { list, nameOf, ValueError } from '../errors.js'

const shown = (shape: readonly number[] | null): string => (shape === null ? 'no tensor' : `shape [${shape.join(',')}]`)

export const slotShape = (
  who: string,
  where: string,
  path: string,
  got: readonly number[] | null,
  expected: readonly number[] | null,
): ValueError =>
  new ValueError(
    `${who}: leaf ${path} of ${where} must have ${shown(expected)}, got ${shown(got)} (was the state made with other options?)`,
  )
export const badSlotShape = (who: string, slot: string, path: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: the shape of slot ${slot} for leaf ${path} must be a list of whole numbers, or null for no tensor, got ${nameOf(got)}`,
  )
export const absentResult = (who: string, path: string, wrong: readonly string[]): TypeError =>
  new TypeError(
    `${who}: for leaf ${path}, a step must give a tensor for each slot that the leaf has, and null for each other one; wrong for ${list(wrong)}`,
  )
