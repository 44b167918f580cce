/** Errors about hyperparameters. */
import { list, nameOf, ValueError } from '../errors.js'

export const leavesUnknown = (who: string, link: string, name: string): ValueError =>
  new ValueError(`${who}: ${name} of ${link} is by path, and no slot of the state tells the paths; give the params`)
export const hyperStateWrong = (who: string, where: string, names: readonly string[], got: unknown): ValueError =>
  new ValueError(`${who}: ${where} must have a number for each of ${list(names)}, got ${nameOf(got)}`)
