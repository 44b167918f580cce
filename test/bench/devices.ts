/** The backends of the benchmark: how each is brought up, waited for, and what a copy is there. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { timed, type Contestant } from './race.js'
import { paramsOf, type Size } from './sizes.js'

type Timed = (step: () => void) => Contestant['steps']

export interface Device {
  readonly name: string
  /** times steps of the backend until their results are there */
  readonly timed: Timed
  /** times what runs here, whatever the backend */
  readonly timedHere: Timed
  /** whether arrays of the host are a fair match: JS loop, hand-written kernel, `memory.copy` */
  readonly onHost: boolean
  /** elsewhere: a copy within the device that reads and writes so many bytes per parameter */
  readonly copy: (bytes: number, size: Size) => Contestant
}

const host = (name: string): Device => ({
  name,
  timed,
  timedHere: timed,
  onHost: true,
  copy: () => {
    throw new TypeError(`${name} copies on the host`)
  },
})

/** tfjs's own, private in its types. */
const encoder = 'commandEncoder'

const webgpu = (): Device => {
  const backend = tf.backend() as WebGPUBackend
  const { device, queue } = backend
  const settled =
    (step: () => void): Contestant['steps'] =>
    async times => {
      const start = performance.now()
      for (let i = 0; i < times; i++) step()
      backend.endComputePassEncoder()
      if (backend[encoder] !== null) backend.submitQueue() // tfjs fails where nothing waits
      await queue.onSubmittedWorkDone()
      return (performance.now() - start) / times
    }
  return {
    name: 'webgpu',
    timed: settled,
    timedHere: timed,
    onHost: false,
    copy: (bytes, size) => {
      const half = 4 * Math.ceil((bytes * paramsOf(size)) / 8)
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
      const [from, to] = [0, 1].map(() => device.createBuffer({ size: half, usage }))
      return {
        name: 'copy of the same bytes',
        steps: settled(() => {
          const copying = device.createCommandEncoder()
          if (from !== undefined && to !== undefined) copying.copyBufferToBuffer(from, 0, to, 0, half)
          queue.submit([copying.finish()])
        }),
        end: () => [from, to].forEach(buffer => buffer?.destroy()),
      }
    },
  }
}

/** Makes `name` the backend; says why if it cannot. */
export const bringUp = async (name: string): Promise<Device | string> => {
  if (name === 'webgpu') {
    const { bringUp: dawn } = await import('../backends/gpu/dawn.js')
    return (await dawn()) ?? webgpu()
  }
  if (name !== 'cpu' && name !== 'wasm') return `backend must be cpu, wasm or webgpu, got ${name}`
  return (await tf.setBackend(name)) && tf.getBackend() === name ? host(name) : `tfjs has no backend ${name} here`
}
