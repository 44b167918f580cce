/** Slots whose tensors have shapes of their own, or are null: what every walk over states must do with them. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { io } from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import * as O from '../../lib/index.js'
import { asOptimizer, TransformOptimizer } from '../../lib/legacy.js'
import { finite, printProgram, type Hyper } from '../../lib/rule.js'
import { isTensor } from '../../lib/tree/tensors.js'
import { leftBehind, numbers, onBackends, useBackend } from '../setup.js'

tf.serialization.registerClass(TransformOptimizer)

const waves = (shape: readonly number[], seed: number): tf.Tensor =>
  tf.tidy(() => tf.reshape(tf.sin(tf.range(seed, seed + tf.util.sizeFromShape([...shape]))), [...shape]))
const seeded = (seed: number) => ({
  wide: waves([2, 3], seed) as tf.Tensor2D,
  bias: waves([4], seed + 7) as tf.Tensor1D,
  gain: waves([], seed + 9) as tf.Scalar,
})
const bits = (tree: unknown) =>
  O.tensorsOf(tree).map(([path, tensor]) => [path, tensor.shape, numbers(tensor)] as const)

const factored = () => O.scaleByFactoredRms({ minDimSizeToFactor: 2 })
/** Both kinds of slots, a rule before and one after. */
const mixed = () =>
  O.chain(
    O.clip(2),
    factored(),
    O.trace(0.9),
    O.scaleBySm3(),
    O.masked(factored(), { wide: false, bias: true, gain: true }),
    O.scale(-0.1),
  )

t.test('their shapes, nulls, print and description', async test => {
  await useBackend('cpu')
  const params = seeded(0)
  const state = factored().init(params)
  const shapes = O.mapTree(state, leaf => leaf.shape.join())
  test.strictSame(shapes, {
    count: 0,
    vRow: { wide: '2', bias: null, gain: null },
    vCol: { wide: '3', bias: null, gain: null },
    v: { wide: null, bias: '4', gain: '' },
  })
  test.ok(Object.isFrozen(state.vRow))
  const sums = O.scaleBySm3().init(params)
  test.strictSame(
    O.mapTree(sums.mu, leaf => leaf.shape),
    { wide: [5], bias: [4], gain: [1] },
  )
  const tied = factored().init({ three: tf.zeros([3, 2, 3]), square: tf.zeros([2, 2]), thin: tf.zeros([5, 1]) })
  test.strictSame(
    [tied.vRow, tied.vCol, tied.v].map(slot => O.mapTree(slot, leaf => leaf.shape)),
    [
      { three: [3, 2], square: [2], thin: null },
      { three: [2, 3], square: [2], thin: null },
      { three: null, square: null, thin: [5, 1] },
    ],
    'of equal axes the later one is the longest',
  )
  const masked = O.masked(factored(), { wide: true, bias: false, gain: false }).init(params)
  test.strictSame([masked.v.bias, masked.vRow.bias, masked.vRow.wide?.shape], [null, null, [2]])
  test.equal(
    printProgram(factored().program),
    [
      'scaleByFactoredRms(decayRate, epsilon), in tfjs ops',
      ...['vRow', 'vCol', 'v'].map(slot => `  ${slot} = 0 at first, in a shape of its own`),
    ].join('\n'),
  )
  test.equal(
    await O.describe(factored(), state),
    [
      'scaleByFactoredRms: count 0, decayRate 0.8, epsilon 1e-30',
      '  vRow.wide [2] norm 0',
      '  vCol.wide [3] norm 0',
      '  v.bias [4] norm 0',
      '  v.gain [] norm 0',
    ].join('\n'),
  )
  O.disposeTree([params, state, sums, tied, masked])
})

