/** Kernels as functions on a memory: generated and compiled once, instantiated once per memory. */
import type { Kernel } from '../../plan/kernel.js'
import { recent, type Recent } from '../../recent.js'
import type { KernelLayout } from './body.js'
import { generateWasm } from './generate.js'

/** Runs a kernel on the rows from `rows` up to `end`, all addresses in bytes. */
export type RunKernel = (rows: number, end: number, uniforms: number) => void

type OpenLayout = Omit<KernelLayout, 'shared'>

/** The kernels of one memory: those of plans that are in use, and the last ones by their text, for other plans. */
interface Instances {
  readonly own: WeakMap<Kernel, WeakMap<OpenLayout, RunKernel>>
  readonly byText: Recent<RunKernel>
}

/** How many kernels are kept by their text. */
export const mostKernels = 128

const modules = recent<WebAssembly.Module>(mostKernels)
const instances = new WeakMap<WebAssembly.Memory, Instances>()
let compiled = 0

/** How many modules were compiled so far; a second model or another rate must add none. */
export const compiledModules = (): number => compiled
/** How many modules are kept by their text. */
export const keptModules = (): number => modules.size()

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

const keyOf = (kernel: Kernel, layout: OpenLayout): string =>
  JSON.stringify([kernel, layout], (_, x: unknown) =>
    Object.is(x, -0) ? '-0' : x === Infinity ? 'inf' : x === -Infinity ? '-inf' : x,
  )

const compileModule = (kernel: Kernel, layout: KernelLayout): WebAssembly.Module => {
  compiled += 1
  return new WebAssembly.Module(generateWasm(kernel, layout))
}

/** The function for a kernel; `layout` must be the same object in every call, since its function is cached by identity. */
export const compile = (kernel: Kernel, layout: OpenLayout, memory: WebAssembly.Memory): RunKernel => {
  const here = instances.get(memory) ?? { own: new WeakMap(), byText: recent(mostKernels) }
  instances.set(memory, here)
  const own = here.own.get(kernel) ?? new WeakMap<OpenLayout, RunKernel>()
  here.own.set(kernel, own)
  const run = own.get(layout) ?? sharedByText(here, kernel, layout, memory)
  own.set(layout, run)
  return run
}

const sharedByText = (
  { byText }: Instances,
  kernel: Kernel,
  layout: OpenLayout,
  memory: WebAssembly.Memory,
): RunKernel => {
  const shared = isShared(memory)
  const key = `${shared ? 'shared ' : ''}${keyOf(kernel, layout)}`
  const known = byText.get(key)
  if (known !== undefined) return known
  const module = modules.get(key) ?? compileModule(kernel, { ...layout, shared })
  modules.set(key, module)
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports['run'] as RunKernel
  byText.set(key, run)
  return run
}
