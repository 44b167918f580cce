/** What generated kernels do with memory: aliases, leaks, handles, what is missing, what runs out. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { ops } from '../../lib/backends/ops.js'
import { interpretAtMost } from '../../lib/backends/small.js'
import { compiledModules } from '../../lib/backends/wasm/compile.js'
import { wasm, type HeldAddress } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { clamp, elementwise } from '../../lib/rule.js'
import { runStep } from '../../lib/program/execute.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import type { Device, Job, LeafRun } from '../../lib/backends/device.js'
import { useDevice } from '../../lib/backends/select.js'

const adam = () => O.chain(O.clipByGlobalNorm(1), O.adamw(0.1, { weightDecay: 0.1 }))

/** The parameters after one step, by the interpreter; nothing is touched. */
const expected = (tx: O.GradientTransformation, params: unknown, updates: unknown, state: unknown): number[][] =>
  O.tidy(() =>
    runStep(ops, tx.program, { who: 'test', updates, state, params, extra: undefined }).leaves.map(leaf =>
      leaf === null ? [] : numbers(leaf),
    ),
  )

const share = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, tensor.shape)

/** Ways in which one buffer comes to stand at two places. */
const alias = fc.constantFrom('none', 'clone', 'reshape', 'gradient', 'gradient of another', 'slot', 'kept outside')

onBackends('an aliased buffer is never overwritten', test => {
  fc.assert(
    fc.property(
      fc.array(alias, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 40 }),
      (ways, variables, size) => {
        tf.tidy(() => {
          const tx = adam() as O.GradientTransformation
          const random = (seed: number): tf.Tensor => tf.mul(tf.randomNormal([size], 0, 1, 'float32', seed), 1)
          const values = ways.map((_, i) => random(i + 1))
          const params = values.map(value =>
            variables ? tf.tidy(() => tf.variable(tf.mul(value, 1))) : tf.mul(value, 1),
          )
          let [gradients, watched] = [ways.map((_, i) => random(i + 100)), [] as tf.Tensor[]]
          let state = tx.init(params) as readonly [unknown, readonly [{ readonly mu: tf.Tensor[] }, ...unknown[]]]
          ways.forEach((way, i) => {
            const [p, next] = [params[i]!, params[(i + 1) % params.length]!]
            if (way === 'clone') watched = [...watched, tf.clone(p)]
            if (way === 'reshape') watched = [...watched, share(p)]
            if (way === 'gradient') gradients = gradients.map((g, k) => (k === i ? share(p) : g))
            if (way === 'gradient of another') gradients = gradients.map((g, k) => (k === i ? share(next) : g))
            if (way === 'slot') watched = [...watched, share(state[1][0].mu[i]!)]
            if (way === 'kept outside') watched = [...watched, share(gradients[i]!)]
          })
          const before = [...watched, ...gradients].map(numbers)
          const want = expected(tx, params, gradients, state)
          const [after, next] = O.makeStep(tx, { donate: true })(params, gradients, state as never)
          if (JSON.stringify(after.map(numbers)) !== JSON.stringify(want)) throw new Error('another result')
          if (JSON.stringify([...watched, ...gradients].map(numbers)) !== JSON.stringify(before))
            throw new Error('overwritten')
          for (const p of params)
            if (p.isDisposed !== !variables) throw new Error('a consumed tensor lives, or a Variable does not')
          O.disposeTree([after, next])
          state = undefined as never
        })
      },
    ),
    { numRuns: 100 },
  )
  test.pass('100 cases')
})

onBackends('a tensor at two places of a step is read where it is, or refused', test => {
  const tx = O.chain(O.trace(0.5), O.scale(-0.1))
  const step = O.makeStep(tx, { donate: true })
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])))
  const v = tf.tidy(() => tf.variable(tf.tensor1d([3, 4])))
  const state = tx.init({ v, w })
  // the gradient of v is w itself, which the step assigns
  const want = expected(tx, { v, w }, { v: w, w: v }, state)
  const [, next] = step({ v, w }, { v: w, w: v }, state)
  test.strictSame([numbers(v), numbers(w)], want)
  O.disposeTree([next, v, w])

  const [a, g] = [tf.tensor1d([1]), tf.tensor1d([2])]
  const held = tx.init({ a, b: a })
  test.throws(() => step({ a, b: a }, { a: g, b: g }, held), { message: /params\.a.*params\.b/ })
  test.strictSame([a.isDisposed, numbers(a)], [false, [1]])
  O.disposeTree([a, g, held])
})

