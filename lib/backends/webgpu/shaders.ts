/** The shaders of kernels: generated once per kernel, compiled once per device and text. */
import type { Kernel } from '../../plan/kernel.js'
import { written } from '../../plan/plan.js'
import type { Shown } from '../device.js'
import { listing } from '../listing.js'
import { generateWgsl, type WgslShader } from './generate.js'
import { split, type Homes } from '../split.js'

export interface CompiledShader {
  readonly kernel: Kernel
  readonly shader: WgslShader
  readonly pipeline: GPUComputePipeline
  /** streams that it reads from a copy made before the job, since an earlier shader overwrites them */
  readonly copied: ReadonlySet<string>
}

export interface CompiledShaders {
  readonly shaders: readonly CompiledShader[]
  /** scratch streams, each as large as the leaf */
  readonly parts: readonly string[]
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>()

/** How many pipelines a device has so far; a second model or another rate must add none. */
export const pipelineCount = (device: GPUDevice): number => pipelines.get(device)?.size ?? 0

export const pipelineOf = (device: GPUDevice, code: string): GPUComputePipeline => {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>()
  pipelines.set(device, known)
  const pipeline =
    known.get(code) ??
    device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } })
  known.set(code, pipeline)
  return pipeline
}

/** The generated shaders of a kernel on a device. */
const generated = ({ limits }: GPUDevice, kernel: Kernel, totals: readonly string[], homes: Homes) => {
  const { kernels, parts, copied } = split(kernel, homes, limits.maxStorageBuffersPerShaderStage)
  const shaders = kernels.map((one, k) => ({
    kernel: one,
    shader: generateWgsl(one, { totals, homes }),
    copied: copied[k] ?? new Set<string>(),
  }))
  return { shaders, parts }
}

const made = new WeakMap<GPUDevice, WeakMap<Kernel, Map<string, CompiledShaders>>>()

/** The compiled shaders of a kernel; `totals` are the names of the plan's totals. */
export const shadersOf = (
  device: GPUDevice,
  kernel: Kernel,
  totals: readonly string[],
  homes: ReadonlyMap<string, string>,
): CompiledShaders => {
  const here = made.get(device) ?? new WeakMap<Kernel, Map<string, CompiledShaders>>()
  made.set(device, here)
  const known = here.get(kernel) ?? new Map<string, CompiledShaders>()
  here.set(kernel, known)
  const key = [...homes].join()
  const found = known.get(key)
  if (found !== undefined) return found
  const { shaders, parts } = generated(device, kernel, totals, homes)
  const compiled = shaders.map((one): CompiledShader => ({ ...one, pipeline: pipelineOf(device, one.shader.text) }))
  known.set(key, { shaders: compiled, parts })
  return { shaders: compiled, parts }
}

/** The code of a pass on a device. */
export const sourceOf = (device: GPUDevice, { plan, of, kernel, uniforms, isOver }: Shown): string => {
  const totals = plan.totals.map(({ name }) => name)
  const homes = new Map(isOver ? of.reads.map(stream => [written(stream), stream] as const) : [])
  const { shaders } = generated(device, kernel, totals, homes)
  return listing(
    uniforms,
    shaders.map(one => ({
      text: one.shader.text,
      numbers: one.kernel.nodes.flatMap(node =>
        node.op === 'uniform' ? [[`step.k${node.index}`, node.index] as const] : [],
      ),
    })),
  )
}
