/** Errors about hyperparameters. */
import { ValueError } from '../errors.js'

export const leavesUnknown = (who: string, link: string, name: string): ValueError =>
  new ValueError(`${who}: ${name} of ${link} is by path, and no slot of the state tells the paths; give the params`)
