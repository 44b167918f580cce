/** The verdicts of checks, by backend and by the code of a plan. */
import * as tf from '@tensorflow/tfjs-core'
import type { Plan } from '../../plan/plan.js'
import { recent, type Recent } from '../../recent.js'

const texts = new WeakMap<Plan, string>()
/** The kernels of a plan as text; plans with the same code have the same text. */
const textOf = (plan: Plan): string => {
  const known =
    texts.get(plan) ??
    JSON.stringify([
      [plan.sweeps, plan.totals, plan.given],
      [...plan.classes, ...plan.cells.map(({ of }) => of)].map(({ passes }) => passes.map(pass => pass?.kernel)),
    ])
  texts.set(plan, known)
  return known
}

/** `unchecked`: a step could not wait for the check. */
export type Verdict = 'good' | 'bad' | 'unchecked'

interface Verdicts {
  /** the plans found good */
  readonly good: WeakSet<Plan>
  /** by the text of the code, for other plans that run the same */
  readonly byText: Recent<Verdict>
}

/** How many codes are known by their text. */
export const mostVerdicts = 1024

const verdicts = new WeakMap<tf.KernelBackend, Verdicts>()

const verdictsNow = (): Verdicts => {
  const backend = tf.backend()
  const known = verdicts.get(backend) ?? { good: new WeakSet(), byText: recent(mostVerdicts) }
  verdicts.set(backend, known)
  return known
}

/** What is known of a plan on the backend of now; null if nothing is. */
export const verdictOf = (plan: Plan): Verdict | null => {
  const { good, byText } = verdictsNow()
  if (good.has(plan)) return 'good'
  const verdict = byText.get(textOf(plan)) ?? null
  if (verdict === 'good') good.add(plan)
  return verdict
}

/** Effects: this is known of the plan, and of others that run the same code. */
export const keepVerdict = (plan: Plan, verdict: Verdict): Verdict => {
  const { good, byText } = verdictsNow()
  if (verdict === 'good') good.add(plan)
  else good.delete(plan)
  byText.set(textOf(plan), verdict)
  return verdict
}

/** How many verdicts are kept by text on the backend of now. */
export const keptVerdicts = (): number => verdictsNow().byText.size()