onBackends('1,000 steps leak nothing, in every style', test => {
  const tx = O.chain(
    O.clipByGlobalNorm(1),
    O.kerasLamb(0.1, { weightDecay: 0.1 }),
    O.masked(O.trace(0.5), path => path.includes('a')),
  )
  const make = () => ({ a: tf.randomNormal([3, 5]), b: [tf.randomNormal([7]), tf.scalar(2)] as const })
  const gradients = make()
  for (const donate of [true, false]) {
    const step = O.makeStep(tx, { donate })
    let params = make()
    let state = tx.init(params)
    const before = tf.memory()
    for (let i = 0; i < 1000; i++) {
      const old = [params, state]
      ;[params, state] = step(params, gradients, state)
      if (!donate) O.disposeTree(old)
    }
    const after = tf.memory()
    test.strictSame(
      [after.numTensors, after.numBytes, after.numDataBuffers],
      [before.numTensors, before.numBytes, before.numDataBuffers],
      donate ? 'donated' : 'fresh',
    )
    O.disposeTree([params, state])
  }
  O.disposeTree(gradients)
})

onBackends('another rate, other shapes, another model: nothing is compiled', test => {
  const run = (rate: number, shapes: readonly number[][]): void =>
    tf.tidy(() => {
      const tx = O.chain(O.clipByGlobalNorm(rate * 3), O.adamw(rate, { b1: 1 - rate, weightDecay: rate }))
      const params = shapes.map(shape => tf.ones(shape))
      const step = O.makeStep(tx)
      const [, state] = step(
        params,
        shapes.map(shape => tf.fill(shape, 2)),
        tx.init(params),
      )
      step(
        params,
        shapes.map(shape => tf.fill(shape, 3)),
        state,
      )
    })
  run(0.1, [[2, 3]])
  const before = compiledModules()
  run(0.01, [[5], [7, 11], []])
  run(0.2, [[1]])
  test.equal(compiledModules(), before)
})

onBackends('a consumed tensor is disposed, its successor lives where it lived', test => {
  const tx = O.sgd(0.1, { momentum: 0.9 })
  const step = O.makeStep(tx, { donate: true })
  const g = tf.tensor1d([1])
  const count = tf.memory().numTensors
  const outside = tf.tensor1d([1])
  const state = tx.init(outside)
  let [kept, slot] = [outside, state]
  tf.tidy(() => {
    ;[kept, slot] = step(outside, g, state)
  })
  test.ok(outside.isDisposed)
  test.throws(() => outside.dataSync(), /disposed/)
  test.strictSame(numbers(kept), [Math.fround(1 - Math.fround(0.1))], 'not in the tidy that ran')
  O.disposeTree([kept, slot])
  tf.tidy(() => {
    const inside = tf.tensor1d([1])
    tf.tidy(() => step(inside, g, tx.init(inside)) as never)
  })
  test.equal(tf.memory().numTensors, count, 'dies with its scope')
  g.dispose()
})

/** One step of a chain that nothing has compiled yet; what was warned of, and whether kernels ran. */
const step = (salt: number): { readonly warned: readonly string[]; readonly ran: boolean } => {
  const warned: string[] = []
  const { warn } = console
  console.warn = (text: string) => warned.push(text)
  let ran = false
  const devices: readonly Device[] = [cpu, wasm]
  for (const device of devices) useDevice({ ...device, run: job => ((ran = true), device.run(job)) })
  try {
    tf.tidy(() => {
      const tx = O.chain(...Array.from({ length: salt }, () => O.clip(1)), O.sgd(0.1))
      const params = tf.tensor1d([1, 2])
      const [updates] = tx.update(tf.tensor1d([0.5, -1]) as never, tx.init(params))
      if (JSON.stringify(numbers(updates as tf.Tensor)) !== JSON.stringify([-0.05, 0.1].map(Math.fround)))
        throw new Error('wrong numbers')
    })
  } finally {
    console.warn = warn
    for (const device of [cpu, wasm]) useDevice(device)
  }
  return { warned, ran }
}

