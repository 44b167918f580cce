/** Chains on WebGPU, in Node by the package `webgpu`; skipped with the reason where no Vulkan driver is found. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { foldWgsl } from '../../lib/backends/webgpu/fold.js'
import * as O from '../../lib/index.js'
import { add, div, elementwise, isFinite, lt, mul, select, sqrt, square, type Expr } from '../../lib/rule.js'
import { lawsOf } from '../../lib/testing.js'
import { all, inOps, made } from '../laws/table.js'
import { snapshotsOf } from '../setup.js'
import { faultIn, numbersOf, randomTree, source, type Mode } from './gpu/against.js'
import { wgslOf } from './code.js'
import { jobs, readied } from './counted.js'
import { skipping } from './skipping.js'
import { onGpu, pipelineCount } from './gpu/onGpu.js'
import { everyThird } from '../thorough.js'

snapshotsOf(import.meta.url)
const modes: readonly Mode[] = ['update', 'step', 'donated']
const shapes = { a0: [0], a1: [1], a3: [3], a1001: [7, 11, 13], b: [], b4: [2, 2], b63: [63], b1000: [10, 100] }

for (const mode of modes)
  onGpu(`every rule is within the bounds of the reference: ${mode}`, async test => {
    for (const entry of everyThird(all)) {
      const next = source(7)
      const gradients = [1, 2].map(() => randomTree(shapes, next))
      const before = jobs()
      const fault = await faultIn(made(entry), mode, randomTree(shapes, next), gradients)
      test.equal(fault, null, entry.name)
      // Without anything to write there is nothing to run.
      if (!['identity'].includes(entry.name)) test.ok(jobs() > before, `${entry.name} ran on the device`)
    }
  })

onGpu('the laws of tfjs-optax/testing hold on a GPU', async test => {
  const subjects: Readonly<Record<string, () => O.GradientTransformation>> = {
    adamw: () => O.adamw(0.1),
    'a chain with a total': () => O.chain(O.clipByGlobalNorm(1), O.trace(0.9), O.scale(-0.1)),
    multiSteps: () => O.multiSteps(O.sgd(0.1), 2),
  }
  for (const [name, make] of Object.entries(subjects))
    for (const { law, check } of lawsOf(name, make, { runs: 2, steps: 3 })) await test.resolves(check(), law)
})

/** Parameters and slots after three steps on a backend, with a rule behind. */
const threeSteps = async (backend: string, tx: O.GradientTransformation): Promise<readonly (readonly number[])[]> => {
  await tf.setBackend(backend)
  const whole = O.chain(tx, O.scale(-0.5))
  const next = source(13)
  const tree = () => randomTree({ a1: [1], a5: [2, 3, 5], b: [], b4: [2, 2], b63: [63], b100: [10, 10] }, next)
  let params = tree()
  await readied(whole, params)
  const step = O.makeStep(whole, { donate: true })
  let state: unknown = whole.init(params)
  for (let i = 0; i < 3; i++) {
    const gradients = tree()
    ;[params, state] = step(params, gradients, state as never)
    O.disposeTree(gradients)
  }
  const seen = await numbersOf([params, state])
  O.disposeTree([params, state])
  return seen
}

onGpu('links in tfjs ops give what they give on cpu', async test => {
  for (const entry of inOps) {
    const want = await threeSteps('cpu', made(entry))
    const got = await threeSteps('webgpu', made(entry))
    const off = got.flatMap((leaf, i) =>
      leaf.map((x, k) => Math.abs(x - want[i]![k]!) / (1e-4 + 1e-3 * Math.abs(want[i]![k]!))),
    )
    test.ok(Math.max(...off) < 1, `${entry.name}: ${Math.max(...off)}`)
    test.strictSame(
      got.map(leaf => leaf.length),
      want.map(leaf => leaf.length),
    )
  }
})

