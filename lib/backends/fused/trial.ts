/**
 * The trial of a plan on cpu and wasm: compares its kernels with tfjs ops on a few sample elements. Importing this file
 * has the effect that plans with users' rules are tried at first use. The rule language imports it, so bundles without
 * that language omit it.
 */
import * as tf from '@tensorflow/tfjs-core'
import { kernelsDiffer } from '../../errors.js'
import { runPlan } from '../../plan/interpret.js'
import type { Plan } from '../../plan/plan.js'
import type { Scalars } from '../../rule/rule.js'
import type { Device } from '../device.js'
import { ops } from '../ops.js'
import { onDevice, samplesOf } from './samples.js'
import { useTrial, warnOfFailure } from './trusted.js'
import type { Verdict } from './verdicts.js'

/** Tries a plan. If a kernel fails, as with a tfjs of other internals or a fault in a generator, ops take over. */
const tried = (device: Device, plan: Plan, scalars: Scalars): Verdict => {
  try {
    if (agrees(device, plan, scalars)) return 'good'
    console.warn(kernelsDiffer(device.name))
  } catch (cause) {
    warnOfFailure(device, cause)
  }
  return 'bad'
}

const agrees = (device: Device, plan: Plan, scalars: Scalars): boolean =>
  tf.tidy(() => {
    const samples = samplesOf(plan)
    const got = onDevice(device, plan, samples, scalars).map(writes => writes.map(tensor => tensor.dataSync()))
    const leaves = samples.map(({ of, size, values, given }) => {
      const tensors = Object.fromEntries(Object.entries(values).map(([stream, data]) => [stream, tf.tensor1d(data)]))
      const numbers = Object.entries(given).map(([name, [value = 0]]) => [name, tf.scalar(value)] as const)
      return { of, values: { ...tensors, ...Object.fromEntries(numbers) }, like: tensors['u'] ?? tf.zeros([size]) }
    })
    const want = runPlan(ops, plan, leaves, scalars).map(writes => writes.map(tensor => tensor.dataSync()))
    return got.every((writes, i) => writes.every((data, k) => data.every((x, e) => Object.is(x, want[i]?.[k]?.[e]))))
  })

useTrial(tried)
