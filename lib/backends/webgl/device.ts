/**
 * Generated shaders on tfjs's textures. A shader cannot write a texture that it reads, so every result gets a new
 * texture, which then moves to a tensor that was allocated before. Totals stay in textures; nothing is read back.
 */
import * as tf from '@tensorflow/tfjs-core'
import { written } from '../../plan/class.js'
import type { Kernel } from '../../plan/kernel.js'
import { requireAlive } from '../../tree/alive.js'
import type { Device, Group, Job, LeafRun, Shown } from '../device.js'
import { listing } from '../listing.js'
import { uniformsOf } from '../uniforms.js'
import { generateGlsl, type GlslShader, type GlslRun } from './generate.js'
import { foldGlsl, combineGlsl, window } from './main.js'
import { backend, hand, problem, texturesAtMost, type TfjsProgram, type TfjsWebgl } from './tfjs.js'

type TotalKind = 'sum' | 'max'
type Box = readonly [batch: number, rows: number, columns: number]
type UniformRows = readonly (readonly number[])[]

const allocate = (shape: readonly number[]): tf.Tensor => {
  const empty = shape.includes(0) ? new Float32Array(0) : undefined
  return tf.engine().makeTensorFromTensorInfo(backend().makeTensorInfo([...shape], 'float32', empty))
}

/** The shape as a batch of matrices, as textures are packed, so that shaders serve all ranks. */
const blockOf = (shape: readonly number[]): Box => {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1]
  return [shape.slice(0, -2).reduce((n, d) => n * d, 1), rows, columns]
}
const texelsOf = ([batch, rows, columns]: Box): number => batch * Math.ceil(rows / 2) * Math.ceil(columns / 2)

const runs = new WeakMap<Kernel, readonly GlslRun[]>()

const runsOf = (kernel: Kernel, relays: readonly string[]): readonly GlslRun[] => {
  const known = runs.get(kernel) ?? generateGlsl(kernel, texturesAtMost(), relays)
  runs.set(kernel, known)
  return known
}

type Uniforms = TfjsProgram['customUniforms']

const programOf = (
  text: string,
  variableNames: readonly string[],
  outputShape: readonly number[],
  customUniforms: Uniforms,
): TfjsProgram => ({
  variableNames,
  outputShape,
  userCode: text,
  customUniforms,
  packedInputs: true,
  packedOutput: true,
  enableShapeUniforms: true,
})

/** There is no `k` without numbers, since WebGL cannot set an empty array. */
const numbersOf = ({ numbers }: GlslShader): Uniforms => [
  { name: 'infinity', type: 'float' },
  ...(numbers.length > 0 ? [{ name: 'k', type: 'float', arrayIndex: numbers.length } as const] : []),
]
const windows: Uniforms = [
  { name: 'infinity', type: 'float' },
  { name: 'texels', type: 'int' },
]

/** One run of a job; `free` frees its scratch textures. */
class JobRun {
  readonly #tfjs: TfjsWebgl = backend()
  readonly #scratch: tf.TensorInfo[] = []
  readonly #leafTotals = new Map<string, Map<number, tf.TensorInfo>>()
  readonly #treeTotals = new Map<string, tf.TensorInfo>()
  readonly #relays = new Map<number, Map<string, tf.TensorInfo>>()

  constructor(readonly job: Job<tf.Tensor>) {
    for (const { name, order, value } of job.numbers) {
      const info = typeof value === 'number' ? this.#constant(value) : value
      if (order === null) this.#treeTotals.set(name, info)
      else this.#leaves(name).set(order, info)
    }
  }

  passes(): void {
    for (const pass of this.job.plan.sweeps.flat())
      for (const { of, leaves } of this.job.groups) {
        const lowered = of.passes[pass] ?? null
        if (lowered === null) continue
        const numbers = uniformsOf(lowered, this.job.scalars)
        for (const leaf of leaves) this.#leaf(of, lowered.kernel, leaf, numbers.of(leaf))
      }
  }

