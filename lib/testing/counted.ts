/** Runs steps by compiled kernels and counts them: a step that falls back to tfjs ops shows nothing of a kernel. */
import * as tf from '@tensorflow/tfjs-core'
import type { Device } from '../backends/device.js'
import { deviceNow, runnerNow } from '../backends/registry.js'
import { useDevice } from '../backends/select.js'
import { neverSmall } from '../backends/small.js'
import { ops } from '../backends/ops.js'
import { placedLinks } from '../program/placed.js'
import type { Program } from '../program/program.js'
import { resolve } from '../program/resolve.js'
import { ready } from '../ready.js'
import type { GradientTransformation } from '../transform.js'
import type { SampleNumbers } from './law.js'
import type { Walked } from './walk.js'

/** Why no kernel can run here; null if they can. */
export const withoutKernels = (): string | null => {
  if (deviceNow() === null) return `there are no kernels for the backend ${tf.getBackend()}`
  return runnerNow() === null ? `kernels cannot run on the backend ${tf.getBackend()} as it is` : null
}

/** Whether values on this backend are rounded as float32 prescribes, so that kernels and tfjs ops give the same bits. */
export const isExact = (): boolean => deviceNow()?.readsAtOnce === true

/** The numbers with which a law compares two ways to the same result, and how far these may differ: GPUs round as they like. */
export const toCompare = (): { readonly numbers: SampleNumbers; readonly tolerance: number } =>
  isExact() ? { numbers: 'finite', tolerance: 0 } : { numbers: 'moderate', tolerance: 2 ** -16 }

/** Loads and checks kernels for these parameters. */
export const prepare = async (tx: GradientTransformation, params: unknown): Promise<void> => {
  await ready(tx, { params })
}

/** Runs `body` with every plan compiled at once, and says how many jobs the device ran. */
export const countJobs = <T>(body: () => T): readonly [result: T, jobs: number] => {
  const device = deviceNow()
  if (device === null) return [body(), 0]
  let ran = 0
  const counted: Device = {
    ...device,
    prepare: job => {
      neverSmall(job.plan)
      device.prepare?.(job)
    },
    run: job => {
      neverSmall(job.plan)
      ran += 1
      device.run(job)
    },
  }
  useDevice(counted)
  try {
    const result = body()
    return [result, ran]
  } finally {
    useDevice(device)
  }
}

/** Whether a mask decides which leaves take part: then a step may have nothing for a kernel to do. */
const isMasked = (program: Program): boolean =>
  program.kind === 'nest' &&
  (program.mask !== null ||
    program.parts.some(isMasked) ||
    (program.choice?.arms ?? []).some(arm => isMasked(arm.program)))

/** How many jobs these steps must have: one for each that runs a rule, where no mask may leave out every leaf. */
export const leastJobs = ({ program }: GradientTransformation, steps: readonly Walked[]): number =>
  isMasked(program)
    ? 0
    : steps.filter(({ gradients, state }) => {
        const request = { who: 'lawsOf', updates: gradients, state, extra: undefined }
        const { program: resolved } = resolve(ops, program, state, request as never)
        return placedLinks(resolved).some(({ link: { kind } }) => kind === 'rule')
      }).length
