/** Kernels as functions on a memory: generated and compiled once, instantiated once per memory. */
import type { Kernel } from '../../plan/kernel.js'
import type { KernelLayout } from './body.js'
import { generateWasm } from './generate.js'

/** Runs a kernel on the rows from `rows` up to `end`, all addresses in bytes. */
export type RunKernel = (rows: number, end: number, uniforms: number) => void

const modules = new Map<string, WebAssembly.Module>()
const instances = new WeakMap<WebAssembly.Memory, Map<string, RunKernel>>()

/** How many modules are compiled so far; a second model or another rate must add none. */
export const compiledModules = (): number => modules.size

/** The smallest module with SIMD: a function `i32.const 0; i8x16.splat; drop`. */
const simd = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 0x41, 0, 0xfd, 15, 0x1a, 0x0b],
)

let problem: string | null | undefined

/** Why no kernel can be compiled here; null if one can. Pages without 'wasm-unsafe-eval' forbid it, old engines lack SIMD. */
export const compileProblem = (): string | null => {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly'
  if (problem !== undefined) return problem
  try {
    problem = new WebAssembly.Module(simd) instanceof WebAssembly.Module ? null : 'WebAssembly makes no modules here'
  } catch (cause) {
    problem = `WebAssembly cannot be compiled here (${cause instanceof Error ? cause.message : String(cause)})`
  }
  return problem
}

const isShared = (memory: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer

const keys = new WeakMap<Kernel, Map<Omit<KernelLayout, 'shared'>, string>>()
const keyOf = (kernel: Kernel, layout: Omit<KernelLayout, 'shared'>): string => {
  const known = keys.get(kernel) ?? new Map<Omit<KernelLayout, 'shared'>, string>()
  keys.set(kernel, known)
  const key =
    known.get(layout) ??
    JSON.stringify([kernel, layout], (_, x: unknown) =>
      Object.is(x, -0) ? '-0' : x === Infinity ? 'inf' : x === -Infinity ? '-inf' : x,
    )
  known.set(layout, key)
  return key
}

/** The function for a kernel; `layout` must be the same object in every call, since its key is cached by identity. */
export const compile = (
  kernel: Kernel,
  layout: Omit<KernelLayout, 'shared'>,
  memory: WebAssembly.Memory,
): RunKernel => {
  const shared = isShared(memory)
  const key = `${shared ? 'shared ' : ''}${keyOf(kernel, layout)}`
  const here = instances.get(memory) ?? new Map<string, RunKernel>()
  instances.set(memory, here)
  const known = here.get(key)
  if (known !== undefined) return known
  const module = modules.get(key) ?? new WebAssembly.Module(generateWasm(kernel, { ...layout, shared }))
  modules.set(key, module)
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports
  here.set(key, run as RunKernel)
  return run as RunKernel
}
