/** What checks have found: by backend and by the code that a plan runs. */
import * as tf from '@tensorflow/tfjs-core'
import type { Plan } from '../../plan/plan.js'

const texts = new WeakMap<Plan, string>()
/** The same for plans that run the same code. */
export const textOf = (plan: Plan): string => {
  const known =
    texts.get(plan) ??
    JSON.stringify([plan.sweeps, plan.totals, plan.classes.map(({ passes }) => passes.map(pass => pass?.kernel))])
  texts.set(plan, known)
  return known
}

/** `unchecked`: a step asked, and could not wait for the answer. */
export type Verdict = 'good' | 'bad' | 'unchecked'

const verdicts = new WeakMap<tf.KernelBackend, Map<string, Verdict>>()

export const verdictsNow = (): Map<string, Verdict> => {
  const backend = tf.backend()
  const known = verdicts.get(backend) ?? new Map<string, Verdict>()
  verdicts.set(backend, known)
  return known
}
