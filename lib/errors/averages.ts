/** Errors of averages of parameters. */
import { ValueError } from '../errors.js'

export const noAverage = (who: string, found: number): ValueError =>
  new ValueError(
    `${who}: state must hold one state of scheduleFreeAverage, with z, b1, weight and weightSum, got ${
      found === 0 ? 'none' : found
    }`,
  )

export const noParamAverage = (who: string, found: number): ValueError =>
  new ValueError(
    found === 0
      ? `${who}: the chain has no emaOfParams, which keeps averages; add it as the last link`
      : `${who}: the chain has ${found} averages; take them from the state by their paths`,
  )
