/** Links that contain others, choose on the host, or run in tfjs ops: what every walk over programs must do with them. */
import t from 'tap'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { either as E } from 'fp-ts'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as O from '../../lib/index.js'
import { configOf, transformFromConfig } from '../../lib/config.js'
import { asOptimizer } from '../../lib/legacy.js'
import { elementwise, finite, mul, square } from '../../lib/rule.js'
import { cpu } from '../../lib/backends/cpu/device.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import { resolutionsOf } from '../../lib/program/choose.js'
import { atCount, mapState } from '../../lib/program/fold.js'
import { flatten } from '../../lib/tree/structure.js'
import { useDevice } from '../../lib/backends/select.js'
import { jobs, useCounted } from '../backends/counted.js'
import { leftBehind, numbers, onBackends } from '../setup.js'

type Params = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const seeded = (seed: number): Params => ({
  w: tf.tensor2d(
    Array.from({ length: 6 }, (_, i) => Math.sin(1 + 7 * i + 3 * seed)),
    [2, 3],
  ),
  b: tf.tensor1d(Array.from({ length: 3 }, (_, i) => Math.cos(2 + 5 * i + seed))),
})
const bits = (tree: unknown): readonly (readonly [string, readonly number[]])[] =>
  O.tensorsOf(tree).map(([path, tensor]) => [path, numbers(tensor)] as const)

useCounted(cpu)
useCounted(wasm)

onBackends('multiSteps: k steps are one step of the inner transformation on the mean', test => {
  const inner = () => O.chain(O.clipByGlobalNorm(1), O.adamw(O.linearSchedule(0.1, 0.01, 3), { weightDecay: 0.1 }))
  const gathered = O.multiSteps(inner(), 4)
  const whole = inner()
  tf.tidy(() => {
    let [p, s] = [seeded(0), gathered.init(seeded(0))]
    let [q, r] = [seeded(0), whole.init(seeded(0))]
    for (let update = 0; update < 3; update++) {
      const gradients = [0, 1, 2, 3].map(i => seeded(10 * update + i))
      for (const [i, gradient] of gradients.entries()) {
        const before = [p, s.innerState] as const
        const [u, next] = gathered.update(gradient, s, p)
        if (i < 3) {
          test.ok(
            [...numbers(u.w), ...numbers(u.b)].every(x => x === 0),
            'no update while gathering',
          )
          test.strictSame(bits(next.innerState), bits(before[1]), 'and the inner state stays')
        }
        p = O.applyUpdates(p, u)
        s = next
      }
      const mean = O.mapTree(gradients[0]!, (_, path) => {
        const all = gradients.map(one => one[path as 'w'])
        return tf.div(tf.addN(all), 4)
      })
      const [u, next] = whole.update(mean, r, q)
      q = O.applyUpdates(q, u)
      r = next
      const off = O.tensorsOf(p).map(([path, x]) => Math.max(...numbers(tf.abs(tf.sub(x, q[path as 'w'])))))
      test.ok(Math.max(...off) < 1e-6, `update ${update}: ${Math.max(...off)} apart`)
      test.strictSame([s.miniStep, s.gradientStep], [0, update + 1])
      test.ok(
        numbers(s.accGrads.w).every(x => Object.is(x, 0)),
        'what was gathered is gone',
      )
    }
    test.equal(s.innerState[1][0].count, 3, 'the inner count counts updates')
  })
  test.end()
})

onBackends('multiSteps runs in kernels, in place, and touches nothing of the inner state while gathering', test => {
  const tx = O.chain(O.clip(2), O.multiSteps(O.adamw(0.1), 3))
  for (const donate of [true, false]) {
    const step = O.makeStep(tx, { donate })
    let p = seeded(0)
    let s = tx.init(p)
    const before = jobs()
    for (let i = 0; i < 7; i++) {
      const g = seeded(i)
      const mu = numbers(s[1].innerState[0].mu.w)
      const old = [p, s] as const
      ;[p, s] = step(p, g, s)
      if (i % 3 !== 2) test.strictSame(numbers(s[1].innerState[0].mu.w), mu)
      if (!donate) {
        test.notOk(old[0].w.isDisposed)
        O.disposeTree([...old])
      } else test.ok(old[1][1].innerState[0].mu.w.isDisposed, 'what was consumed is gone, the idle part too')
      O.disposeTree(g)
    }
    test.equal(jobs() - before, 7, 'one job a step')
    O.disposeTree([p, s])
  }
  test.end()
})

