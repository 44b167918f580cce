/** Errors and warnings about what a device can hold, compile or no longer do. */
import { RuntimeError } from '../errors.js'

/** A warning, not an error: the step is right, but slower than elsewhere. */
export const storesHalvesOnly = (backend: string): string =>
  `tfjs-optax: ${backend} stores 16-bit numbers on this device, so each step reads the gradients and computes on the host, in float32; the wasm backend trains faster here`

export const halvesOnTape = (backend: string): RuntimeError =>
  new RuntimeError(
    `${backend} stores 16-bit numbers on this device, in which an update cannot be differentiated (1e-8 is 0 there); use the wasm or cpu backend for that`,
  )
