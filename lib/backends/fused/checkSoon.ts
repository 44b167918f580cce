/**
 * The check for devices whose values arrive later. No two drivers round alike, so results must lie within error bounds.
 */
import * as tf from '@tensorflow/tfjs-core'
import { kernelsDiffer } from '../../errors.js'
import { bounds, exact, onGpu, within } from '../../rule/bounds.js'
import { runPlan } from '../../plan/interpret.js'
import type { Plan } from '../../plan/plan.js'
import { Values } from '../../rule/reference.js'
import type { Scalars } from '../../rule/rule.js'
import { whileAlive } from '../../tree/loss.js'
import { tidy } from '../../tree/map.js'
import type { Device } from '../device.js'
import { onDevice, samplesOf } from './samples.js'
import { warnOfFailure } from './trusted.js'
import { keepVerdict, verdictOf } from './verdicts.js'

/** Checks a plan on a device, unless it has passed before, and stores the verdict for `isTrusted`. */
export const checkSoon = async (device: Device, plan: Plan, scalars: Scalars): Promise<void> => {
  if (verdictOf(plan) === 'good') return
  const verdict = await agreesSoon(device, plan, scalars).catch((cause: unknown) => {
    warnOfFailure(device, cause)
    return null
  })
  if (verdict === false) console.warn(kernelsDiffer(device.name))
  keepVerdict(plan, verdict === true ? 'good' : 'bad')
}

/** Whether all results lie within the bounds of float32. */
const agreesSoon = async (device: Device, plan: Plan, scalars: Scalars): Promise<boolean> => {
  const samples = samplesOf(plan)
  const writes = tidy(() => onDevice(device, plan, samples, scalars))
  try {
    const got = await whileAlive('ready', () =>
      Promise.all(writes.map(async tensors => Promise.all(tensors.map(async tensor => tensor.data())))),
    )
    const leaves = samples.map(({ of, values, given }) => {
      const known = Object.fromEntries(
        Object.entries({ ...values, ...given }).map(([stream, data]) => [stream, new Values(Array.from(data, exact))]),
      )
      return { of, values: known, like: known['u'] ?? new Values([exact(0)]) }
    })
    const want = runPlan(bounds(onGpu), plan, leaves, scalars)
    return got.every((all, i) =>
      all.every((data, k) => [...data].every((x, e) => within(x, want[i]?.[k]?.items[e] ?? exact(NaN)))),
    )
  } finally {
    tf.dispose(writes)
  }
}
