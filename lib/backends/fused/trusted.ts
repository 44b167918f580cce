/**
 * Which plans a step takes. What this package's own rules become on cpu and wasm is proved in its tests, bit for bit, so a
 * short run does not pay for a check. A stranger's rule is tried at first use, and every rule is checked on a GPU, as no
 * two drivers round alike.
 */
import { kernelsFail, kernelsUnchecked, RuntimeError } from '../../errors.js'
import type { Plan } from '../../plan/plan.js'
import type { Stage } from '../../program/placed.js'
import type { Scalars } from '../../rule/rule.js'
import type { Device, Job } from '../device.js'
import { textOf, verdictsNow, type Verdict } from './verdicts.js'

/** Runs the kernels of a plan on a few elements and says whether they are right. */
export type Trial = (device: Device, plan: Plan, scalars: Scalars) => Verdict

let trial: Trial = () => 'good'

/** Effect: plans of strangers' rules are tried from now on. */
export const useTrial = (other: Trial): void => {
  trial = other
}

export const isTrusted = (device: Device, { rules }: Stage, plan: Plan, scalars: Scalars): boolean => {
  const known = verdictsNow()
  const isProved = device.readsAtOnce === true && rules.every(({ rule }) => rule.ours)
  if (isProved && known.size === 0) return true // most runs end here, and nobody spells the plan out
  const text = textOf(plan)
  const verdict =
    known.get(text) ?? (isProved ? 'good' : device.readsAtOnce ? trial(device, plan, scalars) : unchecked(device))
  known.set(text, verdict)
  return verdict === 'good'
}

/** Whether a device can make the code of a job. If not, nothing has changed, ops take over, and a warning says why. */
export const isPrepared = (device: Device, job: Job): boolean => {
  try {
    device.prepare?.(job)
    return true
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause // no memory: ops would have none either
    console.warn(kernelsFail(device.name, cause))
    verdictsNow().set(textOf(job.plan), 'bad')
    return false
  }
}

/** Ops, as a step cannot wait for values; told once, since a faster way is one line away. */
const unchecked = (device: Device): Verdict => {
  console.warn(kernelsUnchecked(device.name))
  return 'unchecked'
}
