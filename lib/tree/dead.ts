/**
 * Backends that are lost, until no tensor can be theirs any more. tfjs links each tensor with its backend, so a backend
 * that was collected has no tensor, nor has one whose tensors have all been disposed.
 */
import type { KernelBackend } from '@tensorflow/tfjs-core'

export interface Dead {
  /** the backend, undefined once it was collected */
  readonly deref: () => KernelBackend | undefined
}

export const dead = (backend: KernelBackend): Dead =>
  typeof WeakRef === 'undefined' ? { deref: () => backend } : new WeakRef(backend)

export const holdsNothing = (one: Dead): boolean => {
  const backend = one.deref()
  return backend === undefined || backend.numDataIds() === 0
}