  free(): void {
    for (const info of this.#scratch) this.#tfjs.disposeIntermediateTensorInfo(info)
  }

  #leaf(of: Group['of'], kernel: Kernel, leaf: LeafRun<tf.Tensor>, numbers: readonly number[]): void {
    const parts = new Map<string, tf.TensorInfo>()
    const relays = this.#relaysOf(leaf.order)
    for (const { shader, to } of runsOf(kernel, of.relays)) {
      const streams = shader.streams.map(
        stream => parts.get(stream) ?? relays.get(stream) ?? leaf.reads[of.reads.indexOf(stream)],
      )
      const totals = shader.totals.map(({ name, over }) => this.#total(name, over, leaf.order))
      const inputs = [...streams, ...totals].flatMap(input => input ?? [])
      const own = shader.numbers.map(k => numbers[k] ?? NaN)
      const values = own.length > 0 ? [[Infinity], own] : [[Infinity]]
      const block = blockOf(leaf.writes[0]?.shape ?? leaf.reads[0]?.shape ?? [])
      if (to.kind === 'total') {
        this.#reduce(to, leaf.order, shader, inputs, block, values)
        continue
      }
      const program = programOf(shader.text, shader.textures, block, numbersOf(shader))
      const result = this.#run(program, inputs, values)
      const target = leaf.writes[of.writes.indexOf(to.stream)]
      if (to.kind === 'part') parts.set(to.stream, this.#keep(result))
      else if (target !== undefined) hand(this.#tfjs, result, target)
      else {
        const relay = of.relays.find(name => written(name) === to.stream)
        if (relay !== undefined) relays.set(relay, this.#keep(result))
      }
    }
  }

  #run(program: TfjsProgram, inputs: readonly tf.TensorInfo[], uniforms: UniformRows): tf.TensorInfo {
    // As matrices, so that one shader serves all ranks; as copies, since tfjs changes these objects.
    const given = inputs.map(({ dataId, dtype, shape }) => ({ dataId, dtype, shape: [...blockOf(shape)] }))
    return this.#tfjs.runWebGLProgram(program, given, 'float32', uniforms, true)
  }

  #keep(info: tf.TensorInfo): tf.TensorInfo {
    this.#scratch.push(info)
    return info
  }

  /** Reduces windows of texels, then windows of the results, until one value is left. */
  #reduce(
    { total, reduce }: { readonly total: string; readonly reduce: TotalKind },
    order: number,
    shader: GlslShader,
    inputs: readonly tf.TensorInfo[],
    block: Box,
    values: UniformRows,
  ): void {
    const texels = texelsOf(block)
    let count = Math.ceil(texels / window)
    const uniforms: Uniforms = [...numbersOf(shader), { name: 'texels', type: 'int' }, { name: 'leaf', type: 'ivec3' }]
    const first = programOf(shader.text, shader.textures, [1, 2, 2 * count], uniforms)
    let parts = this.#keep(this.#run(first, inputs, [...values, [texels], block]))
    while (count > 1) {
      const next = Math.ceil(count / window)
      const program = programOf(foldGlsl(reduce), ['parts'], [1, 2, 2 * next], windows)
      parts = this.#keep(this.#run(program, [parts], [[Infinity], [count]]))
      count = next
    }
    this.#leaves(total).set(order, parts)
  }

  /** The relays of a leaf that are written so far, by name. */
  #relaysOf(order: number): Map<string, tf.TensorInfo> {
    const own = this.#relays.get(order) ?? new Map<string, tf.TensorInfo>()
    this.#relays.set(order, own)
    return own
  }

  /** The totals of a name, by leaf. */
  #leaves(name: string): Map<number, tf.TensorInfo> {
    const own = this.#leafTotals.get(name) ?? new Map<number, tf.TensorInfo>()
    this.#leafTotals.set(name, own)
    return own
  }

  #total(name: string, over: 'tree' | 'leaf', order: number): tf.TensorInfo {
    if (over === 'leaf') return this.#leafTotals.get(name)?.get(order) ?? this.#none(name)
    const known = this.#treeTotals.get(name) ?? this.#tree(name)
    this.#treeTotals.set(name, known)
    return known
  }

  /** Combines the totals of all leaves in tree order, as many at once as a shader can read. */
  #tree(name: string): tf.TensorInfo {
    const reduce = this.#reduceOf(name)
    let left: readonly tf.TensorInfo[] = [...(this.#leafTotals.get(name) ?? [])]
      .sort(([a], [b]) => a - b)
      .map(([, info]) => info)
    while (left.length > 1) {
      const most = texturesAtMost()
      left = Array.from({ length: Math.ceil(left.length / most) }, (_, g) => {
        const own = left.slice(g * most, (g + 1) * most)
        const names = own.map((_, k) => `leaf${k}`)
        const program = programOf(combineGlsl(reduce, own.length), names, [1, 2, 2], [])
        return this.#keep(this.#run(program, own, []))
      })
    }
    return left[0] ?? this.#none(name)
  }

  #reduceOf(name: string): TotalKind {
    return this.job.plan.totals.find(total => total.name === name)?.reduce ?? 'sum'
  }

  /** The total of no elements. */
  #none(name: string): tf.TensorInfo {
    return this.#constant(this.#reduceOf(name) === 'sum' ? 0 : -Infinity)
  }

  #constant(value: number): tf.TensorInfo {
    return this.#keep(this.#tfjs.makeTensorInfo([1, 1, 1], 'float32', Float32Array.of(value)))
  }
}

const run = (job: Job<tf.Tensor>): void => {
  const own = new JobRun(job)
  try {
    own.passes()
    requireAlive('a step')
  } finally {
    own.free()
  }
}

const sourceOf = ({ of, kernel, uniforms }: Shown): string =>
  listing(
    uniforms,
    runsOf(kernel, of.relays).map(({ shader: { text, numbers } }) => ({
      text,
      numbers: numbers.map((index, k) => [`k[${k}]`, index] as const),
    })),
  )

/** Runs jobs on tfjs's WebGL backend. Effects: the values of a job's tensors. */
export const webgl: Device<tf.Tensor> = {
  name: 'webgl',
  inPlace: false,
  problem,
  allocate,
  hold: tensor => tensor,
  isOwn: () => false,
  run,
  sourceOf,
}
