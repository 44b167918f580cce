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
import type { Seen } from './walk.js'

const devices: readonly Device[] = [cpu, wasm, webgl, webgpu]

let chosen: { readonly seen: Seen; readonly device: Device } | null = null

/** tfjs goes on with another backend silently if it cannot have the one that is wanted. */
const start = async (backend: string): Promise<string> => {
  setWasmPaths('/')
  const device = devices.find(({ name }) => name === backend)
  if (device === undefined) throw new Error(`there is no device for ${backend}`)
  if (!(await tf.setBackend(backend)) || tf.getBackend() !== backend)
    throw new Error(`backend ${backend} is not to be had, got ${tf.getBackend()}`)
  const problem = device.problem()
  if (problem !== null) throw new Error(problem)
  chosen = { seen: { backend, jobs }, device }
  return backend
}

const check = async (name: string): Promise<string> => {
  const found = checkOf(name)
  if (found === undefined || chosen === null) throw new Error(`there is no check ${name}, or no backend`)
  useCounted(chosen.device)
  return found(chosen.seen)
}

Object.assign(globalThis, { kernels: { start, check, names: namesFor } })
