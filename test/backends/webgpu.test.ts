/** Chains on WebGPU, in Node by the package `webgpu`; skipped with the reason where no Vulkan driver is found. */
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { foldWgsl } from '../../lib/backends/webgpu/fold.js'
import { generateWgsl } from '../../lib/backends/webgpu/generate.js'
import { split } from '../../lib/backends/split.js'
import * as O from '../../lib/index.js'
import { add, elementwise, isFinite, lt, mul, select, sqrt, square, type Expr } from '../../lib/rule.js'
import { placedLinks } from '../../lib/rule/plan/placed.js'
import { plan } from '../../lib/rule/plan/plan.js'
import { all, made } from '../laws/table.js'
import { snapshotsOf } from '../setup.js'
import { copied, faultIn, numbersOf, randomTree, source, type Mode } from './gpu/against.js'
import { jobs, readied, useCounted } from './counted.js'
import { bringUp, errorsSoFar, gpuBackend } from './gpu/dawn.js'

snapshotsOf(import.meta.url)
const reason = await bringUp()
const load = async () => ({
  ...(await import('../../lib/backends/webgpu/device.js')),
  ...(await import('../../lib/backends/webgpu/stages.js')),
})
/** Loaded only where it can run: else all of it would count as untested code. */
const { webgpu, pipelineCount } = (reason === null ? await load() : {}) as Awaited<ReturnType<typeof load>>

if (reason === null) useCounted(webgpu)

/** A subtest on the GPU, which must have run jobs there and found no fault with any. */
const onGpu = (title: string, run: (test: Test) => Promise<void>): void => {
  t.test(title, { skip: reason ?? false }, async test => {
    await tf.setBackend('webgpu')
    const before = jobs()
    await run(test)
    test.ok(jobs() > before, `${jobs() - before} jobs on the device`)
    test.strictSame(await errorsSoFar(), [], 'the GPU refused nothing')
  })
}

const modes: readonly Mode[] = ['update', 'step', 'donated']
const shapes = { a0: [0], a1: [1], a3: [3], a1001: [7, 11, 13], b: [], b4: [2, 2], b63: [63], b1000: [10, 100] }

for (const mode of modes)
  onGpu(`every rule is within the bounds of the reference: ${mode}`, async test => {
    for (const entry of all) {
      const next = source(7)
      const gradients = [1, 2].map(() => randomTree(shapes, next))
      const before = jobs()
      const fault = await faultIn(made(entry), mode, randomTree(shapes, next), gradients)
      test.equal(fault, null, entry.name)
      // Without anything to write there is nothing to run.
      if (!['identity'].includes(entry.name)) test.ok(jobs() > before, `${entry.name} ran on the device`)
    }
  })

onGpu('large leaves, and as a single leaf', async test => {
  const some = ['adamw', 'kerasLamb masked', 'clipByGlobalNorm', 'probe: totals', 'scaleByAmsgrad']
  for (const entry of all.filter(({ name }) => some.includes(name))) {
    const next = source(3)
    const large = { a: [100003], b: [1001], c: [] }
    const fault = await faultIn(made(entry), 'donated', randomTree(large, next), [randomTree(large, next)])
    test.equal(fault, null, entry.name)
    const [p, g] = [tf.tensor1d([1, -2, 3]), tf.tensor1d([0.5, 0.25, -4])]
    test.equal(await faultIn(made(entry), 'update', p, [g]), null, `${entry.name}: a leaf`)
  }
})

onGpu('infinities, NaN and large numbers go through as they do in the reference', async test => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 3e38, -3e38, 1e19, -1e-20, 1]
  for (const entry of all)
    for (const mode of ['update', 'donated'] as const) {
      const next = source(11)
      const gradients = randomTree({ a: [10], b: [10], c: [10] }, next)
      const odd = { ...gradients, a: tf.tensor1d(special) }
      gradients['a']?.dispose()
      const params = randomTree({ a: [10], b: [10], c: [10] }, next)
      test.equal(await faultIn(made(entry), mode, params, [odd]), null, `${entry.name}: ${mode}`)
    }
})