onGpu('steps with NaN are skipped on the device: no bit changes, and nothing is read back', async test => {
  const { before, after, resumed, reads } = await skipping()
  test.equal(after, before)
  test.not(resumed, before, 'and the next step is taken')
  test.equal(reads, 0)
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
  for (const entry of everyThird(all))
    for (const mode of ['update', 'donated'] as const) {
      const next = source(11)
      const gradients = randomTree({ a: [10], b: [10], c: [10] }, next)
      const odd = { ...gradients, a: tf.tensor1d(special) }
      gradients['a']?.dispose()
      const params = randomTree({ a: [10], b: [10], c: [10] }, next)
      test.equal(await faultIn(made(entry), mode, params, [odd]), null, `${entry.name}: ${mode}`)
    }
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

/** A rule that knows its update beforehand, so that the next one's operations have nothing but numbers. */
const constant = (value: number) => elementwise({ name: 'constant', step: () => ({ u: value }) })

onGpu('numbers alone give what they give elsewhere, where a compiler would do them itself', async test => {
  const next = source(2)
  const root = elementwise({
    name: 'root',
    slots: { m: 0 },
    step: ({ u, m }) => ({ u: add(sqrt(u), m), m: div(1, u) }),
  })
  const large = elementwise({ name: 'large', step: ({ u, p }) => ({ u: select(lt(u, 1e38), p, mul(u, u)) }) })
  const zero = O.chain(
    constant(0),
    elementwise({ name: 'turned', step: ({ u, p }) => ({ u: div(p, mul(u, -1)) }) }),
  ) as unknown as O.GradientTransformation
  const signs = tf.tensor1d([-1, 2.5]) as tf.Tensor
  await readied(zero, signs)
  const [signed] = zero.update(signs, zero.init(signs), signs)
  test.strictSame(await numbersOf(signed), [[Infinity, -Infinity]], 'the sign of a zero')
  O.disposeTree([signs, signed])
  for (const value of [0, -0, -1, 3e38, Infinity, 1e-42])
    for (const mode of modes) {
      const tx = O.chain(constant(value), large, root) as unknown as O.GradientTransformation
      const gradients = [1, 2].map(() => randomTree({ a: [70], b: [3] }, next))
      const fault = await faultIn(tx, mode, randomTree({ a: [70], b: [3] }, next), gradients)
      test.equal(fault, null, `${value}: ${mode}`)
    }
})

t.test('the code, as a person reads it', async test => {
  test.matchSnapshot(wgslOf(O.trace(0.9), true, 8).join('\n'), 'trace, in place')
  test.matchSnapshot(
    wgslOf(O.amsgradEpsilonHat(0.1), false, 6).join('\n'),
    'amsgradEpsilonHat to fresh memory, six bindings',
  )
  test.matchSnapshot(wgslOf(awkward, true, 8).join('\n'), 'awkward names')
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

onGpu('explain shows what a donated step compiles, and compiles nothing itself', async test => {
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice }
  const tx = O.chain(O.clipByNorm(3), O.amsgradEpsilonHat(0.3), O.trace(0.6))
  const [p, g] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]
  await readied(tx, p)
  const state = tx.init(p)
  const shown = O.explain(tx, { source: true }).replace(/^ +/gm, '')
  const compiled: string[] = []
  const original = device.createShaderModule.bind(device)
  device.createShaderModule = given => {
    compiled.push(given.code)
    return original(given)
  }
  const before = pipelineCount(device)
  O.explain(tx, { source: true })
  test.equal(pipelineCount(device), before)
  const stepped = O.makeStep(tx, { donate: true })(p, g as never, state)
  device.createShaderModule = original
  test.ok(compiled.length > 0, `${compiled.length} shaders`)
  for (const code of compiled) test.ok(shown.includes(code.replace(/^ +|\n+$/gm, '')), code)
  test.match(shown, /^\/\/ step\.k0: /m)
  O.disposeTree([g, stepped])
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
