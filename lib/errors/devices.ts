/** Errors and warnings about the limits and the loss of devices. */
import { RuntimeError } from '../errors.js'

/** A warning, not an error: the step is right, but slower than elsewhere. */
export const storesHalvesOnly = (backend: string): string =>
  `tfjs-optax: ${backend} stores 16-bit numbers on this device, so each step reads the gradients and computes on the host, in float32; the wasm backend trains faster here`

export const notLoaded = (when: string): RuntimeError =>
  new RuntimeError(`tfjs-optax/core: rules ${when} need \`await ready(tx)\` first, or the entry tfjs-optax`)

export const halvesOnTape = (backend: string): RuntimeError =>
  new RuntimeError(
    `${backend} stores 16-bit numbers on this device, in which an update cannot be differentiated (1e-8 is 0 there); use the wasm or cpu backend for that`,
  )

export const deviceLost = (who: string, backend: string, how: string, cause?: unknown): RuntimeError =>
  new RuntimeError(
    `${who}: ${backend} cannot compute any more, ${how}; nothing has changed. Save what was read before, and go on from that after tf.setBackend`,
    { cause },
  )
export const valuesLost = (who: string, what: string, how: string): RuntimeError =>
  new RuntimeError(`${who}: ${what} has lost its values: ${how}; nothing has changed`)
export const cannotWait = (backend: string, cause: unknown): RuntimeError =>
  new RuntimeError(
    `${backend} cannot wait for a number here, which a transformation that skips steps by their gradients reads before each one; use the wasm or cpu backend for that`,
    { cause },
  )
export const backendChanged = (who: string, from: string, to: string): RuntimeError =>
  new RuntimeError(
    `${who}: the backend changed from ${from} to ${to} meanwhile, so its kernels are not checked; call it again`,
  )
