/** Errors of averages of parameters. */
import { RuntimeError, ValueError } from '../errors.js'

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
export const notAveragedYet = (who: string): RuntimeError =>
  new RuntimeError(`${who}: there are no averages before the first step`)
export const averagedAlready = (who: string): RuntimeError =>
  new RuntimeError(`${who}: the variables have the averages of this optimizer already; wait for that call to end`)
export const averageWithoutVariable = (who: string, name: string): RuntimeError =>
  new RuntimeError(`${who}: the variable ${name}, which has an average, was disposed`)