onBackends('multiSteps: donated, fresh and pure steps give the same bits, and leak nothing', async test => {
  const tx = O.multiSteps(O.chain(O.clipByGlobalNorm(1), O.multiSteps(O.trace(0.9), 2), O.scale(-0.1)), 2)
  const run = (take: (p: Params, g: Params, s: unknown) => readonly [Params, unknown]) => {
    let p = seeded(0)
    let s: unknown = tx.init(p)
    for (let i = 0; i < 9; i++) {
      const g = seeded(i)
      ;[p, s] = take(p, g, s)
      O.disposeTree(g)
    }
    const made = bits([p, s])
    O.disposeTree([p, s])
    return made
  }
  const [donated, fresh] = [O.makeStep(tx, { donate: true }), O.makeStep(tx)]
  let results: (readonly (readonly [string, readonly number[]])[])[] = []
  const left = await leftBehind(() => {
    results = [
      run((p, g, s) => donated(p, g, s as never)),
      run((p, g, s) => {
        const next = fresh(p, g, s as never) as [Params, unknown]
        O.disposeTree([p, s])
        return next
      }),
      run((p, g, s) => {
        const [u, next] = tx.update(g, s as never, p)
        const after = O.applyUpdates(p, u)
        O.disposeTree([p, u, s])
        return [after, next]
      }),
    ]
  })
  test.strictSame(results[1], results[0])
  test.strictSame(results[2], results[0])
  test.equal(left, 0)
})

t.test('multiSteps: a schedule of k, a NaN, and mistakes', test => {
  tf.tidy(() => {
    const tx = O.multiSteps(O.scale(-1), count => (count < 2 ? 1 : 3))
    let s = tx.init({ x: tf.scalar(0) })
    const seen: number[] = []
    for (let i = 0; i < 8; i++) {
      const [u, next] = tx.update({ x: tf.scalar(i) }, s)
      s = next
      seen.push(numbers(u.x)[0]!)
    }
    test.strictSame(
      seen.map(x => x + 0),
      [0, -1, 0, 0, -3, 0, 0, -6],
      'k is 1, 1, then 3',
    )

    const two = O.multiSteps(O.trace(0.9), 2)
    let [r, out] = [two.init({ x: tf.scalar(0) }), 0]
    for (const g of [NaN, 1, 1, 1]) {
      const [u, next] = two.update({ x: tf.scalar(g) }, r)
      ;[r, out] = [next, numbers(u.x)[0]!]
    }
    test.ok(Number.isNaN(out), 'the mean that held NaN is in the trace')
    test.strictSame(numbers(r.accGrads.x), [0], 'but not in what is gathered next')

    const state = two.init({ x: tf.scalar(0) })
    const g = { x: tf.scalar(1) }
    test.throws(() => two.update(g, { ...state, miniStep: -1 }), /state.miniStep must be a whole number/)
    test.throws(() => two.update(g, { ...state, more: 1 } as never), /multiSteps: state must be/)
    const late = O.multiSteps(O.scale(1), count => (count === 0 ? 1 : 0.5))
    const [, next] = late.update(g, late.init(g))
    test.throws(() => late.update(g, next), {
      message: 'multiSteps: everyK must be a whole number from 1 on, its schedule gave 0.5 after 1 updates',
    })
  })
  for (const k of [0, 1.5, -1, NaN, '2', undefined])
    test.throws(() => O.multiSteps(O.scale(1), k as number), /multiSteps: everyK must be a whole number from 1 on, got/)
  test.throws(() => O.multiSteps(O.aggregate('sum') as never, 2), /aggregate takes one gradient tree per replica/)
  test.throws(() => O.multiSteps(O.scale(1), 2, { mean: false } as never), /multiSteps: unknown option/)
  test.end()
})

