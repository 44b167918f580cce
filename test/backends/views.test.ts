/** Nobody's memory but ours is written over: views that tfjs does not count, shared buffers, arrays that a user holds. */
import fc from 'fast-check'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import type { Device } from '../../lib/backends/device.js'
import { useDevice } from '../../lib/backends/select.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { add, elementwise, mul } from '../../lib/rule.js'
import { numbers, onBackends, useBackend } from '../setup.js'

/** Leaves that steps wrote over, and those that got fresh memory. */
const streams = { over: 0, fresh: 0 }
const count = (device: Device): void => {
  useDevice({
    ...device,
    run: job => {
      for (const { leaves } of job.groups)
        for (const { writes, over } of leaves) {
          streams.over += over.length
          streams.fresh += writes.length - over.length
        }
      device.run(job)
    },
  })
}
count(cpu)
count(wasm)

const during = (run: () => void): typeof streams => {
  const { over, fresh } = streams
  run()
  return { over: streams.over - over, fresh: streams.fresh - fresh }
}

/** The values, read in a way that hands no array out. */
const peek = (tensor: tf.Tensor): number[] => {
  const copy = tf.tidy(() => (tensor.size === 0 ? tf.zeros([0]) : tf.mul(tensor, tf.scalar(1))))
  const values = numbers(copy)
  copy.dispose()
  return values
}

const rows = (): tf.Tensor2D =>
  tf.tensor2d([
    [1, 2],
    [3, 4],
    [5, 6],
  ])

onBackends('a slice of data as a parameter: the data stay', test => {
  const data = rows()
  let w: tf.Tensor = tf.slice(data, [0, 0], [2, 2])
  const tx = O.sgd(1)
  const step = O.makeStep(tx, { donate: true })
  let state = tx.init(w)
  for (let i = 1; i <= 3; i++) {
    ;[w, state] = step(w, tf.ones([2, 2]), state)
    test.strictSame(peek(w), [1 - i, 2 - i, 3 - i, 4 - i])
    test.strictSame(peek(data), [1, 2, 3, 4, 5, 6])
  }
})

onBackends('two parameters, or a parameter and a gradient, of one buffer', test => {
  const step = O.makeStep(O.sgd(1), { donate: true })
  const state = O.sgd(1).init({ a: tf.zeros([2]) })
  for (const make of [() => new ArrayBuffer(32), () => new SharedArrayBuffer(32)]) {
    const memory = new Float32Array(make())
    memory.set([1, 2, 3, 4, 5, 6, 7, 8])
    const view = (from: number, to: number): tf.Tensor => tf.tensor1d(memory.subarray(from, to))
    const [both] = step({ a: view(0, 4), b: view(1, 5) }, { a: tf.ones([4]), b: view(0, 4) }, state as never)
    test.strictSame(
      [peek(both.a), peek(both.b)],
      [
        [0, 1, 2, 3],
        [1, 1, 1, 1],
      ],
    )
    for (const shift of [0, 1, 2]) {
      const [w] = step(view(shift, 4 + shift), view(1, 5), state as never)
      test.strictSame(peek(w), Array(4).fill(shift - 1), `a gradient shifted by ${1 - shift}`)
    }
    test.strictSame([...memory], [1, 2, 3, 4, 5, 6, 7, 8])
  }
  const w = tf.tensor1d([1, 2, 3, 4])
  const [next] = step({ w, head: tf.slice(w, [0], [2]) }, { w: tf.ones([4]), head: tf.ones([2]) }, state as never)
  test.strictSame(
    [peek(next.w), peek(next.head)],
    [
      [0, 1, 2, 3],
      [0, 1],
    ],
  )
  // the same again, with parameters that the step itself made
  const g = tf.slice(next.w, [2], [2])
  const [last] = step(next, { w: tf.ones([4]), head: g }, state as never)
  test.strictSame(
    [peek(last.w), peek(last.head), peek(g)],
    [
      [-1, 0, 1, 2],
      [-2, -2],
      [2, 3],
    ],
  )
})