onBackends('pure, fresh and donated steps give the same bits; 1,000 donated steps leave nothing', async test => {
  const tx = mixed()
  const run = (take: (p: unknown, g: unknown, s: unknown) => readonly [unknown, unknown], steps: number) => {
    let p: unknown = seeded(0)
    let s: unknown = tx.init(p)
    for (let i = 0; i < steps; i++) {
      const g = seeded(i % 5)
      ;[p, s] = take(p, i % 3 === 2 ? { ...g, bias: null } : g, s)
      O.disposeTree(g)
    }
    const seen = bits([p, s])
    O.disposeTree([p, s])
    return seen
  }
  const [donated, fresh] = [O.makeStep(tx, { donate: true }), O.makeStep(tx)]
  const seen: unknown[] = []
  const left = await leftBehind(() => {
    seen.push(
      run((p, g, s) => donated(p, g as never, s as never), 7),
      run((p, g, s) => {
        const next = fresh(p, g as never, s as never)
        O.disposeTree([p, s])
        return next
      }, 7),
      run((p, g, s) => {
        const [u, next] = tx.update(g, s as never, p as never)
        const after = O.applyUpdates(p, u as never)
        O.disposeTree([p, u, s])
        return [after, next]
      }, 7),
    )
    run((p, g, s) => donated(p, g as never, s as never), 1000)
  })
  test.strictSame(seen[1], seen[0])
  test.strictSame(seen[2], seen[0])
  test.equal(left, 0)
})