t.test('ops take over where something is missing, and are right', async test => {
  await useBackend('cpu')
  test.strictSame(step(1), { warned: [], ran: true })

  const { WebAssembly: whole } = globalThis
  Object.assign(globalThis, { WebAssembly: undefined })
  test.match(step(1), { warned: [/cannot run on cpu here \(there is no WebAssembly\)/], ran: false }, 'no WebAssembly')
  test.equal(cpu.problem(), 'there is no WebAssembly')
  const { Module } = whole
  const forbidden = function (): never {
    throw new whole.CompileError('Wasm code generation disallowed by embedder')
  }
  Object.assign(globalThis, { WebAssembly: whole })
  Object.assign(whole, { Module: forbidden })
  const first = step(2)
  const second = step(2)
  Object.assign(whole, { Module })
  test.match(first, { warned: [/cannot run on cpu here .*disallowed/], ran: false }, 'a strict content security policy')
  test.strictSame(second, { warned: [], ran: false }, 'one warning')

  await useBackend('wasm')
  const tfjs = tf.backend() as unknown as {
    wasm: { asm?: object; wasmMemory?: unknown; _malloc: (n: number) => number }
  }
  const { asm, wasmMemory } = tfjs.wasm
  Object.assign(tfjs.wasm, { asm: { ...asm, memory: undefined }, wasmMemory: undefined })
  test.match(step(3), { warned: [/cannot run on wasm here \(this tfjs keeps its memory elsewhere\)/], ran: false })
  test.match(wasm.problem(), /elsewhere/)
  Object.assign(tfjs.wasm, { asm, wasmMemory })
  test.strictSame(step(3), { warned: [], ran: true })

  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'other' })
  await useBackend('cpu')
  const factory = tf.findBackendFactory('cpu')
  tf.registerBackend('other', factory)
  await tf.setBackend('other')
  test.equal(tf.getBackend(), 'other')
  test.strictSame(step(4), { warned: [], ran: false }, 'an unknown backend')
  test.match(O.explain(adam()), /^other: tfjs ops, there are no kernels for this backend\n/)
  await O.ready(adam())
  await useBackend('cpu')
  tf.removeBackend('other')

  await useBackend('wasm')
  const liar = {
    ...wasm,
    run: (job: Job<HeldAddress>) => {
      wasm.run(job)
      for (const { leaves } of job.groups) leaves.forEach(spoil)
    },
  }
  const { warn } = console
  const warned: string[] = []
  console.warn = (text: string) => warned.push(text)
  useDevice(liar)
  // A rule of the package is proved by tests, so only one that a user wrote is tried at first use.
  const clipped = elementwise({
    name: 'clipped',
    step: ({ u }) => ({ u: clamp(clamp(u, -0.25, 0.25), -0.125, 0.125) }),
  })
  const [updates, none] = clipped.update(tf.tensor1d([5]), clipped.init(tf.tensor1d([5])))
  console.warn = warn
  useDevice(wasm)
  test.strictSame(numbers(updates), [0.125], 'never silently wrong')
  test.match(warned, [/gives other numbers/])
  O.disposeTree([updates, none])
})

/** Adds one to results where they are. */
const spoil = ({ size, writes }: LeafRun<HeldAddress>): void => {
  const { wasm: inner } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }
  for (const { memoryOffset } of writes) {
    const values = new Float32Array(inner.HEAPU8.buffer, memoryOffset, size)
    values.forEach((x, i) => (values[i] = x + 1))
  }
}

