/** The check of a device whose values come later, against the reference: no two drivers round alike. */
import * as tf from '@tensorflow/tfjs-core'
import { RuntimeError, kernelsDiffer, kernelsFail } from '../../errors.js'
import { bounds, exact, onGpu, within } from '../../rule/bounds.js'
import { runPlan } from '../../plan/interpret.js'
import type { Plan } from '../../plan/plan.js'
import { Values } from '../../rule/reference.js'
import type { Scalars } from '../../rule/rule.js'
import { whileAlive } from '../../tree/loss.js'
import { tidy } from '../../tree/map.js'
import type { Device } from '../device.js'
import { onDevice, samplesOf } from './samples.js'
import { textOf, verdictsNow } from './verdicts.js'

/** Checks a plan on a device, unless it was; `isTrusted` knows the verdict then. */
export const checkSoon = async (device: Device, plan: Plan, scalars: Scalars): Promise<void> => {
  const known = verdictsNow()
  const text = textOf(plan)
  if (known.get(text) === 'good') return
  const verdict = await agreesSoon(device, plan, scalars).catch((cause: unknown) => {
    if (cause instanceof RuntimeError) throw cause // no memory, or the device is lost
    console.warn(kernelsFail(device.name, cause))
    return null
  })
  if (verdict === false) console.warn(kernelsDiffer(device.name))
  known.set(text, verdict === true ? 'good' : 'bad')
}

/** Within the bounds of float32: no two drivers round alike. */
const agreesSoon = async (device: Device, plan: Plan, scalars: Scalars): Promise<boolean> => {
  const samples = samplesOf(plan)
  const writes = tidy(() => onDevice(device, plan, samples, scalars))
  try {
    const got = await whileAlive('ready', () =>
      Promise.all(writes.map(async tensors => Promise.all(tensors.map(async tensor => tensor.data())))),
    )
    const leaves = samples.map(({ of, values }) => {
      const known = Object.fromEntries(
        Object.entries(values).map(([stream, data]) => [stream, new Values(Array.from(data, exact))]),
      )
      return { of, values: known, like: known['u'] ?? new Values([]) }
    })
    const want = runPlan(bounds(onGpu), plan, leaves, scalars)
    return got.every((all, i) =>
      all.every((data, k) => [...data].every((x, e) => within(x, want[i]?.[k]?.items[e] ?? exact(NaN)))),
    )
  } finally {
    tf.dispose(writes)
  }
}