onGpu('nobody else’s memory is written over, whatever shares it', async test => {
  const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(0.1), O.trace(0.9))
  const step = O.makeStep(tx, { donate: true })
  const plain = async (params: object, gradients: object) => {
    const [p, g] = [copied(params), copied(gradients)]
    const [out, state] = O.makeStep(tx)(p, g as never, tx.init(p))
    const seen = await numbersOf([out, state])
    O.disposeTree([p, g, out, state])
    return seen
  }
  const cases: Readonly<Record<string, () => { params: object; gradients: object; others: readonly tf.Tensor[] }>> = {
    'a reshape of a parameter is held elsewhere': () => {
      const params = { a: tf.tensor1d([1, 2, 3, 4]), b: tf.tensor1d([5]) }
      const gradients = { a: tf.tensor1d([1, -1, 2, 3]), b: tf.tensor1d([0.5]) }
      return { params, gradients, others: [tf.reshape(params.a, [2, 2]), tf.clone(params.b)] }
    },
    'a gradient is another parameter': () => {
      const params = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([5, 6, 7]) }
      return { params, gradients: { a: tf.reshape(params.b, [3]), b: tf.reshape(params.a, [3]) }, others: [] }
    },
    'a gradient is the parameter itself': () => {
      const params = { a: tf.tensor1d([1, 2, 3]) }
      return { params, gradients: { a: tf.reshape(params.a, [3]) }, others: [] }
    },
    'two gradients are one buffer': () => {
      const a = tf.tensor1d([1, 2, 3])
      const params = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, 5, 6]) }
      return { params, gradients: { a, b: tf.reshape(a, [3]) }, others: [] }
    },
  }
  for (const [name, make] of Object.entries(cases)) {
    const { params, gradients, others } = make()
    await readied(tx, params)
    const right = await plain(params, gradients)
    const before = await numbersOf([gradients, others])
    const [out, state] = step(params, gradients as never, tx.init(params))
    test.strictSame(await numbersOf([out, state]), right, name)
    test.strictSame(await numbersOf([gradients, others]), before, `${name}: the others stay`)
    O.disposeTree([out, state, gradients, others])
  }
})

onGpu('a buffer that tfjs does not know to be shared is read before it is written', async test => {
  const { device } = gpuBackend()
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffer = device.createBuffer({ size: 16, usage })
  device.queue.writeBuffer(buffer, 0, new Float32Array([1, 2, 3, 4]))
  const wrapped = (): tf.Tensor => tf.tensor({ buffer, zeroCopy: true }, [4])
  const [p, g] = [wrapped(), wrapped()]
  const tx = O.sgd(0.5)
  await readied(tx, p)
  const [out] = O.makeStep(tx, { donate: true })(p, g as never, tx.init(p))
  test.strictSame(await numbersOf(out), [[0.5, 1, 1.5, 2]])
  O.disposeTree([out, g])
  buffer.destroy()
})

