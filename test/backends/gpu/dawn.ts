/** WebGPU in Node: Dawn from the package `webgpu`, on whatever Vulkan driver is there, SwiftShader of Chromium included. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

interface Dawn {
  readonly create: (options: readonly string[]) => GPU
  readonly globals: object
}

/** Descriptions of Vulkan drivers: those named by the loader's own variables, else those at the usual places. */
const drivers = (): readonly string[] => {
  const named = [process.env['VK_DRIVER_FILES'], process.env['VK_ICD_FILENAMES']].flatMap(
    list => list?.split(':') ?? [],
  )
  const usual = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/lib/chromium', '/usr/lib64/chromium-browser']
  const found = usual.flatMap(folder =>
    existsSync(folder)
      ? readdirSync(folder).flatMap(name => (/icd.*\.json$/.test(name) ? [join(folder, name)] : []))
      : [],
  )
  return [...named, ...found].filter(file => existsSync(file))
}

/** The loader that lies beside a driver, as in Chromium's folder, if the system has none of its own. */
const loaderOf = (driver: string): string | null => {
  const file = join(dirname(driver), 'libvulkan.so.1')
  return existsSync(file) ? file : null
}

const noDriver = 'no Vulkan driver: install one, or Chromium, and name its description in VK_ICD_FILENAMES'

/** All drivers for Vulkan's loader, which passes over those without a device, and a loader from one of their folders. */
const vulkan = (): { readonly files: string; readonly loader: string | null } => {
  const found = drivers()
  return { files: found.join(':'), loader: found.map(loaderOf).find(file => file !== null) ?? null }
}

/** What the environment of a process must have so that Dawn finds a GPU in it, or why there is none to be found. */
export const driverEnv = (): { readonly env: NodeJS.ProcessEnv; readonly reason: string | null } => {
  const { files, loader } = vulkan()
  if (files === '') return { env: {}, reason: process.platform === 'linux' ? noDriver : null }
  const env = { VK_ICD_FILENAMES: files, ...(loader === null ? {} : { LD_LIBRARY_PATH: dirname(loader) }) }
  return { env, reason: null }
}

/** Dawn looks for the loader beside itself first. */
const loadBeside = (dawn: string, loader: string): Dawn => {
  const folder = mkdtempSync(join(tmpdir(), 'dawn-'))
  try {
    symlinkSync(loader, join(folder, 'libvulkan.so.1'))
    copyFileSync(dawn, join(folder, 'dawn.node'))
    const module = { exports: {} }
    process.dlopen(module, join(folder, 'dawn.node'))
    const { create, globals } = module.exports as Dawn
    return {
      globals,
      create: options => {
        const gpu = create(options)
        void gpu.requestAdapter().finally(() => rmSync(folder, { recursive: true })) // by then it is loaded
        return gpu
      },
    }
  } catch (cause) {
    rmSync(folder, { recursive: true })
    throw cause
  }
}

const load = async (loader: string | null): Promise<Dawn> => {
  if (loader === null || process.platform !== 'linux') return (await import('webgpu')) as unknown as Dawn
  const folder = dirname(createRequire(import.meta.url).resolve('webgpu'))
  return loadBeside(join(folder, 'dist', `linux-${process.arch}`, 'dawn.node'), loader)
}

/** Errors of the GPU that no promise tells of: a dispatch that was refused is an update lost. */
export const gpuErrors: string[] = []

/** Makes webgpu the backend; says why if it cannot. Must run before tfjs's WebGPU backend is imported. */
export const bringUp = async (): Promise<string | null> => {
  const { files, loader } = vulkan()
  if (files === '' && process.platform === 'linux') return noDriver
  if (files !== '') process.env['VK_ICD_FILENAMES'] = files
  let dawn: Dawn
  try {
    dawn = await load(loader)
  } catch (cause) {
    return `the package webgpu does not load here: ${String(cause)}`
  }
  Object.assign(globalThis, dawn.globals)
  const gpu = dawn.create([])
  if ((await gpu.requestAdapter()) === null)
    return `Dawn finds no adapter with ${files === '' ? 'the system driver' : files}`
  if (typeof navigator === 'undefined') Object.defineProperty(globalThis, 'navigator', { value: { gpu } })
  else Object.defineProperty(navigator, 'gpu', { value: gpu })
  await import('@tensorflow/tfjs-backend-webgpu')
  if (!(await tf.setBackend('webgpu')) || tf.getBackend() !== 'webgpu') return 'tfjs refuses this WebGPU'
  gpuBackend().device.onuncapturederror = ({ error }) => gpuErrors.push(error.message)
  return null
}

export const gpuBackend = (): WebGPUBackend => tf.backend() as WebGPUBackend

/** What the GPU has said since the last call, once it has done all that was asked. */
export const errorsSoFar = async (): Promise<readonly string[]> => {
  await gpuBackend().queue.onSubmittedWorkDone()
  return gpuErrors.splice(0)
}
