/**
 * Decides which plans steps may run. Tests prove, bit for bit, the kernels of this package's own rules on cpu and wasm,
 * so short runs need not pay for a check. Users' rules are tried at first use. On a GPU every plan is checked, since no
 * two drivers round alike.
 */
import { kernelsFail, kernelsUnchecked, RuntimeError } from '../../errors.js'
import type { Plan } from '../../plan/plan.js'
import type { Stage } from '../../program/stages.js'
import type { Scalars } from '../../rule/rule.js'
import type { Device, Job } from '../device.js'
import { keepVerdict, keptVerdicts, verdictOf, type Verdict } from './verdicts.js'

/** Runs the kernels of a plan on a few elements, and gives the verdict. */
export type Trial = (device: Device, plan: Plan, scalars: Scalars) => Verdict

let trial: Trial = () => 'good'

/** Effect: plans with users' rules are tried from now on. */
export const useTrial = (other: Trial): void => {
  trial = other
}

export const isTrusted = (device: Device, { rules }: Stage, plan: Plan, scalars: Scalars): boolean => {
  const isProved = device.readsAtOnce === true && rules.every(({ rule }) => rule.ours)
  if (isProved && keptVerdicts() === 0) return true // most runs end here, without writing the plan as text
  const ask = (): Verdict => (isProved ? 'good' : device.readsAtOnce ? trial(device, plan, scalars) : unchecked(device))
  return (verdictOf(plan) ?? keepVerdict(plan, ask())) === 'good'
}

/**
 * Whether a device can compile the code of a job. If not, nothing has changed, a warning says why, and ops take over.
 */
export const isPrepared = (device: Device, job: Job): boolean => {
  try {
    device.prepare?.(job)
    return true
  } catch (cause) {
    warnOfFailure(device, cause)
    keepVerdict(job.plan, 'bad')
    return false
  }
}

/** Warns that kernels fail, so that tfjs ops take over; throws if ops would fail too: without memory, or on a lost device. */
export const warnOfFailure = (device: Device, cause: unknown): void => {
  if (cause instanceof RuntimeError) throw cause
  console.warn(kernelsFail(device.name, cause))
}

/** Warns that steps run as tfjs ops until `ready` has checked the kernels: a step cannot wait for values. */
const unchecked = (device: Device): Verdict => {
  console.warn(kernelsUnchecked(device.name))
  return 'unchecked'
}
