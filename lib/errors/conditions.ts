/** Errors about conditions. */
import { nameOf } from '../errors.js'

export const notABoolean = (who: string, step: number, got: unknown): TypeError =>
  new TypeError(`${who}: condition must return true or false, got ${nameOf(got)} at step ${step}`)