/** What a user may make of a tensor of ours and hold: each gives what it holds, as a function that reads it. */
const holds: Readonly<Record<string, (tensor: tf.Tensor, backend: string) => readonly (() => number[])[]>> = {
  slice: x => [tf.slice(x, [0], [2]), tf.slice(x, [1], [3]), tf.slice(x, [0], [x.size])].map(y => () => peek(y)),
  split: x => tf.split(x, 2).map(y => () => peek(y)),
  unstack: x => tf.tidy(() => tf.unstack(tf.reshape(x, [2, 2]))).map(y => () => peek(y)),
  stridedSlice: x => [tf.stridedSlice(x, [1], [3], [1]), tf.stridedSlice(x, [0], [4], [2])].map(y => () => peek(y)),
  'complex, real and imag': (x, backend) => {
    if (backend !== 'cpu') return [] // wasm has no complex numbers
    const [c, d] = [tf.complex(x, tf.zerosLike(x)), tf.complex(tf.zerosLike(x), x)]
    return [() => peek(tf.real(c)), () => peek(tf.imag(d))]
  },
  'cast to complex64': (x, backend) => {
    if (backend !== 'cpu') return []
    const c = tf.cast(x, 'complex64')
    return [() => peek(tf.real(c))]
  },
  'a part of a complex number': (x, backend) => {
    if (backend !== 'cpu') return []
    const r = tf.tidy(() => tf.real(tf.complex(x, x)))
    return [() => peek(r)]
  },
  'reshape, clone and cast': x => [tf.reshape(x, [4, 1]), tf.clone(x), tf.cast(x, 'float32')].map(y => () => peek(y)),
  concat: x => [tf.concat([x, tf.tensor1d([])])].map(y => () => peek(y)),
  variable: x => {
    const v = tf.tidy(() => tf.variable(x))
    return [() => peek(v)]
  },
  'a Variable assigned': x => {
    const v = tf.variable(tf.zeros(x.shape))
    v.assign(x)
    return [() => peek(v)]
  },
  dataSync: x => {
    const values = x.dataSync()
    return [() => Array.from(values)]
  },
  bufferSync: x => {
    const { values } = x.bufferSync()
    return [() => Array.from(values)]
  },
  'a tensor of its array': x => {
    const y = tf.tensor1d(x.dataSync<'float32'>())
    return [() => peek(y)]
  },
}

onBackends('what a user makes of an output of ours, and holds, keeps its values', (test, backend) => {
  const tx = O.chain(O.trace(0.5), O.scale(-1))
  const step = O.makeStep(tx, { donate: true })
  const g = tf.tensor1d([1, 10, 100, 1000])
  for (const [name, hold] of Object.entries(holds)) {
    let w: tf.Tensor = tf.tensor1d([1, 2, 3, 4])
    let state = tx.init(w)
    const next = (): void => {
      ;[w, state] = step(w, g, state)
    }
    for (let i = 0; i < 3; i++) next()
    const [trace] = state
    const held = [w, trace.trace].flatMap(tensor => hold(tensor, backend))
    const before = held.map(read => read())
    for (let i = 0; i < 3; i++) next()
    test.strictSame(
      held.map(read => read()),
      before,
      name,
    )
    const steps = [1, 2, 3, 4, 5, 6].map(n => 2 - 2 ** (1 - n)).reduce((sum, x) => sum + x)
    test.strictSame(peek(w), [1 - steps, 2 - 10 * steps, 3 - 100 * steps, 4 - 1000 * steps], name)
  }
})

