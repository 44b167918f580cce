/** Which device runs plans on the backend of now. */
import * as tf from '@tensorflow/tfjs-core'
import type { Device } from './device.js'

const devices = new Map<string, Device>()
let problems = new WeakMap<tf.KernelBackend, string | null>()

/** Effects: plans run on this device from now on, where tfjs uses the backend of its name. */
export const useDevice = (device: Device): void => {
  devices.set(device.name, device)
  problems = new WeakMap()
}

/** Why plans are left to the interpreter of tfjs ops; null if a device runs them. */
const problemOf = (device: Device): string | null => {
  const backend = tf.backend()
  const known = problems.get(backend)
  if (known !== undefined) return known
  const problem = device.problem()
  problems.set(backend, problem)
  return problem
}

/** The device for the current backend; null where tfjs ops must do: there is none, it cannot, or a tape is on. */
export const deviceNow = (): Device | null => {
  const device = devices.get(tf.getBackend())
  if (device === undefined || tf.engine().isTapeOn() || problemOf(device) !== null) return null
  return device
}
