/** Errors about the labels of groups. */
import { list, nameOf, ValueError } from '../errors.js'

export const badLabel = (who: string, path: string, got: unknown): TypeError =>
  new TypeError(`${who}: the label of ${path} must be a string, got ${nameOf(got)}`)
export const labelsUnknown = (who: string, path: string, label: string, groups: readonly string[]): ValueError =>
  new ValueError(`${who}: ${path} has the label ${nameOf(label)}, and the groups are ${list(groups)}`)
