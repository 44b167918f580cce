/** The verdicts of checks, by backend and by the code of a plan. */
import * as tf from '@tensorflow/tfjs-core'
import type { Plan } from '../../plan/plan.js'

const texts = new WeakMap<Plan, string>()
/** The kernels of a plan as text; plans with the same code have the same text. */
export const textOf = (plan: Plan): string => {
  const known =
    texts.get(plan) ??
    JSON.stringify([plan.sweeps, plan.totals, plan.classes.map(({ passes }) => passes.map(pass => pass?.kernel))])
  texts.set(plan, known)
  return known
}

/** `unchecked`: a step could not wait for the check. */
export type Verdict = 'good' | 'bad' | 'unchecked'

const verdicts = new WeakMap<tf.KernelBackend, Map<string, Verdict>>()

export const verdictsNow = (): Map<string, Verdict> => {
  const backend = tf.backend()
  const known = verdicts.get(backend) ?? new Map<string, Verdict>()
  verdicts.set(backend, known)
  return known
}
