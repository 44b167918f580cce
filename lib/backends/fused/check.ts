/**
 * The check at first use: a plan's kernels on a few made-up elements against the same expressions as tfjs ops. What a
 * browser or a later tfjs gets wrong is found here, before it touches a parameter.
 */
import * as tf from '@tensorflow/tfjs-core'
import { runPlan } from '../../plan/interpret.js'
import type { Plan } from '../../plan/plan.js'
import { RuntimeError, kernelsDiffer, kernelsFail, kernelsUnchecked } from '../../errors.js'
import type { Scalars } from '../../rule/rule.js'
import type { Device } from '../device.js'
import { ops } from '../ops.js'
import { onDevice, samplesOf } from './samples.js'
import { textOf, verdictsNow, type Verdict } from './verdicts.js'

/** Whether a device gives what ops give; asked once for each code and backend. */
export const isTrusted = (device: Device, plan: Plan, scalars: Scalars): boolean => {
  const known = verdictsNow()
  const text = textOf(plan)
  const verdict = known.get(text) ?? (device.readsAtOnce ? tried(device, plan, scalars) : unchecked(device))
  known.set(text, verdict)
  return verdict === 'good'
}

/** Ops, as a step cannot wait for values; told once, since a faster way is one line away. */
const unchecked = (device: Device): Verdict => {
  console.warn(kernelsUnchecked(device.name))
  return 'unchecked'
}

/** Where a page forbids WebAssembly or another tfjs has other insides, a kernel fails here, and ops take over. */
const tried = (device: Device, plan: Plan, scalars: Scalars): Verdict => {
  try {
    if (agrees(device, plan, scalars)) return 'good'
    console.warn(kernelsDiffer(device.name))
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause // no memory: ops would have none either
    console.warn(kernelsFail(device.name, cause))
  }
  return 'bad'
}

const agrees = (device: Device, plan: Plan, scalars: Scalars): boolean =>
  tf.tidy(() => {
    const samples = samplesOf(plan)
    const got = onDevice(device, plan, samples, scalars).map(writes => writes.map(tensor => tensor.dataSync()))
    const leaves = samples.map(({ of, values }) => {
      const tensors = Object.fromEntries(Object.entries(values).map(([stream, data]) => [stream, tf.tensor1d(data)]))
      return { of, values: tensors, like: tensors['u'] ?? tf.zeros([0]) }
    })
    const want = runPlan(ops, plan, leaves, scalars).map(writes => writes.map(tensor => tensor.dataSync()))
    return got.every((writes, i) => writes.every((data, k) => data.every((x, e) => Object.is(x, want[i]?.[k]?.[e]))))
  })
