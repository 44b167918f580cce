/** Errors of averages of parameters. */
import { ValueError } from '../errors.js'

export const noAverage = (who: string, found: number): ValueError =>
  new ValueError(
    `${who}: state must hold one state of scheduleFreeAverage, with z, b1, weight and weightSum, got ${
      found === 0 ? 'none' : found
    }`,
  )