t.test('no memory in the middle of a step: an error that says how much, and nothing has changed', async test => {
  await useBackend('wasm')
  const tx = adam()
  const params = [1, 2, 3].map(i => tf.fill([i, 50], i))
  const gradients = params.map(p => tf.mul(p, -2))
  const state = tx.init(params)
  const values = [...params, ...O.tensorsOf(state).map(([, tensor]) => tensor)]
  O.disposeTree(tx.update(gradients, state, params))
  const held = values.map(value => tf.reshape(value, value.shape)) // so that every result needs memory of its own
  const before = values.map(numbers)
  const { numTensors, numBytes } = tf.memory()
  const tfjs = tf.backend() as unknown as { wasm: { _malloc: (n: number) => number } }
  const { _malloc } = tfjs.wasm
  for (const donate of [true, false])
    for (let free = 0; free < 10; free++) {
      let left = free
      tfjs.wasm._malloc = n => (left-- > 0 ? _malloc(n) : 0)
      try {
        test.throws(() => O.makeStep(tx, { donate })(params, gradients, state), {
          name: 'RuntimeError',
          message: /out of memory: .* needs \d+ bytes/,
        })
      } finally {
        tfjs.wasm._malloc = _malloc
      }
      test.strictSame(
        [tf.memory().numTensors, tf.memory().numBytes],
        [numTensors, numBytes],
        `${free} allocations: nothing leaks`,
      )
      test.strictSame(values.map(numbers), before)
    }
  const [after, next] = O.makeStep(tx, { donate: true })(params, gradients, state)
  O.disposeTree([after, next, gradients, held])
})

t.test('no memory for a tensor that must move here first: nobody else’s is written over', async test => {
  await useBackend('wasm')
  const tx = O.sgd(0.5)
  const warm = { a: tf.zeros([3]), b: tf.zeros([3]) }
  O.disposeTree([warm, O.makeStep(tx)(warm, warm, tx.init(warm))]) // the check at first use is done
  const other = tf.tensor1d([1, 2, 3])
  const tfjs = tf.backend() as unknown as { wasm: { _malloc: (n: number) => number } }
  const { _malloc } = tfjs.wasm
  for (const moved of ['params', 'gradients'] as const)
    for (const donate of [true, false]) {
      const make = async (value: number, isMoved: boolean) => {
        await useBackend(isMoved ? 'cpu' : 'wasm')
        return { a: tf.fill([3], value), b: tf.fill([3], 2 * value) }
      }
      const params = await make(5, moved === 'params')
      const gradients = await make(1, moved === 'gradients')
      await useBackend('wasm')
      const { numTensors } = tf.memory()
      const state = tx.init(params)
      tfjs.wasm._malloc = () => 0
      try {
        test.throws(() => O.makeStep(tx, { donate })(params, gradients, state), {
          message:
            'out of memory: a tensor of shape [3] needs 12 bytes, and the backend has no more; nothing has changed',
        })
      } finally {
        tfjs.wasm._malloc = _malloc
      }
      test.equal(tf.memory().numTensors, numTensors)
      test.strictSame(numbers(other), [1, 2, 3])
      const [after] = O.makeStep(tx, { donate })(params, gradients, state)
      test.strictSame([after.a, after.b].map(numbers), [Array(3).fill(4.5), Array(3).fill(9)], `${moved}, ${donate}`)
      O.disposeTree([after, gradients, ...(donate ? [] : [params])])
    }
  other.dispose()
})

