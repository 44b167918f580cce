/** Kernels with their code: generated once per kernel, compiled once per device and text. */
import type { Kernel } from '../../rule/plan/kernel.js'
import { generateWgsl, type Shader } from './generate.js'
import { split } from '../split.js'

export interface Stage {
  readonly kernel: Kernel
  readonly shader: Shader
  readonly pipeline: GPUComputePipeline
  /** streams whose values before the job it reads, although an earlier stage has written over them */
  readonly copied: ReadonlySet<string>
}

export interface Stages {
  readonly stages: readonly Stage[]
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

const made = new WeakMap<GPUDevice, WeakMap<Kernel, Map<string, Stages>>>()

/** `homes` are the streams on the memory of others, `totals` those of the plan. */
export const stagesOf = (
  device: GPUDevice,
  kernel: Kernel,
  totals: readonly string[],
  homes: ReadonlyMap<string, string>,
): Stages => {
  const here = made.get(device) ?? new WeakMap<Kernel, Map<string, Stages>>()
  made.set(device, here)
  const known = here.get(kernel) ?? new Map<string, Stages>()
  here.set(kernel, known)
  const key = [...homes].join()
  const found = known.get(key)
  if (found !== undefined) return found
  const { kernels, parts, copied } = split(kernel, homes, device.limits.maxStorageBuffersPerShaderStage)
  const stages = kernels.map((stage, k): Stage => {
    const shader = generateWgsl(stage, { totals, homes })
    return {
      kernel: stage,
      shader,
      pipeline: pipelineOf(device, shader.text),
      copied: copied[k] ?? new Set(),
    }
  })
  known.set(key, { stages, parts })
  return { stages, parts }
}
