/** Errors of callbacks for training. */
import { list, ValueError } from '../errors.js'

export const notInLogs = (who: string, name: string, there: readonly string[]): ValueError =>
  new ValueError(
    `${who}: the logs of the epoch must have ${name}, got ${list(there)}; give fit validationData, or another \`monitor\``,
  )
export const noLastStep = (who: string): ValueError =>
  new ValueError(
    `${who}: optimizer must have taken a step and know it; make it by asOptimizer(tx, { lastStep: true }), and train with it`,
  )
export const lossNotANumber = (who: string, got: string): TypeError =>
  new TypeError(`${who}: step must return the loss, a number or a scalar tensor, got ${got}`)