onBackends('a matrix link: numbers, slots, schedules and paths as a rule has', async test => {
  const tx = O.chain(
    O.clip(1),
    O.masked(O.scaleByMuon({ beta: O.linearSchedule(0.9, 0.95, 4) }), { w: true, b: false }),
    O.scaleByLearningRate(0.1),
  )
  const left = await leftBehind(() => {
    const step = O.makeStep(tx, { donate: true })
    let p = seeded(0)
    let s = tx.init(p)
    test.equal(s[1].mu.b, null, 'no slot where the mask leaves out')
    for (let i = 0; i < 3; i++) {
      const g = seeded(i)
      ;[p, s] = step(p, g, s)
      O.disposeTree(g)
    }
    test.equal(s[1].count, 3)
    O.disposeTree([p, s])
  })
  test.equal(left, 0)
  const orthogonal = O.scaleByMuon({ nsCoeffs: [2, -1.5, 0.5], nsSteps: 20 })
  tf.tidy(() => {
    const g = { w: seeded(1).w }
    const [u] = orthogonal.update(g, orthogonal.init(g))
    const gram = numbers(tf.matMul(u.w, tf.transpose(u.w)))
    test.ok(
      gram.every((x, i) => Math.abs(x - [1, 0, 0, 1][i]!) < 1e-5),
      `the rows are orthonormal: ${gram.join(' ')}`,
    )
    const tall = { w: tf.transpose(g.w) }
    const [v] = orthogonal.update(tall, orthogonal.init(tall))
    test.ok(Math.max(...numbers(tf.abs(tf.sub(tf.transpose(v.w), u.w)))) < 1e-6, 'tall and wide alike')
  })
  const vector = { a: { b: tf.tensor1d([1]) } }
  test.throws(() => O.scaleByMuon().init(vector), {
    message: 'scaleByMuon: leaf a.b must be a matrix, got shape [1]; leave it out by `masked`',
  })
  test.throws(() => O.scaleByMuon({ nsSteps: 0 }), /nsSteps must be a whole number from 1 on, got 0/)
  test.throws(() => O.scaleByMuon({ beta: 1 }), /beta must be in \[0, 1\), got 1/)
  O.disposeTree(vector)
})

t.test('configs: what a nest and a matrix link are made of comes back, bit for bit', test => {
  const txs = [
    O.multiSteps(O.adam(0.1), 2),
    O.multiSteps(O.adam(0.1), O.piecewiseConstantSchedule(1, { 3: 4 }), { useGradMean: false }),
    O.chain(O.masked(O.scaleByMuon({ beta: O.linearSchedule(0.9, 0.95, 9), nesterov: false }), { w: true, b: false })),
    O.multiSteps(O.chain(O.masked(O.scaleByMuon(), { w: true, b: false }), O.scaleByLearningRate(0.1)), 2),
  ]
  for (const tx of txs) {
    const json = E.toUnion(configOf(tx))
    const again = transformFromConfig(JSON.parse(JSON.stringify(json)))
    if (E.isLeft(again)) throw again.left
    test.strictSame(E.toUnion(configOf(again.right)), json)
    tf.tidy(() => {
      const state = tx.init(seeded(0))
      const [made, read] = [tx, again.right].map(one => one.update(seeded(1), state as never, seeded(0)))
      test.strictSame(bits(read), bits(made))
    })
  }
  const faulty = transformFromConfig({ type: 'multiSteps', inner: { type: 'clip', maxDelta: 1 }, everyK: 0 })
  test.match(E.isLeft(faulty) && faulty.left.message, /everyK: expected a number, whole and above 0, got 0/)
  test.end()
})

