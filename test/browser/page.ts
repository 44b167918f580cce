/** The page: one backend, asserted; its device, counted; the checks by name. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgl'
import '@tensorflow/tfjs-backend-webgpu'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { cpu } from '../../lib/backends/cpu/device.js'
import type { Device } from '../../lib/backends/device.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import { webgpu } from '../../lib/backends/webgpu/device.js'
import { webgl } from '../../lib/backends/webgl/device.js'
import { jobs, useCounted } from '../backends/counted.js'
import { checkOf, namesFor } from './checks.js'
import { tellParent } from './strict.js'
import type { Seen } from './walk.js'

const devices: readonly Device[] = [cpu, wasm, webgl, webgpu]

let chosen: { readonly seen: Seen; readonly device: Device } | null = null

/** tfjs takes the plain wasm binary, silently, where it may not share memory with its threads. */
const assertThreads = async (wanted: boolean): Promise<void> => {
  const threads = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')
  const { wasm: inner } = tf.backend() as unknown as {
    wasm: { wasmMemory?: WebAssembly.Memory; asm?: { memory?: WebAssembly.Memory } }
  }
  const memory = inner.wasmMemory ?? inner.asm?.memory
  const kind = Object.prototype.toString.call(memory?.buffer)
  const seen = { isolated: crossOriginIsolated, threads, kind }
  const want = { isolated: wanted, threads: wanted, kind: `[object ${wanted ? 'Shared' : ''}ArrayBuffer]` }
  if (JSON.stringify(seen) !== JSON.stringify(want))
    throw new Error(`the memory of wasm: ${JSON.stringify(seen)}, expected ${JSON.stringify(want)}`)
}

/** tfjs goes on with another backend silently if it cannot have the one that is wanted. */
const start = async (wanted: string): Promise<string> => {
  const [backend = ''] = wanted.split(' ')
  const isHalf = wanted.endsWith(' half')
  // tfjs would compute what is small on the host.
  if (isHalf) tf.env().setFlags({ WEBGL_FORCE_F16_TEXTURES: true, WEBGL_CPU_FORWARD: false })
  setWasmPaths('/')
  const device = devices.find(({ name }) => name === backend)
  if (device === undefined) throw new Error(`there is no device for ${backend}`)
  if (!(await tf.setBackend(backend)) || tf.getBackend() !== backend)
    throw new Error(`backend ${backend} is not to be had, got ${tf.getBackend()}`)
  if (backend === 'wasm') await assertThreads(wanted !== backend)
  const problem = device.problem()
  const expected = isHalf ? /^textures hold 16-bit numbers here$/ : /^null$/
  if (!expected.test(String(problem))) throw new Error(`the problem is ${problem}`)
  chosen = { seen: { backend, jobs }, device }
  return wanted
}

const check = async (name: string): Promise<string> => {
  const found = checkOf(name)
  if (found === undefined || chosen === null) throw new Error(`there is no check ${name}, or no backend`)
  useCounted(chosen.device)
  return found(chosen.seen)
}

Object.assign(globalThis, { kernels: { start, check, names: namesFor } })
if (location.pathname === '/strict') void tellParent()
