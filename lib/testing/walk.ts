/** Some steps of a subject on a sample. */
import { applyUpdates, makeStep } from '../apply.js'
import type { GradientTransformation } from '../transform.js'
import { disposeTree, tensorLeaves, tidy } from '../tree/map.js'
import { bitsOf, type Bits } from './bits.js'
import type { Sample, Subject } from './law.js'

/** One step of pure updates. */
export interface Walked {
  readonly params: unknown
  readonly gradients: unknown
  readonly state: unknown
  readonly updates: unknown
  readonly next: unknown
}

export const init = (tx: GradientTransformation, params: unknown): unknown => tx.init(params as never)

export const update = (
  tx: GradientTransformation,
  gradients: unknown,
  state: unknown,
  params: unknown,
  extra: Readonly<Record<string, unknown>> | undefined,
): readonly [updates: unknown, state: unknown] => tx.update(gradients as never, state, params as never, extra)

/** `makeStep` without types. */
export const stepOf = (tx: GradientTransformation, options: { readonly donate?: boolean } = {}) =>
  makeStep(tx as never, options) as (...given: readonly unknown[]) => readonly [params: unknown, state: unknown]

/** Steps by `update` and `applyUpdates` from `start` or a fresh state. All tensors belong to the caller. */
export const walk = (
  { extra }: Subject,
  tx: GradientTransformation,
  { params: first, gradients }: Sample,
  start?: unknown,
): readonly Walked[] =>
  tidy(() => {
    let params = first
    let state = start ?? init(tx, params)
    return gradients.map((g, i): Walked => {
      const [updates, next] = update(tx, g, state, params, extra(i))
      const walked = { params, gradients: g, state, updates, next }
      params = applyUpdates(params as never, updates as never)
      state = next
      return walked
    })
  })

/** Disposes what steps have made, and leaves the sample. */
export const release = (steps: readonly Walked[], { params, gradients }: Sample): void => {
  const given = new Set(tensorLeaves([params, gradients]))
  tensorLeaves(steps).forEach(tensor => given.has(tensor) || tensor.isDisposed || tensor.dispose())
}

/** The bits of updates and states of some steps, whose tensors are disposed. */
export const traced = async (
  subject: Subject,
  tx: GradientTransformation,
  sample: Sample,
  start?: unknown,
): Promise<Bits> => {
  const steps = walk(subject, tx, sample, start)
  const bits = await bitsOf(steps.map(({ updates, next }) => ({ updates, next })))
  release(steps, sample)
  return bits
}

/** Calls `body` with each sample's tensors, and disposes them. */
export const eachSample = async (
  makers: readonly (() => Sample)[],
  body: (sample: Sample, i: number) => Promise<void>,
): Promise<void> => {
  for (const [i, make] of makers.entries()) {
    const sample = make()
    try {
      await body(sample, i)
    } finally {
      disposeTree(sample)
    }
  }
}

/** A quarter of the samples, for a law that takes long with each. */
export const few = (makers: readonly (() => Sample)[]): readonly (() => Sample)[] =>
  makers.slice(0, Math.ceil(makers.length / 4))