onBackends('memory is made once: from the second step on everything is written over, in the shell too', test => {
  const tx = O.adamw(0.1)
  const step = O.makeStep(tx, { donate: true })
  const g = { a: tf.ones([4]), b: tf.ones([2, 3]) }
  let params = { a: tf.ones([4]), b: tf.ones([2, 3]) }
  let state = tx.init(params)
  const next = (): void => {
    ;[params, state] = step(params, g, state)
  }
  next()
  test.strictSame(during(next), { over: 6, fresh: 0 })
  tf.matMul(params.b, tf.transpose(params.b))
  test.strictSame(during(next), { over: 6, fresh: 0 }, 'reading is no reason')
  params.a.dataSync()
  const after = during(next)
  test.ok(after.over >= 5, 'one leaf that was handed out')
  test.strictSame(during(next), { over: 6, fresh: 0 })

  const optimizer = asOptimizer(O.adam(0.1))
  const [v, w] = [tf.variable(tf.ones([4])), tf.variable(tf.ones([2]))]
  const minimize = (): void => {
    optimizer.minimize(() => tf.add<tf.Scalar>(tf.sum(tf.square(v)), tf.sum(w)))
  }
  minimize()
  test.strictSame(during(minimize), { over: 6, fresh: 0 })
})

t.test('on cpu the first step makes memory for the parameters; slots that init made are ours', async test => {
  await useBackend('cpu')
  const tx = O.adam(0.1)
  const step = O.makeStep(tx, { donate: true })
  const params = tf.ones([4])
  const state = tx.init(params)
  test.strictSame(
    during(() => step(params, tf.ones([4]), state)),
    { over: 2, fresh: 1 },
  )
  const user: O.Link = {
    init: (p: tf.Tensor) => ({ half: tf.slice(p, [0], [2]) }),
    update: (u: unknown, s: unknown) => [u, s],
  } as never
  const cut = O.chain<readonly O.Link[]>(O.trace(0.5), user, O.scale(-1)) as never as O.GradientTransformation
  const data = tf.tensor1d([1, 2, 3, 4])
  let [p, s]: [unknown, unknown] = [tf.clone(data), cut.init(data)]
  for (let i = 0; i < 3; i++) [p, s] = O.makeStep(cut, { donate: true })(p as never, tf.ones([4]) as never, s as never)
  test.strictSame(peek(data), [1, 2, 3, 4])
  const [, { half }] = s as readonly [unknown, { readonly half: tf.Tensor }]
  test.strictSame(peek(half), [1, 2])
})

onBackends(
  'a shell: what was read of Variables and slots stays, and goes on as plain tensors do',
  async (test, backend) => {
    const data = rows()
    const v: tf.Variable = tf.tidy(() => tf.variable(tf.reshape(tf.slice(data, [0, 0], [2, 2]), [4])))
    const optimizer = asOptimizer(O.adam(0.1))
    const g = tf.tensor1d([1, -2, 3, 0.5])
    const apply = (): void => {
      optimizer.applyGradients({ [v.name]: g })
    }
    const held: (readonly [() => number[], readonly number[]])[] = []
    const hold = (...reads: readonly (() => number[])[]): void => {
      held.push(...reads.map(read => [read, read()] as const))
    }
    const tx = O.adam(0.1)
    let [params, state] = [tf.tensor1d([1, 2, 3, 4]), tx.init(tf.zeros([4]))]
    for (let i = 0; i < 5; i++) {
      apply()
      ;[params, state] = O.makeStep(tx)(params, g, state)
      test.strictSame(peek(v), peek(params))
      const weights = await optimizer.getWeights()
      hold(...(Object.values(holds)[i * 3]?.(v, backend) ?? []))
      // the weights are live Variables, as tfjs's own optimizers give them; what was read of them is not
      hold(...weights.flatMap(({ tensor }) => holds['dataSync']?.(tensor, backend) ?? []))
      const later = await v.data()
      hold(() => Array.from(later))
      test.strictSame(
        held.map(([read]) => read()),
        held.map(([, want]) => want),
      )
    }
    const copies = (await optimizer.getWeights()).map(({ name, tensor }) => ({ name, tensor: copyOf(tensor) }))
    await optimizer.setWeights(copies)
    hold(
      ...copies.map(
        ({ tensor }) =>
          (): number[] =>
            peek(tensor),
      ),
    )
    apply()
    apply()
    test.strictSame(
      held.map(([read]) => read()),
      held.map(([, want]) => want),
    )
    test.strictSame(peek(data), [1, 2, 3, 4, 5, 6])
  },
)