t.test('arrays that tfjs does not know to be shared', async test => {
  await useBackend('cpu')
  const tx = O.sgd(1)
  const step = O.makeStep(tx, { donate: true })
  const zeros = new Float32Array(3)
  const params = { a: tf.tensor1d(zeros), b: tf.tensor1d(zeros) }
  const gradients = { a: tf.fill([3], 1), b: tf.fill([3], 5) }
  let [next] = step(params, gradients, tx.init(params))
  test.strictSame([next.a, next.b].map(numbers), [Array(3).fill(-1), Array(3).fill(-5)], 'two parameters of one array')
  ;[next] = step(next, gradients, tx.init(next))
  test.strictSame([next.a, next.b].map(numbers), [Array(3).fill(-2), Array(3).fill(-10)])
  const tens = Float32Array.of(10, 10)
  const sitsOut = { a: tf.tensor1d(tens), b: tf.tensor1d(tens) }
  const [left] = step(sitsOut, { a: tf.ones([2]), b: null }, tx.init(sitsOut))
  test.strictSame([left.a, left.b].map(numbers), [
    [9, 9],
    [10, 10],
  ])
  const one = Float32Array.of(1, 2, 3)
  const [p, g] = [tf.tensor1d(one), tf.tensor1d(one)]
  const [moved] = step(p as tf.Tensor, g as never, tx.init(p as tf.Tensor))
  test.strictSame([moved, g].map(numbers), [
    [0, 0, 0],
    [1, 2, 3],
  ])
  O.disposeTree([next, gradients, left, moved, g])

  // A GPU's backend keeps the very array that it hands out, and moves that; here wasm's does.
  await useBackend('wasm')
  const wasms = tf.backend()
  const far: tf.Tensor = tf.tensor1d([1, 2, 3])
  const shown = far.dataSync()
  wasms.readSync = () => shown
  await useBackend('cpu')
  const [after] = step(far, tf.ones([3]), tx.init(far))
  delete (wasms as Partial<tf.KernelBackend>).readSync
  test.strictSame(numbers(after), [0, 1, 2])
  test.strictSame([...shown], [1, 2, 3], 'what another backend handed out stays')
  after.dispose()
})

t.test('another backend between two steps: the state moves', async test => {
  const tx = adam()
  const run = async (backends: readonly string[]): Promise<number[]> => {
    let params = tf.tensor1d([1, -2, 3])
    await useBackend(backends[0]!)
    let state = tx.init(params)
    for (const backend of backends) {
      await useBackend(backend)
      const g = tf.tensor1d([0.1, 0.2, -0.3])
      ;[params, state] = O.makeStep(tx, { donate: true })(params, g, state)
      g.dispose()
    }
    const out = numbers(params)
    O.disposeTree([params, state])
    return out
  }
  const want = await run(['cpu', 'cpu', 'cpu', 'cpu'])
  test.strictSame(await run(['cpu', 'wasm', 'wasm', 'cpu']), want)
  test.strictSame(await run(['wasm', 'wasm', 'cpu', 'wasm']), want)
})

onBackends(
  'what tfjs remembers of a tensor is forgotten when it is written over, compiled or interpreted',
  async test => {
    for (const interpreted of [0, Infinity]) {
      interpretAtMost(interpreted)
      const x = tf.tensor2d([[1, 2]])
      let w = tf.tensor2d([
        [1, 0],
        [0, 1],
      ])
      const g = tf.ones<tf.Rank.R2>([2, 2])
      const tx = O.scale(-1)
      let state = tx.init(w)
      const products: number[][] = []
      for (let i = 0; i < 3; i++) {
        const y = tf.matMul(x, w) // keeps its second operand packed
        products.push([...(await y.data())])
        y.dispose()
        ;[w, state] = O.makeStep(tx, { donate: true })(w, g, state)
      }
      test.strictSame(products, [
        [1, 2],
        [-2, -1],
        [-5, -4],
      ])
      O.disposeTree([x, w, g, state])
    }
    interpretAtMost(0)
  },
)

onBackends('the trial of a rule that a user wrote is one of compiled code, however small the step', test => {
  interpretAtMost(Infinity)
  const before = compiledModules()
  const tx = elementwise({
    name: 'tried',
    step: ({ u }) => ({ u: clamp(u, tf.getBackend() === 'cpu' ? -90.5 : -91.5, 17.25) }),
  })
  tf.tidy(() => {
    const [updates] = tx.update(tf.tensor1d([20, -1]), tx.init(tf.tensor1d([1, 1])))
    test.same(numbers(updates), [17.25, -1])
  })
  test.equal(compiledModules() - before, 1)
  interpretAtMost(0)
  test.end()
})
