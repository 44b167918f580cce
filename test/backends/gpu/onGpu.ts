/** WebGPU for a test file: the device where there is one, and subtests that are skipped with the reason where not. */
import type { Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { whereThereIs } from '../../whereThereIs.js'
import { jobs, useCounted } from '../counted.js'
import { bringUp, errorsSoFar } from './dawn.js'

/** Why there is no WebGPU; null if there is. */
export const reason = await bringUp()
const load = async () => ({
  ...(await import('../../../lib/backends/webgpu/device.js')),
  ...(await import('../../../lib/backends/webgpu/shaders.js')),
})
/** Loaded only where it can run: else all of it would count as untested code. */
export const { webgpu, pipelineCount } = (reason === null ? await load() : {}) as Awaited<ReturnType<typeof load>>

if (reason === null) useCounted(webgpu)

/** A subtest on the GPU, which must have run jobs there and found no fault with any. */
export const onGpu = (title: string, run: (test: Test) => Promise<void>): void => {
  whereThereIs(title, reason, async test => {
    await tf.setBackend('webgpu')
    const before = jobs()
    await run(test)
    test.ok(jobs() > before, `${jobs() - before} jobs on the device`)
    test.strictSame(await errorsSoFar(), [], 'the GPU refused nothing')
  })
}