onGpu('more streams than a shader can bind', async test => {
  const next = source(5)
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i % 2 ? 'a' : 'b'}${i}`, [i + 1]]))
  for (const mode of modes) {
    const fault = await faultIn(O.amsgradEpsilonHat(0.1), mode, randomTree(many, next), [randomTree(many, next)])
    test.equal(fault, null, `amsgrad, 60 leaves: ${mode}`)
  }
  const names = Array.from({ length: 11 }, (_, i) => `s${i}`)
  const sum = (inputs: Readonly<Record<string, Expr>>): Expr =>
    names.reduce<Expr>((total, name, i) => add(total, mul(inputs[name] ?? 0, i - 4.5)), mul(inputs['u'] ?? 0, 1))
  const wide = (by: 1 | -1) =>
    elementwise({
      name: 'wide',
      slots: Object.fromEntries(names.map((name, i) => [name, i])),
      totals: { sq: { over: 'leaf', of: inputs => square(sum(inputs as never)) } },
      step: inputs => {
        const at = inputs as unknown as Readonly<Record<string, Expr>>
        const turned = names.map((name, i) => [name, at[names[i + by] ?? 'u'] ?? 0] as const)
        return { ...Object.fromEntries(turned), u: add(sum(at), sqrt(at['sq'] ?? 0)) }
      },
    }) as unknown as O.GradientTransformation
  // Down, a later stage reads what an earlier one has written over.
  for (const by of [1, -1] as const)
    for (const mode of modes) {
      const gradients = [1, 2, 3].map(() => randomTree({ a: [5], b: [300] }, next))
      const fault = await faultIn(wide(by), mode, randomTree({ a: [5], b: [300] }, next), gradients)
      test.equal(fault, null, `eleven slots that move by ${by}: ${mode}`)
    }
})

const inputOf = (inputs: object, name: string): Expr => (inputs as Readonly<Record<string, Expr>>)[name]!

/** Names and numbers that WGSL does not take as they are. */
const awkward = elementwise({
  name: 'awkward',
  slots: { 'a-b': 1, a_b: 2, while: 3, 1: 4, u_old: 5 },
  totals: { for: { over: 'tree', reduce: 'max', of: inputs => inputOf(inputs, 'u') } },
  step: inputs => {
    const at = (name: string): Expr => inputOf(inputs, name)
    const u = at('u')
    const odd = select(lt(at('a-b'), Infinity), select(lt(-Infinity, at('a_b')), u, 1e-42), mul(u, -0))
    return {
      'a-b': at('a_b'),
      a_b: at('while'),
      while: select(isFinite(u), at('1'), u),
      1: at('u_old'),
      u_old: odd,
      u: add(odd, at('for')),
    }
  },
}) as unknown as O.GradientTransformation

onGpu('names and numbers that WGSL does not take as they are', async test => {
  const next = source(9)
  for (const mode of modes) {
    const gradients = [1, 2].map(() => randomTree({ a: [70], b: [3] }, next))
    test.equal(await faultIn(awkward, mode, randomTree({ a: [70], b: [3] }, next), gradients), null, mode)
  }
})

t.test('the code, as a person reads it', async test => {
  const codeOf = (tx: O.GradientTransformation, over: boolean, limit: number): string => {
    const rules = placedLinks(tx.program).flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
    const planned = plan({ rules, goal: 'params', hasParams: true, classes: [rules.map(() => true)] })
    const of = planned?.classes[0]
    const homes = new Map(over ? of?.writes.map(stream => [stream, stream.replace("'", '')]) : [])
    const totals = planned?.totals.map(({ name }) => name) ?? []
    const kernels = of?.passes.flatMap(pass => (pass === null ? [] : split(pass.kernel, homes, limit).kernels)) ?? []
    return kernels.map(kernel => generateWgsl(kernel, { totals, homes }).text).join('\n')
  }
  test.matchSnapshot(codeOf(O.trace(0.9), true, 8), 'trace, in place')
  test.matchSnapshot(codeOf(O.amsgradEpsilonHat(0.1), false, 6), 'amsgradEpsilonHat to fresh memory, six bindings')
  test.matchSnapshot(codeOf(awkward, true, 8), 'awkward names')
  test.matchSnapshot(foldWgsl, 'fold')
})

onGpu('steps keep their place among the operations of tfjs', async test => {
  const tx = O.sgd(0.5)
  const step = O.makeStep(tx, { donate: true })
  await readied(tx, tf.scalar(0))
  const state = tx.init(tf.tensor1d([0]))
  let p: tf.Tensor = tf.tensor1d([1, 2])
  let sum: tf.Tensor = tf.zeros([2])
  for (let i = 0; i < 40; i++) {
    const [before, g] = [sum, tf.mul(p, 0.5)]
    sum = tf.add(sum, p)
    ;[p] = step(p, g, state)
    tf.dispose([before, g])
  }
  const right = [1, 2].map(x => x * 4 * (1 - 0.75 ** 40))
  test.ok((await numbersOf(sum))[0]?.every((x, i) => Math.abs(x - right[i]!) < 1e-5))
  O.disposeTree([p, sum])
})

onGpu('what tfjs keeps of values read before is given up', async test => {
  const tx = O.sgd(0.5)
  const params = tf.variable(tf.tensor1d([1, 2]))
  const gradients = tf.tensor1d([1, 1])
  test.strictSame(Array.from(await params.data()), [1, 2])
  await readied(tx, params)
  const [same] = O.makeStep(tx, { donate: true })(params as tf.Tensor, gradients, tx.init(params as tf.Tensor))
  test.equal(same, params)
  test.strictSame(Array.from(await params.data()), [0.5, 1.5])
  O.disposeTree([params, gradients])
})

onGpu('1,000 steps leave nothing; another rate and other shapes compile nothing', async test => {
  const chainOf = (rate: number) => O.chain(O.clipByGlobalNorm(1), O.kerasLamb(rate))
  const walk = async (steps: number, donate: boolean, rate: number, size: number) => {
    const tx = chainOf(rate)
    const step = O.makeStep(tx, { donate })
    let params: object = randomTree({ a: [size], b: [2, size] }, source(1))
    await readied(tx, params)
    let state = tx.init(params as never)
    const gradients = randomTree({ a: [size], b: [2, size] }, source(2))
    for (let i = 0; i < steps; i++) {
      const old = [params, state]
      ;[params, state] = step(params as never, gradients as never, state)
      if (!donate) O.disposeTree(old)
      if (i % 100 === 0) await gpuBackend().queue.onSubmittedWorkDone()
    }
    O.disposeTree([params, state, gradients])
  }
  const { device } = gpuBackend()
  const counts = () => {
    const gpu = gpuBackend() // tfjs frees what it has when it submits
    gpu.ensureCommandEncoderReady()
    gpu.endComputePassEncoder()
    gpu.submitQueue()
    const { numTensors, numDataBuffers, numBytes } = tf.memory()
    const { numBytesInGPU, numBytesAllocatedInGPU } = gpu.memory() as unknown as Record<string, number>
    return { numTensors, numDataBuffers, numBytes, numBytesInGPU, numBytesAllocatedInGPU }
  }
  for (const donate of [true, false]) {
    await walk(3, donate, 0.1, 50)
    const [before, pipelines] = [counts(), pipelineCount(device)]
    await walk(1000, donate, 0.1, 50)
    test.strictSame(counts(), before, `donate ${donate}: no tensor and no byte`)
    await walk(2, donate, 0.03, 70)
    test.equal(pipelineCount(device), pipelines, 'no pipeline')
  }
})

onGpu('more workgroups than one direction takes', async test => {
  const size = 65535 * 256 + 300
  const [p, g] = [tf.fill([size], 1), tf.fill([size], 2)]
  const tx = O.chain(O.clipByGlobalNorm(1), O.scale(-1))
  await readied(tx, p)
  const [out] = O.makeStep(tx, { donate: true })(p, g as never, tx.init(p))
  const right = 1 - 2 / Math.sqrt(4 * size)
  for (const at of [0, 65535 * 256 - 1, 65535 * 256, size - 1]) {
    const value = (await numbersOf(tf.slice(out, at, 1)))[0]?.[0] ?? NaN
    test.ok(Math.abs(value - right) < 1e-6, `element ${at}: ${value}`)
  }
  O.disposeTree([out, g])
})

onGpu('what `ready` has not checked runs as tfjs ops, and says so once', async test => {
  const tx = O.chain(O.clipByNorm(2), O.scale(-3), O.trace(0.7))
  const tell = (): string => O.explain(tx).split('\n')[0] ?? ''
  const warned: unknown[] = []
  const { warn } = console
  console.warn = (what: unknown) => warned.push(what)
  const step = async (): Promise<number[][]> => {
    const p = tf.tensor1d([1, 2, 3])
    const state = tx.init(p)
    const updates = tx.update(p, state, p)
    const seen = await numbersOf(updates)
    O.disposeTree([p, state, updates])
    return seen
  }
  const before = jobs()
  const right = [await step(), await step()]
  console.warn = warn
  test.equal(jobs(), before, 'no job')
  test.match(warned, [/^tfjs-optax: a chain runs as tfjs ops on webgpu, .*await ready\(tx, \{ params \}\)/])
  test.equal(warned.length, 1)
  test.equal(tell(), 'webgpu: tfjs ops until `await ready(tx, { params })` has checked its kernels')
  await readied(tx, undefined)
  test.equal(tell(), 'webgpu: generated kernels, in place where a step is donated')
  test.strictSame([await step(), await step()].flat(2).map(Math.fround), right.flat(2))
})

t.test('what it cannot run on, it says', { skip: reason ?? false }, async test => {
  const gpu = gpuBackend()
  const { device } = gpu
  test.equal(webgpu.problem(), null)
  test.throws(() => webgpu.allocate([2 ** 31, 4]), {
    message: /^out of memory: a tensor of shape \[2147483648,4\] needs/,
  })
  const poor = new Proxy(device, {
    get: (of, key): unknown => (key === 'limits' ? { maxStorageBuffersPerShaderStage: 4 } : Reflect.get(of, key, of)),
  })
  Object.assign(gpu, { device: poor })
  test.equal(webgpu.problem(), 'a shader can bind 4 buffers only, 6 are needed')
  Object.assign(gpu, { device })
  await tf.setBackend('cpu')
  test.equal(webgpu.problem(), 'this tfjs keeps its buffers elsewhere')
  await tf.setBackend('webgpu')
})