t.test('a leaf without a gradient keeps its slots, and a failed step changes nothing', async test => {
  await useBackend('cpu')
  const tx = factored()
  const [params, gradients] = [seeded(0), seeded(1)]
  const state = tx.init(params)
  const [, next] = tx.update({ ...gradients, wide: null as tf.Tensor2D | null }, state, params)
  test.strictSame(bits(next.vRow), bits(state.vRow))
  const before = tf.memory().numTensors
  const elsewhere = O.scaleByFactoredRms({ minDimSizeToFactor: 4 })
  test.throws(() => elsewhere.update(gradients, state, params), {
    name: 'ValueError',
    message: /^scaleByFactoredRms: leaf wide of state\.vRow must have no tensor, got shape \[2\] \(was the state made/,
  })
  test.throws(() => tx.update(gradients, elsewhere.init(params), params), {
    name: 'ValueError',
    message: /^scaleByFactoredRms: state\.vRow has no value for leaf wide/,
  })
  const turned = { ...state, vRow: state.vCol, vCol: state.vRow }
  test.throws(() => O.makeStep(tx, { donate: true })(params, gradients, turned), {
    message: /leaf wide of state\.vRow must have shape \[2\], got shape \[3\]/,
  })
  const cut = { ...state, v: { ...state.v, bias: null } }
  test.throws(() => tx.update(gradients, cut, params), /state\.v has no value for leaf bias/)
  test.notOk(O.tensorsOf([params, state]).some(([, tensor]) => tensor.isDisposed))
  O.disposeTree([params, gradients])
  test.ok(tf.memory().numTensors >= before - 6)
})

/** A running mean of the rows, as a user would write it. */
const rowMeans = (share: Hyper) =>
  O.tensorwise({
    name: 'rowMeans',
    hyper: { share: finite(share) },
    shaped: { rows: { shape: shape => (shape.length === 2 ? [shape[0]!] : null), first: 1 } },
    step: ({ u, rows }, { share }) => {
      if (rows === null) return { u, rows }
      const next = tf.add(tf.mul(rows, share), tf.mean(u, 1))
      return { u: tf.sub(u, tf.expandDims(next, 1)), rows: next }
    },
  })

onBackends('in a link of a user', test => {
  tf.tidy(() => {
    const tx = O.chain(rowMeans(0.5), O.scale(-1))
    const params = { w: tf.tensor2d([[1, 3]]), b: tf.tensor1d([1, 2]) }
    const state = tx.init(params)
    const rows: { readonly w: tf.Tensor | null; readonly b: tf.Tensor | null } = state[0].rows
    test.strictSame([numbers(rows.w!), rows.b], [[1], null])
    const [u, next] = tx.update(params, state)
    test.strictSame([numbers(u.w), numbers(u.b), numbers(next[0].rows.w!)], [[1.5, -0.5], [-1, -2], [2.5]])
  })
  test.end()
})

t.test('mistakes of its author are told when they are made', async test => {
  await useBackend('cpu')
  const params = { w: tf.ones([1, 2]), b: tf.ones([2]) }
  const step = ({ u }: { readonly u: tf.Tensor }) => ({ u, s: u })
  const define = (more: object) => O.tensorwise({ name: 'mine', step, ...more })
  const before = tf.memory().numTensors
  const shape = () => null
  for (const [more, says] of [
    [{ shaped: 3 }, /^mine: shaped must be a record, got 3/],
    [{ shaped: { s: 1 } }, /^mine: shaped\.s must be a record with a function `shape`, got 1/],
    [{ shaped: { s: { shape: [1] } } }, /^mine: shaped\.s must be/],
    [{ shaped: { s: { shape, first: NaN } } }, /^mine: shaped\.s\.first must be a number, finite in float32, got NaN/],
    [{ shaped: { s: { shape } }, slots: { s: 0 } }, /s/],
    [{ shaped: { count: { shape } } }, /count/],
    [{ shaped: { u: { shape } } }, /u/],
  ] as const)
    test.throws(() => define(more), { name: 'TypeError', message: says })
  for (const wrong of [[1.5], [-1], 'x', undefined, {}])
    test.throws(() => define({ shaped: { s: { shape: () => wrong } } }).init(params), {
      name: 'TypeError',
      message: /^mine: the shape of slot s for leaf b must be a list of whole numbers, or null/,
    })
  const absent = define({ shaped: { s: { shape } } })
  const state = absent.init(params)
  test.throws(() => absent.update(params, state), {
    name: 'TypeError',
    message: /^mine: for leaf b, a step must give a tensor for each slot that the leaf has, and null .*; wrong for s/,
  })
  const there = define({
    shaped: { s: { shape: (leaf: readonly number[]) => leaf } },
    step: () => ({ u: params.w, s: null }),
  })
  const held = there.init(params)
  test.throws(() => there.update(params, held), /wrong for s/)
  const bigger = define({ shaped: { s: { shape: () => [3] } } })
  const small = bigger.init(params)
  test.throws(() => bigger.update(params, small), /leaf b has shape \[2\] in its s/)
  O.disposeTree([state, held, small])
  test.equal(tf.memory().numTensors, before)
  O.disposeTree(params)
})

const model = (names: readonly [string, string] = ['first', 'second']) => {
  const made = sequential({
    layers: [
      layers.dense({ name: names[0], units: 3, inputShape: [2], activation: 'tanh' }),
      layers.dense({ name: names[1], units: 1 }),
    ],
  })
  tf.tidy(() => {
    made.setWeights(made.getWeights().map((w, i) => waves(w.shape as number[], i)))
  })
  return made
}
const optimizer = () => asOptimizer(O.adafactor(0.05, { minDimSizeToFactor: 2, momentum: 0.5 }))

onBackends('in fit: weights, copies, models saved with their optimizer', async test => {
  const [x, y] = [waves([8, 2], 1), waves([8, 1], 3)]
  const fit = async (one: LayersModel) => {
    const { history } = await one.fit(x, y, {
      batchSize: 4,
      epochs: 2,
      shuffle: false,
      verbose: 0,
    })
    return history['loss']
  }
  const start = tf.memory().numTensors - 2
  const [one, first] = [model(), optimizer()]
  one.compile({ optimizer: first, loss: 'meanSquaredError' })
  await fit(one)
  const steady = tf.memory().numTensors
  await fit(one)
  test.equal(tf.memory().numTensors, steady, 'steps of fit leave nothing behind')

  const weights = await first.getWeights()
  const list = weights.map(({ name, tensor }) => `${name.replace(/_\d+\//, '/')} [${tensor.shape.join()}]`)
  test.strictSame(
    list.filter(name => name.includes('/v')),
    [
      'first/kernel/vRow [2]',
      'first/kernel/vCol [3]',
      'first/bias/v [3]',
      'second/kernel/v [3,1]',
      'second/bias/v [1]',
    ].map(name => `TransformOptimizer/${name}`),
  )

  const artifacts = await new Promise<tf.io.ModelArtifacts>(resolve => {
    void one.save(
      io.withSaveHandler(async saved => {
        resolve(saved)
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
      }),
      { includeOptimizer: true },
    )
  })
  const twin = await loadLayersModel(io.fromMemory(artifacts))
  const copy = optimizer()
  await copy.setWeights(weights)
  const named = model(['first', 'second'])
  named.setWeights(one.getWeights())
  named.compile({ optimizer: copy, loss: 'meanSquaredError' })
  const losses = [await fit(one), await fit(twin), await fit(named)]
  test.strictSame(losses[1], losses[0], 'a model loaded with its optimizer goes on to the bit')
  test.strictSame(losses[2], losses[0], 'and so does one with loaded weights')
  await first.setWeights(await copy.getWeights())
  ;[one, named].forEach(each => each.dispose())
  twin.optimizer.dispose()
  twin.dispose()
  ;[first, copy].forEach(each => each.dispose())
  O.disposeTree([x, y])
  test.equal(tf.memory().numTensors, start, 'nothing is left')
})

t.test('weights of variables that come later wait for them, whichever slots these have', async test => {
  await useBackend('cpu')
  const variables = () => ({
    w: tf.variable(waves([2, 3], 1), true, `w${++made}`),
    b: tf.variable(waves([3], 2), true, `b${made}`),
  })
  const step = (one: TransformOptimizer, some: Readonly<Record<string, tf.Variable>>) => {
    tf.tidy(() => {
      one.applyGradients(Object.fromEntries(Object.values(some).map(v => [v.name, tf.mul(v, 0.5)])))
    })
  }
  const both = variables()
  const make = () => asOptimizer(O.chain(factored(), O.scaleByLearningRate(0.1)))
  const first = make()
  step(first, both)
  for (const order of [
    ['b', 'w'],
    ['w', 'b'],
  ] as const) {
    const later = make()
    await later.setWeights(await first.getWeights())
    for (const key of order) step(later, { [key]: both[key] })
    const weights = new Map((await later.getWeights()).map(({ name, tensor }) => [name, tensor.shape]))
    test.strictSame(weights.get(`TransformOptimizer/${both.w.name}/vRow`), [2])
    test.strictSame(weights.get(`TransformOptimizer/${both.b.name}/v`), [3])
    const state = later.state as readonly [
      { readonly vRow: Record<string, unknown>; readonly v: Record<string, unknown> },
    ]
    test.ok(isTensor(state[0].vRow[both.w.name]) && state[0].v[both.w.name] === null)
    later.dispose()
  }
  first.dispose()
  O.disposeTree([both])
})
let made = 0

t.test('the names of slots do not depend on which variables have them', async test => {
  await useBackend('cpu')
  const [w, b] = [tf.variable(tf.ones([2, 3]), true, 'named/w'), tf.variable(tf.ones([3]), true, 'named/b')]
  const step = (one: TransformOptimizer, ...some: tf.Variable[]) => {
    tf.tidy(() => {
      one.applyGradients(some.map(v => ({ name: v.name, tensor: tf.onesLike(v) })))
    })
  }
  for (const tx of [
    () =>
      O.chain(
        O.masked(O.trace(0.9), path => path.endsWith('w')),
        O.trace(0.5),
        O.scaleByLearningRate(0.1),
      ),
    () => O.chain(factored(), O.scaleByFactoredRms({ factored: false }), O.scaleByLearningRate(0.1)),
  ]) {
    const [together, apart, loaded] = [tx, tx, tx].map(one => asOptimizer(one()))
    step(together!, w, b)
    step(apart!, b)
    const listed = async (one: TransformOptimizer) =>
      (await one.getWeights()).map(({ name }) => name).filter(name => name.includes('named/b'))
    test.strictSame(await listed(apart!), await listed(together!))
    await loaded!.setWeights(await apart!.getWeights())
    step(loaded!, b)
    step(loaded!, w)
    ;[together, apart, loaded].forEach(one => one!.dispose())
  }
  ;[w, b].forEach(one => one.dispose())
})