/** A slot that begins as the parameter itself. */
const pull = () =>
  elementwise({
    name: 'pull',
    slots: { start: ({ p }) => p },
    step: ({ u, p, start }) => ({ u: add(u, mul(0.5, add(start, mul(-1, p)))), start }),
  })
const drift = () =>
  elementwise({
    name: 'drift',
    slots: { old: ({ p }) => p },
    step: ({ u, old }) => ({ u: add(u, mul(0.25, old)), old: add(mul(0.5, old), u) }),
  })

onBackends('a slot that begins as the parameter itself', test => {
  for (const make of [pull, drift]) {
    const tx = O.chain(make(), O.scale(-1))
    const run = (isShared: boolean): number[][] => {
      const data = tf.tensor1d([1, 2, 3, 4])
      let w: tf.Tensor = isShared ? tf.slice(data, [0], [4]) : tf.tensor1d([1, 2, 3, 4])
      let state = tx.init(w)
      for (let i = 0; i < 4; i++) [w, state] = O.makeStep(tx, { donate: true })(w, tf.fill([4], i - 1.5), state)
      return [w, ...O.tensorsOf(state).map(([, tensor]) => tensor)].map(peek).concat([peek(data)])
    }
    test.strictSame(run(true), run(false))
  }
})

const chains: readonly (() => O.GradientTransformation)[] = [
  () => O.sgd(1),
  () => O.adam(0.1),
  () => O.chain(O.clipByGlobalNorm(1), O.adamw(0.1, { weightDecay: 0.1 })),
  () => O.sgd(0.5, { momentum: 0.9, nesterov: true }),
  () => O.chain(drift(), O.scale(-0.1)),
  () =>
    O.chain(
      O.masked(O.trace(0.5), path => path !== '1'),
      O.scale(-1),
    ),
]

const copyOf = (tensor: tf.Tensor): tf.Tensor => tf.tensor(peek(tensor), tensor.shape)
const bits = (values: readonly number[]): readonly number[] => [...new Uint32Array(Float32Array.from(values).buffer)]

/** Where a tensor of four elements comes from: `pool` is what the user holds, `buffer` memory that several tensors share. */
const origins = ['fresh', 'slice', 'shifted view', 'same view', 'strided', 'split', 'real', 'cast', 'reshape'] as const
type Origin = (typeof origins)[number]

interface World {
  readonly backend: string
  readonly buffer: Float32Array
  /** what is held, with its values when it was made */
  readonly held: (readonly [what: string, read: () => number[], want: readonly number[]])[]
  readonly pool: tf.Tensor[]
}

const four = (world: World, origin: Origin, seed: number): tf.Tensor => {
  const source = world.pool[seed % world.pool.length] ?? tf.zeros([12])
  const flat = tf.reshape(source, [source.size])
  const at = flat.size > 4 ? seed % (flat.size - 4) : 0
  switch (origin) {
    case 'fresh':
      return tf.tensor1d([seed, -seed, 0.5, seed / 3])
    case 'slice':
      return tf.slice(flat, [at], [4])
    case 'shifted view':
      return tf.tensor1d(world.buffer.subarray(seed % 8, 4 + (seed % 8)))
    case 'same view':
      return tf.tensor1d(world.buffer.subarray(2, 6))
    case 'strided':
      return tf.stridedSlice(flat, [at], [at + 4], [1])
    case 'split':
      return flat.size % 4 === 0 ? tf.split(flat, flat.size / 4)[0]! : tf.slice(flat, [0], [4])
    case 'real':
      return world.backend === 'cpu'
        ? tf.real(tf.cast(tf.slice(flat, [at], [4]), 'complex64'))
        : tf.slice(flat, [at], [4])
    case 'cast':
      return tf.cast(tf.tensor1d([seed, 1, 2, 3], 'int32'), 'float32')
    case 'reshape':
      return flat.size === 4 ? flat : tf.reshape(tf.slice(flat, [at], [4]), [4])
  }
}

