/** The shaders of kernels: generated once per kernel, compiled once per device and text. */
import type { Kernel } from '../../plan/kernel.js'
import { written } from '../../plan/class.js'
import { recent, type Recent } from '../../recent.js'
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

interface Pipelines {
  /** those of late by their text, for other kernels that have the same */
  readonly byText: Recent<GPUComputePipeline>
  made: number
}

/** How many pipelines are kept by their text. */
export const mostPipelines = 128

const pipelines = new WeakMap<GPUDevice, Pipelines>()

/** How many pipelines were made so far; a second model or another rate must add none. */
export const pipelineCount = (device: GPUDevice): number => pipelines.get(device)?.made ?? 0
/** How many of them are kept by their text. */
export const keptPipelines = (device: GPUDevice): number => pipelines.get(device)?.byText.size() ?? 0

export const pipelineOf = (device: GPUDevice, code: string): GPUComputePipeline => {
  const known = pipelines.get(device) ?? { byText: recent(mostPipelines), made: 0 }
  pipelines.set(device, known)
  const found = known.byText.get(code)
  if (found !== undefined) return found
  const module = device.createShaderModule({ code })
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } })
  known.byText.set(code, pipeline)
  known.made += 1
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
  const totals = [...plan.totals, ...plan.given].map(({ name }) => name)
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
