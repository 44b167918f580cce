/** Wrappers and combinators: groups, frozen leaves, conditions, numbers in the state, averages, in tfjs's optimizer too. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { onBackends, useBackend } from './setup.js'

const values = (tree: unknown): readonly number[] => O.tensorsOf(tree).flatMap(([, leaf]) => [...leaf.dataSync()])
const params = () => ({ body: { kernel: tf.tensor1d([1, 2]), bias: tf.tensor1d([3]) }, head: tf.tensor1d([4]) })
const ones = () => ({ body: { kernel: tf.tensor1d([1, 1]), bias: tf.tensor1d([1]) }, head: tf.tensor1d([1]) })

onBackends('partition: each group sees its leaves only, and has slots for no others', test => {
  const tx = O.partition(
    { clipped: O.chain(O.clipByGlobalNorm(1), O.trace(0.9)), plain: O.scale(-1), none: O.adam(1) },
    { body: { kernel: 'clipped', bias: 'plain' }, head: 'clipped' },
  )
  const state = tx.init(params())
  test.equal(state.clipped[1].trace.body.bias, null)
  test.strictSame(O.tensorsOf(state.none), [], 'an empty group has no slots')
  const [updates, next] = tx.update(ones(), state, params())
  const third = Math.fround(1 / Math.sqrt(3))
  test.ok(Math.abs(updates.head.dataSync()[0]! - third) < 1e-6, 'the norm is that of the group')
  test.strictSame([...updates.body.bias.dataSync()], [-1])
  test.strictSame(Object.keys(next), ['clipped', 'plain', 'none'])
})

t.test('labels that no group has: both sets are said, and nothing changes', async test => {
  await useBackend('cpu')
  const groups = { a: O.sgd(1), b: O.sgd(1) }
  const message = /head has the label "c", and the groups are a, b/
  test.throws(() => O.partition(groups, { body: 'a', head: 'c' }), {
    name: 'ValueError',
    message: /labels\.head has the label "c"/,
  })
  test.throws(() => O.partition(groups, { patterns: [['x', 'd']], otherwise: 'a' }), {
    message: /labels\.patterns\.0 has the label "d"/,
  })
  const byFunction = O.partition(groups, path => (path === 'head' ? 'c' : 'a'))
  const before = tf.memory().numTensors
  const given = params()
  test.throws(() => byFunction.init(given), { message })
  tf.dispose(given)
  test.equal(tf.memory().numTensors, before)
  const state = O.partition(groups, () => 'a').init(params())
  test.throws(() => byFunction.update(ones(), state, params()), { message })
  test.throws(() => O.partition(groups, (() => 1) as never).init(params()), {
    message: /the label of .* must be a string, got 1/,
  })
  test.throws(() => O.partition({} as never, 'a'), {
    message: /transforms must be a record of transformations, at least one/,
  })
  test.throws(() => O.partition({ a: 1 } as never, 'a'), { message: /transforms\.a/ })
  test.throws(
    () => byFunction.update(ones(), { a: [{ count: 0 }] } as never, params()),
    { message: /partition: state must be \{a, b\}/ },
    'a state of another grouping',
  )
})

t.test('conditions, intervals and periods in plain JavaScript', async test => {
  await useBackend('cpu')
  const sgd = O.sgd(1)
  const wrong = (run: () => unknown, message: RegExp): void => {
    test.throws(run, { message })
  }
  wrong(() => O.conditionallyMask(sgd, true as never), /condition must be a function/)
  const odd = O.conditionallyMask(sgd, (() => 'yes') as never)
  wrong(
    () => odd.update(ones(), odd.init(params())),
    /conditionallyMask: condition must return true or false, got "yes" at step 0/,
  )
  wrong(() => O.applyEvery(0), /applyEvery: k must be a whole number above 0, got 0/)
  wrong(() => O.lookahead(sgd, 0, 0.5), /syncPeriod must be a whole number above 0, got 0/)
  wrong(() => O.lookahead(sgd, 2, NaN), /slowStepSize must be finite/)
  const anew = (inner: O.Link) => O.lookahead(inner, 2, 0.5, { resetState: true })
  wrong(() => anew(O.chain(sgd, O.scaleByMuon())), /lookahead: resetState needs rules, and scaleByMuon is no rule/)
  wrong(() => anew(O.multiSteps(sgd, 2)), /multiSteps does not run the same links at each step/)
  wrong(() => O.lookahead(sgd, 2, 0.5, { resetState: 1 as never }), /resetState must be true or false/)
  wrong(() => O.emaOfParams(1), /decay must be in \[0, 1\), got 1/)
  wrong(() => O.averagedParams(sgd, sgd.init(params())), /has no emaOfParams/)
  wrong(() => O.stateless(1 as never), /f must be a function/)
})

t.test('injectHyperparams: the state has the numbers that the next step uses', async test => {
  await useBackend('cpu')
  const tx = O.injectHyperparams(O.sgd(0.5, { momentum: 0.5 }))
  let state = tx.init(params())
  test.strictSame(state.hyperparams, { decay: 0.5, learningRate: 0.5 })
  state = O.editState(state, draft => {
    ;(draft.hyperparams as Record<string, number>)['learningRate'] = 2
  })
  const [updates, next] = tx.update(ones(), state)
  test.strictSame(values(updates), [-2, -2, -2, -2])
  test.strictSame(next.hyperparams, { decay: 0.5, learningRate: 2 })
  const broken = { ...state, hyperparams: { learningRate: 2 } }
  test.throws(() => tx.update(ones(), broken), {
    message: /state.hyperparams must have a number for each of decay, learningRate/,
  })
  const wild = { ...state, hyperparams: { learningRate: Infinity, decay: 0.5 } }
  test.throws(() => tx.update(ones(), wild), { message: /learningRate must be finite/ })
})

t.test('fit with groups, frozen and later unfrozen layers, and averages', async test => {
  await useBackend('cpu')
  const model = sequential({
    layers: [
      layers.dense({ units: 2, inputShape: [2], name: 'body', kernelInitializer: 'ones' }),
      layers.dense({ units: 1, name: 'head', kernelInitializer: 'ones' }),
    ],
  })
  const tx = O.chain(
    O.partition({ head: O.sgd(0.1), body: O.sgd(0.01) }, path => (path.startsWith('head') ? 'head' : 'body')),
    O.emaOfParams(0.5),
  )
  const optimizer = O.asOptimizer(tx, { lastStep: true })
  model.layers[0]!.trainable = false
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const [x, y] = [tf.ones([4, 2]), tf.zeros([4, 1])]
  await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0 })
  test.strictSame([...model.layers[0]!.getWeights()[0]!.dataSync()], [1, 1, 1, 1], 'frozen')
  test.strictSame(optimizer.lastStep?.learningRate, { 'head/kernel': 0.1, 'head/bias': 0.1 })
  model.layers[0]!.trainable = true
  model.compile({ optimizer, loss: 'meanSquaredError' })
  await model.fit(x, y, { epochs: 1, batchSize: 2, verbose: 0 })
  test.not(model.layers[0]!.getWeights()[0]!.dataSync()[0], 1, 'unfrozen')
  test.match(optimizer.lastStep?.learningRate, { 'body/kernel': 0.01, 'head/kernel': 0.1 })
  const averages = O.averagedParams(optimizer.tx, optimizer.state)
  test.strictSame(Object.keys(averages).length, 4)
  optimizer.dispose()
})

t.test(
  'in an optimizer: a condition counts steps, numbers in the state follow the rate, counts can be set',
  async test => {
    await useBackend('cpu')
    const w = tf.variable(tf.tensor1d([10]), true, 'wrapped/w')
    const late = tf.variable(tf.tensor1d([10]), true, 'wrapped/late')
    const one = tf.tensor1d([1])
    const seen: number[] = []
    const optimizer = O.asOptimizer(
      O.conditionallyMask(O.injectHyperparams(O.sgd(1)), step => (seen.push(step), step % 2 === 0)),
      { lastStep: true },
    )
    const value = (): number => Number(w.dataSync()[0])
    optimizer.applyGradients({ [w.name]: one })
    test.strictSame([seen, value()], [[0], 9])
    optimizer.applyGradients({ [w.name]: one, [late.name]: one })
    test.strictSame([seen, value()], [[0, 1], 9], 'a variable that appears later counts no step')
    test.equal(optimizer.learningRate, 1)
    optimizer.learningRate = 3
    optimizer.applyGradients({ [w.name]: one })
    test.strictSame(
      [seen, value(), optimizer.lastStep?.learningRate],
      [[0, 1, 2], 6, 3],
      'the new rate is used, and told',
    )
    test.match(O.hyperparamsOf(optimizer.tx, optimizer.state), { 'innerState.innerState.0.learningRate': 3 })
    optimizer.iterations = 2 ** 30
    test.match(optimizer.state, { step: 2 ** 30 }, 'at once, without asking the condition')
    test.equal(seen.length, 3)
    optimizer.dispose()
    tf.dispose([w, late, one])
  },
)

t.test('hyperparamsOf and describe tell the numbers that a state keeps', async test => {
  await useBackend('cpu')
  const tx = O.chain(O.clip(1), O.injectHyperparams(O.sgd(0.5)))
  const state = O.editState(tx.init(params()), draft => {
    ;(draft[1].hyperparams as Record<string, number>)['learningRate'] = 2
  })
  test.match(O.hyperparamsOf(tx, state), { '1.innerState.0.learningRate': 2 })
  test.match(await O.describe(tx, state), /scaleByLearningRate: count 0, learningRate 2/)
})

t.test('selectiveTransform without a mask is an error of ours', test => {
  const call = O.selectiveTransform as unknown as (...args: readonly unknown[]) => unknown
  test.throws(() => call(O.sgd(1)), {
    name: 'TypeError',
    message: /^selectiveTransform: freezeMask must be a boolean, a tree of booleans, or a function, got undefined/,
  })
  test.end()
})

onBackends('a chain of wrappers in wrappers saves and resumes bit for bit', async test => {
  const make = () =>
    O.chain(
      O.conditionallyTransform(O.clipByGlobalNorm(1), step => step % 2 === 0),
      O.partition(
        {
          a: O.lookahead(O.adam(O.byPath([['kernel', 0.1]], 0.2)), 2, 0.5),
          b: O.multiSteps(O.sgd(0.1, { momentum: 0.9 }), 2),
        },
        { patterns: [['body', 'a']], otherwise: 'b' },
      ),
      O.applyEvery(2),
      O.emaOfParams(0.9),
    )
  const run = (from: number, to: number, start: { p: ReturnType<typeof params>; s: unknown }) => {
    const step = O.makeStep(make())
    let { p, s } = start
    for (let i = from; i < to; i++) {
      const grads = O.mapTree(ones(), leaf => tf.mul(leaf, Math.fround(Math.sin(i + 1))))
      ;[p, s] = step(p, grads, s as never)
    }
    return { p, s }
  }
  const whole = run(0, 7, { p: params(), s: make().init(params()) })
  const half = run(0, 3, { p: params(), s: make().init(params()) })
  const loaded = O.fromSafetensors(await O.toSafetensors(half), half)
  const resumed = run(3, 7, loaded)
  test.strictSame(values(resumed), values(whole))
  const counts = (state: unknown): unknown => O.mapTree(state as O.TensorsLike<unknown>, () => 'a tensor')
  test.strictSame(counts(resumed.s), counts(whole.s), 'counts')
})

onBackends('multiSteps leaves gradients out, as if their step had not been', test => {
  const tx = O.multiSteps(O.sgd(1), 2, { shouldSkipUpdate: O.skipNotFinite() })
  const step = O.makeStep(tx, { donate: true })
  let p = params()
  let state = tx.init(p)
  test.match(state, { miniStep: 0, gradientStep: 0, skipState: { shouldSkip: false, numNotFinite: 0 } })
  const broken = { ...ones(), head: tf.tensor1d([NaN]) }
  const seen = [ones(), broken, ones(), broken, ones()].map(gradients => {
    ;[p, state] = step(p, gradients, state)
    const { miniStep, gradientStep, skipState } = state
    return [values(p).join(), miniStep, gradientStep, skipState.shouldSkip, skipState.numNotFinite]
  })
  test.strictSame(seen, [
    ['3,1,2,4', 1, 0, false, 0],
    ['3,1,2,4', 1, 0, true, 1],
    ['2,0,1,3', 0, 1, false, 0],
    ['2,0,1,3', 0, 1, true, 1],
    ['2,0,1,3', 1, 1, false, 0],
  ])
})

onBackends('multiSteps measures the updates that reach it, on the leaves that it sees', async test => {
  const skip = { shouldSkipUpdate: O.skipLargeUpdates(100) }
  const tx = O.chain(
    O.masked(O.chain(O.scale(3), O.multiSteps(O.scale(-1), 1, skip)), { body: true, head: false }),
    O.scale(-1),
  )
  const start = tx.init(params())
  const small = { ...ones(), head: tf.tensor1d([1e6]) }
  const [updates, next] = tx.update(small, start)
  test.strictSame(values(updates), [3, 3, 3, -1e6], 'the norm of other leaves does not count')
  test.strictSame(next[0][1].skipState, { shouldSkip: false, normSquared: 27 })
  const large = { ...ones(), body: { kernel: tf.tensor1d([3, 2]), bias: tf.tensor1d([0]) } }
  const [none, after] = tx.update(large, next)
  test.strictSame(values(none).map(Math.abs), [0, 0, 0, 1])
  test.strictSame(after[0][1].skipState, { shouldSkip: true, normSquared: 117 })
  test.equal(after[0][1].gradientStep, 1)
  test.match(after[0][0].count, 2, 'the links before it count the step once')
  const loaded = O.fromSafetensors(await O.toSafetensors(after), after)
  test.strictSame(loaded[0][1].skipState, after[0][1].skipState)
  test.match(
    O.explain(tx),
    /before the step, for a number that multiSteps waits for:\nscale, squareNorm: 1 pass, 4 bytes/,
  )
})

t.test(
  'multiSteps with rules of skipped gradients: wrong ones, and the number that a device cannot give',
  async test => {
    await useBackend('cpu')
    const wrong = (skip: unknown, message: RegExp): void => {
      test.throws(() => O.multiSteps(O.sgd(1), 2, { shouldSkipUpdate: skip as never }), { name: 'TypeError', message })
    }
    wrong(
      O.skipNotFinite,
      /multiSteps: shouldSkipUpdate must be skipNotFinite\(\) or skipLargeUpdates\(maxSquaredNorm\), got/,
    )
    wrong({ type: 'skipNotFinite' }, /shouldSkipUpdate must be/)
    for (const most of [0, NaN, -1, '1'])
      test.throws(() => O.skipLargeUpdates(most as never), {
        message: /skipLargeUpdates: maxSquaredNorm must be a number above 0/,
      })
    const tx = O.multiSteps(O.sgd(1), 2, { shouldSkipUpdate: O.skipNotFinite() })
    const state = tx.init(params())
    test.throws(() => O.multiSteps(O.sgd(1), 2).update(ones(), state), { message: /multiSteps: state must be/ })
    const [gradients, backend] = [ones(), tf.backend()]
    const { readSync } = backend
    const before = tf.memory().numTensors
    backend.readSync = () => {
      throw new Error('not here')
    }
    try {
      test.throws(() => tx.update(gradients, state), {
        name: 'RuntimeError',
        message: /cpu cannot wait for a number here/,
      })
    } finally {
      backend.readSync = readSync
    }
    test.equal(tf.memory().numTensors, before)
  },
)

t.test('fit with gradients left out and gathered', async test => {
  await useBackend('cpu')
  const model = sequential({
    layers: [layers.dense({ units: 1, inputShape: [2], name: 'robust', kernelInitializer: 'ones' })],
  })
  const optimizer = O.asOptimizer(O.multiSteps(O.sgd(0.1), 2, { shouldSkipUpdate: O.skipNotFinite() }))
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const x = tf.tensor2d([1, 1, NaN, 1, 1, 1, 1, 1], [4, 2])
  await model.fit(x, tf.zeros([4, 1]), { epochs: 1, batchSize: 1, shuffle: false, verbose: 0 })
  test.match(optimizer.state, { miniStep: 1, gradientStep: 1, skipState: { shouldSkip: false, numNotFinite: 0 } })
  test.ok(model.getWeights().every(weight => weight.dataSync().every(Number.isFinite)))
  test.equal(optimizer.iterations, 4, 'iterations are steps, those left out too')
  optimizer.dispose()
})

onBackends('flatten: the numbers of leaves are those of the tree, what sees leaves is refused', test => {
  const wrong = (inner: O.Link, message: RegExp): void => {
    test.throws(() => O.flatten(inner), { name: 'ValueError', message })
  }
  wrong(O.chain(O.clip(1), O.centralize()), /flatten: the leaves are one vector for inner, but centralize takes leaves/)
  wrong(
    O.adamw(1, { mask: { a: true, b: false } }),
    /masked addDecayedWeights chooses among leaves; put it around flatten/,
  )
  wrong(O.sgd(O.byPath(() => 1)), /scaleByLearningRate has a hyperparameter by path/)
  wrong({ init: () => ({}), update: (u: unknown, s: unknown) => [u, s] as const }, /is a user's function of leaves/)
  const tx = O.flatten(O.scaleByNovograd({ b1: 0 }))
  const p = { a: tf.tensor1d([3]), b: tf.tensor1d([4]) }
  const [updates, state] = tx.update(p, tx.init(p), p)
  const nu = O.treeGet<unknown, string>(state, 'nu') as tf.Tensor
  test.strictSame([nu.shape, ...nu.dataSync()], [[], 25])
  test.ok(values(updates).every((x, i) => Math.abs(x - [0.6, 0.8][i]!) < 1e-6))
  const faster = O.setHyper(O.flatten(O.clipByBlockRms(1)), { threshold: 0.5 })
  const [clipped] = faster.update(p, faster.init(p))
  const rms = Math.sqrt(12.5)
  test.ok(
    values(clipped).every((x, i) => Math.abs(x - [1.5, 2][i]! / rms) < 1e-6),
    'also with other numbers',
  )
})

onBackends('monitor and snapshot: measurements by name, of one form from the start, in fit too', async test => {
  const norm = (updates: object) => O.globalNorm(updates)
  const isLarge = (updates: object) => tf.greater(O.globalNorm(updates), 1)
  const tx = O.chain(
    O.monitor({ norm, large: O.measureWithEma(isLarge, 0.5), biased: O.measureWithEma(norm, 0.5, { debias: false }) }),
    O.clipByGlobalNorm(1),
    O.snapshot('last', (updates: O.Extra) => updates),
    O.sgd(1),
  )
  const number = (state: unknown, name: string): number =>
    Number((O.treeGet(state, name) as tf.Tensor).dataSync()[0]!.toFixed(5))
  const step = O.makeStep(tx, { donate: true })
  let p = { w: tf.tensor1d([3, 4]) }
  let state = tx.init(p)
  const form = (s: unknown): unknown => O.tensorsOf(s).map(([path, { shape, dtype }]) => [path, shape, dtype])
  const first = form(state)
  test.strictSame(number(state, 'norm'), 5, 'of the parameters, before the first step')
  ;[p, state] = step(p, { w: tf.tensor1d([0, 8]) }, state)
  test.strictSame(
    ['norm', 'large', 'biased'].map(name => number(state, name)),
    [8, 1, 4],
  )
  test.strictSame(values(state[2].last), [0, 1], 'updates themselves can be kept')
  ;[p, state] = step(p, { w: tf.tensor1d([0.5, 0]) }, state)
  test.strictSame(
    ['norm', 'large', 'biased'].map(name => number(state, name)),
    [0.5, 0.33333, 2.25],
  )
  test.strictSame(form(state), first)
  test.strictSame(values(p), [2.5, 3])

  const model = sequential({
    layers: [layers.dense({ units: 1, inputShape: [2], name: 'seen', kernelInitializer: 'ones' })],
  })
  const optimizer = O.asOptimizer(O.chain(O.monitor({ norm }), O.sgd(0.1)))
  model.compile({ optimizer, loss: 'meanSquaredError' })
  await model.fit(tf.ones([4, 2]), tf.zeros([4, 1]), { epochs: 1, batchSize: 4, verbose: 0 })
  test.equal(
    number(optimizer.state, 'norm'),
    Number(Math.hypot(4, 4, 4).toFixed(5)),
    'of the gradients of the last batch',
  )
  optimizer.dispose()
})

t.test('monitor, snapshot, measureWithEma: wrong arguments', test => {
  const norm = (updates: object) => O.globalNorm(updates)
  const wrong = (run: () => unknown, message: RegExp): void => {
    test.throws(run, { message })
  }
  wrong(() => O.snapshot('', norm), /snapshot: measureName must be a text, got ""/)
  wrong(() => O.snapshot('norm', 3 as never), /snapshot: measure must be a function of the updates, got 3/)
  wrong(() => O.monitor([norm] as never), /monitor: measures must be a record of measures by name/)
  wrong(
    () => O.monitor({ norm: 3 } as never),
    /monitor: measures\.norm must be a function of the updates or \{init, update\}/,
  )
  wrong(() => O.measureWithEma(norm, 1), /decay must be in \[0, 1\), got 1/)
  wrong(() => O.measureWithEma(3 as never, 0.5), /measureWithEma: measure must be a function of the updates/)
  test.end()
})

t.test('withAverages: the averages are in the weights while a function runs, and never after it', async test => {
  await useBackend('cpu')
  const model = sequential({
    layers: [layers.dense({ units: 1, inputShape: [2], name: 'mean', kernelInitializer: 'ones' })],
  })
  const optimizer = O.asOptimizer(O.chain(O.sgd(0.1), O.emaOfParams(0.5)))
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const weights = (): readonly number[] => model.getWeights().flatMap(weight => [...weight.dataSync()])
  test.throws(() => O.withAverages(optimizer, weights), {
    name: 'RuntimeError',
    message: /no averages before the first step/,
  })
  await model.trainOnBatch(tf.ones([4, 2]), tf.zeros([4, 1]))
  const [trained, averages] = [weights(), values(O.averagedParams(optimizer.tx, optimizer.state))]
  test.strictNotSame(trained, averages)
  const before = tf.memory().numTensors
  test.strictSame([...O.withAverages(optimizer, weights)].sort(), [...averages].sort())
  test.strictSame(weights(), trained, 'put back')
  const inTidy = O.tidy(() => O.withAverages(optimizer, weights))
  test.strictSame([inTidy.length, weights()], [3, trained])
  test.throws(
    () =>
      O.withAverages(optimizer, () => {
        throw new Error('mine')
      }),
    { message: 'mine' },
  )
  test.strictSame(weights(), trained, 'after an error')
  const later = O.withAverages(optimizer, async () => {
    await Promise.resolve()
    return weights()
  })
  test.throws(() => O.withAverages(optimizer, weights), {
    message: /the variables have the averages of this optimizer already/,
  })
  test.strictSame([...(await later)].sort(), [...averages].sort(), 'until a promise settles')
  test.strictSame(weights(), trained)
  await test.rejects(
    O.withAverages(optimizer, async () => Promise.reject(new Error('late'))),
    { message: 'late' },
  )
  test.strictSame(weights(), trained, 'after a rejection')
  test.equal(tf.memory().numTensors, before)
  await model.trainOnBatch(tf.ones([4, 2]), tf.zeros([4, 1]))
  test.strictNotSame(weights(), trained, 'training goes on')
  const plain = { tx: O.sgd(1), state: O.sgd(1).init(params()) }
  test.throws(() => O.withAverages(plain, weights), { message: /the chain has no emaOfParams/ })
  test.throws(() => O.withAverages(optimizer, 3 as unknown as () => void), {
    message: /withAverages: run must be a function, got 3/,
  })
  optimizer.dispose()
})

t.test('validateOnAverages: the history has the loss and metrics of the averages', async test => {
  await useBackend('cpu')
  const model = sequential({
    layers: [layers.dense({ units: 1, inputShape: [2], name: 'judged', kernelInitializer: 'ones' })],
  })
  const optimizer = O.asOptimizer(O.chain(O.sgd(0.05), O.emaOfParams(0.9)))
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mse'] })
  const [x, y] = [tf.ones([4, 2]), tf.zeros([4, 1])]
  const evaluate = () => model.evaluate(x, y) as tf.Scalar[]
  const seen: number[] = []
  const callbacks = [
    O.validateOnAverages(optimizer, model, evaluate),
    { onEpochEnd: (_epoch: number, logs?: { val_loss?: number }) => void seen.push(logs?.val_loss ?? NaN) },
  ]
  const { history } = await model.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0, callbacks })
  const after = O.withAverages(optimizer, evaluate).map(result => result.dataSync()[0])
  const now = evaluate().map(result => result.dataSync()[0])
  test.strictSame([history['val_loss']?.at(-1), history['val_mse']?.at(-1)], after)
  test.not(after[0], now[0])
  test.strictSame(seen, history['val_loss'], 'later callbacks see it')
  test.throws(() => O.validateOnAverages(optimizer, model, 3 as never), {
    message: /evaluate must be a function, got 3/,
  })
  optimizer.dispose()
})

onBackends('sam: steps uphill and back, with the state of the adversary anew', test => {
  const tx = O.sam(O.sgd(1, { momentum: 0.5 }), O.sgd(0.5, { momentum: 0.9 }), { syncPeriod: 3 })
  const step = O.makeStep(tx, { donate: true })
  let p = { w: tf.tensor1d([8]) }
  let state = tx.init(p)
  const seen = [2, 2, 1, 2].map(gradient => {
    ;[p, state] = step(p, { w: tf.tensor1d([gradient]) }, state)
    return [...values(p), state.stepsSinceSync, ...values(state.cache)]
  })
  const near = (got: readonly number[], want: readonly number[]): void => {
    test.ok(
      got.every((x, i) => Math.abs(x - want[i]!) < 1e-5),
      got.join(),
    )
  }
  near(seen.flat(), [9, 1, 8, 10.9, 2, 8, 7, 0, 8, 8, 1, 7])
  test.strictSame(O.treeGet(state, 'optState.0.count'), 1, 'counts of the optimizer are of its own steps')
  test.strictSame(O.treeGet(state, 'advState.0.count'), 1, 'those of the adversary are since the last')
  const wrong = (options: object, message: RegExp): void => {
    test.throws(() => O.sam(O.sgd(1), O.chain(O.scaleByMuon()), options), { message })
  }
  wrong({}, /sam: resetState needs rules, and scaleByMuon is no rule/)
  wrong({ syncPeriod: 0 }, /sam: syncPeriod must be a whole number above 0, got 0/)
  wrong({ resetState: 1 }, /sam: resetState must be true or false, got 1/)
})