onBackends('in fit: rate, iterations and weights reach through what wraps the optimizer', async test => {
  const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [2], useBias: false, name: 'only' })] })
  const optimizer = asOptimizer(O.multiSteps(O.chain(O.clip(1), O.scaleByMuon(), O.scaleByLearningRate(0.1)), 2))
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const [x, y] = [tf.ones([8, 2]), tf.zeros([8, 3])]
  const before = numbers(model.getWeights()[0]!)
  await model.fit(x, y, { batchSize: 8, epochs: 1, verbose: 0 })
  test.strictSame(numbers(model.getWeights()[0]!), before, 'the first batch is only gathered')
  const { history } = await model.fit(x, y, { batchSize: 8, epochs: 5, verbose: 0 })
  test.ok(history['loss']!.at(-1)! < history['loss']![0]!)
  test.equal(optimizer.iterations, 6)
  test.equal(optimizer.learningRate, 0.1)
  optimizer.learningRate = 0.05
  const state = optimizer.state as { gradientStep: number; innerState: readonly [unknown, { count: number }, unknown] }
  test.strictSame([state.gradientStep, state.innerState[1].count], [3, 3])
  optimizer.iterations = 10
  const moved = optimizer.state as typeof state
  test.strictSame([moved.gradientStep, moved.innerState[1].count], [5, 5], 'ten batches are five updates')
  const weights = await optimizer.getWeights()
  const copy = asOptimizer(O.multiSteps(O.chain(O.clip(1), O.scaleByMuon(), O.scaleByLearningRate(0.05)), 2))
  await copy.setWeights(weights)
  const twin = sequential({ layers: [layers.dense({ units: 3, inputShape: [2], useBias: false, name: 'only' })] })
  twin.setWeights(model.getWeights())
  twin.compile({ optimizer: copy, loss: 'meanSquaredError' })
  for (const one of [model, twin]) await one.fit(x, y, { batchSize: 8, epochs: 3, verbose: 0 })
  test.strictSame(numbers(twin.getWeights()[0]!), numbers(model.getWeights()[0]!), 'goes on to the bit')
  test.match(await O.describe(copy.tx, copy.state), /multiSteps: miniStep \d, gradientStep 6/)
  ;[model, twin, optimizer, copy].forEach(one => one.dispose())
  O.disposeTree([x, y])
})

onBackends('the rate of the last step is that of the links inside, which count updates', test => {
  const rate = O.piecewiseConstantSchedule(1, { 1: 0.5 })
  const optimizer = asOptimizer(O.multiSteps(O.sgd(rate), 2), { lastStep: true })
  const v = tf.variable(tf.scalar(1))
  const rates = [0, 1, 2, 3].map(() => {
    tf.tidy(() => {
      optimizer.applyGradients([{ name: v.name, tensor: tf.scalar(1) }])
    })
    return optimizer.lastStep?.learningRate
  })
  test.strictSame(rates, [1, 1, 0.5, 0.5])
  optimizer.dispose()
  v.dispose()
  test.end()
})

onBackends('an empty leaf keeps its shape where a rule gives a bare total', test => {
  const total = elementwise({
    name: 'total',
    totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
    step: ({ sq }) => ({ u: sq }),
  })
  tf.tidy(() => {
    const u = { none: tf.zeros([0]), some: tf.tensor2d([[1, 2]]), wide: tf.zeros([2, 0]) }
    const shapes = (tree: typeof u) => Object.values(tree).map(({ shape }) => shape)
    const [fused] = total.update(u, total.init(u))
    const ops = O.chain({ init: () => null, update: (x: typeof u) => [x, null] as const }, total)
    const [plain] = ops.update(u, ops.init(u))
    test.strictSame([shapes(fused), shapes(plain)], [shapes(u), shapes(u)])
    tf.valueAndGrad((x: tf.Tensor) => {
      const [taped] = total.update({ ...u, some: x }, total.init(u))
      test.strictSame(shapes(taped as typeof u), shapes(u), 'while tfjs takes gradients too')
      return tf.sum(taped.some)
    })(u.some)
    test.strictSame(numbers(fused.some), [5, 5])
  })
  test.end()
})

t.test('explain shows each choice of the host, and ready plans what steps run', async test => {
  await tf.setBackend('wasm')
  const tx = O.chain(O.clip(1), O.multiSteps(O.adam(0.1), 4))
  const lines = O.explain(tx).split('\n')
  test.strictSame(
    lines.filter(line => line.endsWith(':')),
    ['gathering:', 'every k-th step:'],
  )
  test.match(O.explain(O.chain(O.scaleByMuon(), O.scale(1))), 'scaleByMuon: tfjs ops, which cut the chain')
  test.equal(resolutionsOf(tx.program).length, 2)
  test.equal(resolutionsOf(O.multiSteps(O.multiSteps(O.clip(1), 2), 2).program).length, 3)
  test.equal(resolutionsOf(O.multiSteps(O.clip(1), 1).program).length, 1)
})