const keep = (world: World, what: string, tensor: tf.Tensor): tf.Tensor => {
  world.held.push([what, () => peek(tensor), peek(tensor)])
  world.pool.push(tensor)
  return tensor
}

const origin = fc.tuple(fc.constantFrom(...origins), fc.nat(20))
const program = fc.record({
  chain: fc.nat(chains.length - 1),
  params: fc.array(fc.tuple(fc.constantFrom('tensor', 'variable', 'data'), origin), { minLength: 1, maxLength: 4 }),
  steps: fc.array(
    fc.record({
      gradients: fc.array(origin, { minLength: 4, maxLength: 4 }),
      none: fc.nat(9),
      /** what the user makes of a parameter or slot before the step */
      held: fc.array(fc.tuple(fc.constantFrom(...Object.keys(holds)), fc.nat(20)), { maxLength: 2 }),
    }),
    { minLength: 2, maxLength: 5 },
  ),
})

const runProgram = (
  backend: string,
  { chain, params: given, steps }: typeof program extends fc.Arbitrary<infer P> ? P : never,
): void => {
  const tx = chains[chain]!()
  const step = O.makeStep(tx, { donate: true })
  const world: World = { backend, buffer: Float32Array.from({ length: 12 }, (_, i) => i - 5.5), held: [], pool: [] }
  world.held.push(['buffer', () => Array.from(world.buffer), Array.from(world.buffer)])
  keep(world, 'data', tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 4]))
  let params = given.map(([kind, [from, seed]], i): tf.Tensor => {
    const leaf = four(world, from, seed)
    if (kind === 'data') keep(world, `data of leaf ${i}`, tf.reshape(leaf, [2, 2]))
    return kind === 'variable' ? tf.tidy(() => tf.variable(leaf)) : tf.reshape(leaf, [4])
  })
  let state: unknown = tx.init(params)
  for (const { gradients: ways, none, held } of steps) {
    const slots = O.tensorsOf(state).map(([, tensor]) => tensor)
    for (const [how, seed] of held) {
      const of = [...params, ...slots][seed % (params.length + slots.length)]!
      for (const read of holds[how]!(of, backend)) world.held.push([how, read, read()])
    }
    if (none < 3) world.pool.push(...params.map(leaf => tf.slice(leaf, [0], [4])))
    const gradients = params.map((_, i) => (i === none ? null : keep(world, 'gradient', four(world, ...ways[i]!))))
    const copies = params.map(copyOf)
    const next = O.mapTree(state, copyOf)
    const [wantP, wantS] = step(copies, gradients.map(g => g && copyOf(g)) as never, next)
    ;[params, state] = step(params, gradients as never, state as never)
    const leaves = (p: unknown, s: unknown): number[][] => O.tensorsOf([p, s]).map(([, tensor]) => peek(tensor))
    const [got, want] = [leaves(params, state), leaves(wantP, wantS)]
    if (JSON.stringify(got.map(bits)) !== JSON.stringify(want.map(bits)))
      throw new Error(`other results: ${JSON.stringify(got)} for ${JSON.stringify(want)}`)
    for (const [what, read, before] of world.held)
      if (JSON.stringify(read()) !== JSON.stringify(before)) throw new Error(`written over: ${what}`)
  }
}

onBackends('random steps on views: what is held stays, and results are those of deep copies', (test: Test, backend) => {
  const { over, fresh } = during(() => {
    fc.assert(
      fc.property(program, made => {
        tf.tidy(() => {
          runProgram(backend, made)
        })
        tf.disposeVariables()
      }),
      { numRuns: 150 },
    )
  })
  test.ok(over > 200 && fresh > 200, `${over} written over, ${fresh} made`)
})
