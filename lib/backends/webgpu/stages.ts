/** Kernels with their code: generated once per kernel, compiled once per device and text. */
import type { Kernel } from '../../plan/kernel.js'
import { written } from '../../plan/plan.js'
import type { Shown } from '../device.js'
import { listing } from '../listing.js'
import { generateWgsl, type WgslShader } from './generate.js'
import { split, type Homes } from '../split.js'

export interface WgslStage {
  readonly kernel: Kernel
  readonly shader: WgslShader
  readonly pipeline: GPUComputePipeline
  /** streams whose values before the job it reads, although an earlier stage has written over them */
  readonly copied: ReadonlySet<string>
}

export interface WgslStages {
  readonly stages: readonly WgslStage[]
  /** streams of scratch memory, as large as the leaf */
  readonly parts: readonly string[]
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>()

/** How many pipelines a device has so far: a second model or another rate must not add to it. */
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

/** The code for a kernel on a device. */
const shadersOf = ({ limits }: GPUDevice, kernel: Kernel, totals: readonly string[], homes: Homes) => {
  const { kernels, parts, copied } = split(kernel, homes, limits.maxStorageBuffersPerShaderStage)
  const shaders = kernels.map((stage, k) => ({
    kernel: stage,
    shader: generateWgsl(stage, { totals, homes }),
    copied: copied[k] ?? new Set<string>(),
  }))
  return { shaders, parts }
}

const made = new WeakMap<GPUDevice, WeakMap<Kernel, Map<string, WgslStages>>>()

/** `homes` are the streams on the memory of others, `totals` those of the plan. */
export const stagesOf = (
  device: GPUDevice,
  kernel: Kernel,
  totals: readonly string[],
  homes: ReadonlyMap<string, string>,
): WgslStages => {
  const here = made.get(device) ?? new WeakMap<Kernel, Map<string, WgslStages>>()
  made.set(device, here)
  const known = here.get(kernel) ?? new Map<string, WgslStages>()
  here.set(kernel, known)
  const key = [...homes].join()
  const found = known.get(key)
  if (found !== undefined) return found
  const { shaders, parts } = shadersOf(device, kernel, totals, homes)
  const stages = shaders.map((one): WgslStage => ({ ...one, pipeline: pipelineOf(device, one.shader.text) }))
  known.set(key, { stages, parts })
  return { stages, parts }
}

/** The shaders of a pass on a device. */
export const sourceOf = (device: GPUDevice, { plan, of, kernel, uniforms, isOver }: Shown): string => {
  const totals = plan.totals.map(({ name }) => name)
  const homes = new Map(isOver ? of.reads.map(stream => [written(stream), stream] as const) : [])
  const { shaders } = shadersOf(device, kernel, totals, homes)
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