t.test('laws: a state taken apart and put together is itself; the same choice is the same object', test => {
  const leaf = fc.constantFrom(
    () => O.clip(1) as O.GradientTransformation,
    () => O.trace(0.9) as O.GradientTransformation,
    () => O.scaleByAdam() as O.GradientTransformation,
  )
  const { tree } = fc.letrec<{ tree: O.GradientTransformation }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf.map(make => make()),
      fc.array(tie('tree'), { maxLength: 3 }).map(links => O.chain(...links)),
      fc.tuple(tie('tree'), fc.integer({ min: 1, max: 3 })).map(([inner, k]) => O.multiSteps(inner, k)),
      tie('tree').map(inner => O.masked(inner, path => path === 'w')),
    ),
  }))
  fc.assert(
    fc.property(tree, tx => {
      const [first, again] = [resolutionsOf(tx.program), resolutionsOf(tx.program)]
      if (first.some(({ program }, i) => program !== again[i]?.program)) throw new Error('another object')
      tf.tidy(() => {
        const state = tx.init({ w: tf.tensor1d([1, 2]), b: tf.scalar(3) })
        const same = mapState(tx.program, state, (_link, own) => own)
        const [made, moved] = [state, same].map(one => flatten(one))
        if (made!.leaves.some((leaf, i) => leaf !== moved!.leaves[i])) throw new Error('another leaf')
        const counted = atCount(tx.program, state, 7)
        if (flatten(counted).leaves.length !== made!.leaves.length) throw new Error('a leaf was lost')
      })
    }),
    { numRuns: 60 },
  )
  test.end()
})

t.test('the way of a step is that of CONTRIBUTING: every file that it names is passed, in its order', async test => {
  await tf.setBackend('wasm')
  const listed = readFileSync('CONTRIBUTING.md', 'utf8').split('## The way of a step')[1]!.split('\n## ')[0]!
  const stations = listed
    .split('\n')
    .filter(line => /^\d+\. /.test(line))
    .map(line => [...line.matchAll(/lib\/[\w/]+\.ts/g)].map(([file]) => file))
  test.equal(stations.length, 10)

  const passed = new Set<string>()
  /** the files on the stack, the innermost last */
  const look = (): void => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 60
    const files = [...(new Error().stack ?? '').matchAll(/lib\/[\w/]+\.ts/g)].map(([file]) => file)
    Error.stackTraceLimit = stackTraceLimit
    files.reverse().forEach(file => passed.add(file))
  }
  useDevice({
    ...wasm,
    run: (job: Parameters<typeof wasm.run>[0]) => {
      look()
      wasm.run(job)
      passed.add('lib/backends/wasm/device.ts') // its frames are below this one
    },
  })
  const seen = (count: number): number => (look(), 0.1 / (count + 1))
  // no other test has this kernel, so it is checked here
  const way = elementwise({
    name: 'way',
    hyper: { rate: finite(seen) },
    step: ({ u }, { rate }) => ({ u: mul(mul(u, rate), 0.7182) }),
  })
  const tx = O.multiSteps(
    O.masked(way, path => (look(), path === 'w')),
    () => (look(), 1),
  )
  const variable = tf.variable(tf.tensor1d([1, 2]))
  const assign = variable.assign.bind(variable)
  variable.assign = value => {
    look()
    assign(value)
  }
  tf.tidy(() => {
    const state = tx.init({ w: variable })
    passed.clear()
    O.makeStep(tx, { donate: true })({ w: variable }, { w: tf.tensor1d([1, 1]) }, state)
    const order = [...passed]
    for (const [i, files] of stations.slice(0, 9).entries())
      test.ok(files.length === 0 || files.some(file => passed.has(file)), `station ${i + 1}: ${files.join(', ')}`)
    const firsts = [0, 1, 2, 4, 5, 6].map(i => order.findIndex(file => stations[i]!.includes(file)))
    test.strictSame(
      firsts,
      [...firsts].sort((a, b) => a - b),
      `in order: ${order.join(' ')}`,
    )

    passed.clear()
    tf.grad((x: tf.Tensor) => {
      const [u] = tx.update({ w: x }, tx.init({ w: x }))
      return tf.sum(u.w)
    })(tf.tensor1d([1, 1]))
    test.ok(passed.has('lib/program/execute.ts'), 'while tfjs takes gradients the interpreter runs')
  })
  variable.dispose()
  useCounted(wasm)
})
