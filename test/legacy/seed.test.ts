/**
 * The page of the original, statement by statement: one test for each row of the table in
 * examples/guides/adam-weight-decay.md, under the row's name.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { KeyError, RuntimeError, ValueError } from '../../lib/index.js'
import { AdamWeightDecay, kerasPolynomialDecay, RMSprop, SGD, type Gradient, type Pair } from '../../lib/legacy.js'
import { childEnv } from '../childEnv.js'
import { numbers, useBackend } from '../setup.js'

await useBackend('cpu')

const variable = (values: number[], name?: string): tf.Variable => tf.variable(tf.tensor1d(values), true, name)
const g = (...values: number[]): tf.Tensor => tf.tensor1d(values)
const square = (w: tf.Variable) => (): tf.Scalar => tf.sum(tf.square(w))
const near = (test: Test, got: ArrayLike<number>, want: readonly number[], what: string): void => {
  const apart = Math.max(...want.map((x, i) => Math.abs((got[i] ?? NaN) - x)))
  test.ok(apart < 1e-6, `${what}: ${Array.from(got).join(' ')}`)
}
/** What an example prints. */
const printed = (example: string): string =>
  execFileSync(process.execPath, ['--import', 'tsx', `examples/${example}.ts`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: childEnv(),
  })

const shows: Readonly<Record<string, (test: Test) => void | Promise<void>>> = {
  'Adam with L2 weight decay and clip by global norm': test => {
    const [a, b] = [variable([0, 0]), variable([0])]
    const optimizer = new AdamWeightDecay({ learningRate: 0.1 })
    optimizer.applyGradients([
      [g(3, 0), a],
      [g(4), b],
    ])
    // two of the vectors measured on the original: the clip to norm 1 is on
    near(test, optimizer.getSlot(a, 'm').dataSync(), [0.06, 0], 'm of a')
    near(test, optimizer.getSlot(b, 'm').dataSync(), [0.08], 'm of b')
    near(test, [...numbers(a), ...numbers(b)], [-0.09999947249889374, 0, -0.09999960660934448], 'variables')
  },
  'Keras has its own AdamW and clipping': test => {
    const guide = readFileSync('examples/guides/which-optimizer.md', 'utf8')
    for (const name of ['`adamw` of `tfjs-optax`', "Keras's own `AdamW`", '`AdamWeightDecay` of `tfjs-optax/legacy`'])
      test.ok(guide.includes(name), name)
  },
  'decay is not L2 in the loss': test => {
    const [a, b] = [variable([1, -2, 3]), variable([1, -2, 3])]
    const optimizer = new AdamWeightDecay({ learningRate: 0.1, weightDecayRate: 0.01 })
    optimizer.applyGradients([[g(0, 0, 0), a]])
    new SGD({ learningRate: 0.1 }).minimize(() => tf.mul(tf.sum(tf.square(b)), 0.01 / 2), false, [b])
    near(test, a.dataSync(), numbers(b), 'as SGD on the squares')
    test.strictSame(
      [...optimizer.getSlot(a, 'm').dataSync(), ...optimizer.getSlot(a, 'v').dataSync()],
      Array(6).fill(0),
    )
  },
  name: async test => {
    const w = variable([1], 'dense/kernel')
    const optimizer = new AdamWeightDecay({ name: 'Mine' })
    optimizer.applyGradients([[g(1), w]])
    const names = (await optimizer.getWeights()).map(weight => weight.name)
    test.strictSame(names, ['iter', 'Mine/dense/kernel/m', 'Mine/dense/kernel/v'])
    test.throws(() => new AdamWeightDecay({ name: 'a/b' }), ValueError)
    w.dispose()
  },
  gradient_aggregator: test => {
    const w = variable([2])
    const halve = (pairs: readonly Pair<Gradient>[]) =>
      pairs.map(([gradient, v]): Pair<Gradient> => [tf.mul(gradient as tf.Tensor, 0.5), v])
    new SGD({ learningRate: 1, gradientAggregator: halve }).applyGradients([[g(2), w]])
    test.strictSame(numbers(w), [1], 'a function of pairs')
    const sum = variable([0, 0])
    new SGD({ learningRate: 1 }).applyGradients([[[g(3, 4), g(0, 5)], sum]])
    test.strictSame(numbers(sum), [-3, -9], 'summed over replicas by default')
  },
  gradient_transformers: test => {
    const w = variable([0])
    const scaled = (by: number) => (pairs: readonly Pair<Gradient>[]) =>
      pairs.map(([gradient, v]): Pair<Gradient> => [tf.mul(gradient as tf.Tensor, by), v])
    const plusOne = (pairs: readonly Pair<Gradient>[]) =>
      pairs.map(([gradient, v]): Pair<Gradient> => [tf.add(gradient as tf.Tensor, 1), v])
    const options = { learningRate: 1, gradientAggregator: scaled(2), gradientTransformers: [plusOne, scaled(10)] }
    new SGD(options).applyGradients([[g(1), w]])
    test.strictSame(numbers(w), [-30], 'after the aggregator, in order')
  },
  'clipvalue, clipnorm, global_clipnorm': test => {
    const clipped = { gradientClipNorm: 2, clipvalue: 0.5, clipnorm: 0.6 }
    const w = variable([0, 0, 0])
    const optimizer = new AdamWeightDecay(clipped)
    optimizer.applyGradients([[g(3, 4, 0), w]])
    near(test, optimizer.getSlot(w, 'm').dataSync(), [0.042426, 0.042426, 0], 'in their order')
    test.equal(optimizer.clipnorm, 0.6)
    optimizer.clipnorm = null
    optimizer.globalClipnorm = 1
    test.throws(() => (optimizer.clipnorm = 1), ValueError, 'clipnorm beside globalClipnorm')
    test.throws(() => (optimizer.gradientTransformers = [pairs => pairs]), ValueError, 'transformers beside a clip')
  },
  'ValueError for any invalid argument': test => {
    const bad = { learningRate: -1, beta1: 1, beta2: 2, epsilon: 0, weightDecayRate: -1, clipnorm: -1, clipvalue: -1 }
    for (const [key, value] of Object.entries({ ...bad, globalClipnorm: -1, decay: -1, gradientClipNorm: NaN })) {
      const make = () => new AdamWeightDecay({ [key]: value })
      test.throws(make, ValueError, key)
      test.throws(make, { message: new RegExp(`${key} must be`) })
    }
    test.throws(() => new AdamWeightDecay({ ...{ weightDecay: 0.1 } } as object), TypeError, 'an unknown one')
    test.doesNotThrow(() => new AdamWeightDecay({ learningRate: -1, beta2: 2, strict: true }), 'strict takes it')
  },
  iterations: async test => {
    const w = variable([1])
    const optimizer = new AdamWeightDecay()
    test.equal(optimizer.iterations, 0)
    test.equal(optimizer.applyGradients([[g(1), w]]), 1)
    optimizer.iterations = 7
    optimizer.applyGradients([[g(1), w]])
    const [iter] = await optimizer.getWeights()
    test.strictSame(
      [optimizer.iterations, iter?.name, iter?.tensor.dtype, iter?.tensor.dataSync()[0]],
      [8, 'iter', 'int32', 8],
    )
  },
  'weights, variables()': test => {
    const [a, b, later] = [variable([1], 'wa'), variable([2, 3], 'wb'), variable([4], 'wl')]
    const optimizer = new AdamWeightDecay()
    test.strictSame(optimizer.weights.length, 1, 'iter alone')
    optimizer.applyGradients({ wa: g(1), wb: g(1, 1) })
    const held = optimizer.variables()
    test.strictSame(
      held.map(({ shape }) => shape),
      [[], [1], [2], [1], [2]],
      'iter, m of all, v of all',
    )
    const before = numbers(held[1]!)
    optimizer.applyGradients({ wa: g(1), wl: g(1) })
    test.notSame(numbers(held[1]!), before, 'handles are live')
    test.equal(held[1], optimizer.getSlot(a, 'm'))
    test.equal(optimizer.weights.length, 7, 'later ones at the end')
    tf.dispose([a, b, later])
  },
  add_slot: async test => {
    const w = variable([1, 2], 'ws')
    const optimizer = new AdamWeightDecay()
    optimizer.applyGradients([[g(1, 1), w]])
    const slot = optimizer.addSlot(w, 'best', { initializer: 'ones' })
    test.strictSame(numbers(slot), [1, 1])
    test.equal(optimizer.addSlot(w, 'best', { initializer: 'zeros' }), slot, 'the one that is there')
    test.strictSame(optimizer.addSlot(w, 'wide', { shape: [3] }).shape, [3])
    test.strictSame(numbers(optimizer.addSlot(w, 'start', { initializer: 5 })), [5], 'a value keeps its shape')
    test.throws(() => optimizer.addSlot(w, 'x', { initializer: 'what' as 'ones' }), ValueError)
    const names = (await optimizer.getWeights()).map(({ name }) => name)
    test.ok(names.includes('AdamWeightDecay/ws/best'), 'saved')
    w.dispose()
  },
  add_weight: test => {
    const optimizer = new AdamWeightDecay()
    const weight = optimizer.addWeight('temperature', [2], { initializer: 'ones', trainable: false })
    test.strictSame([numbers(weight), weight.trainable, optimizer.weights.length], [[1, 1], false, 1])
    optimizer.dispose()
    test.ok(weight.isDisposed)
  },
  apply_gradients: test => {
    const forms = (w: tf.Variable) => [
      { [w.name]: g(1) },
      [{ name: w.name, tensor: g(1) }],
      [[g(1), w] as const],
      new Map([[g(1), w]]).entries(),
    ]
    const results = [0, 1, 2, 3].map(i => {
      const w = variable([1])
      const done = new AdamWeightDecay().applyGradients(forms(w)[i]!, { name: 'step' })
      return [done, ...numbers(w)]
    })
    test.strictSame(results, Array(4).fill([1, 0.9990000128746033]), 'maps, lists, pairs and iterators')
  },
  'example: all_reduce, then apply_gradients without aggregation': test => {
    const lines = printed('seed-replicas').trim().split('\n')
    const values = (i: number): string => lines[i]!.replace(/^.*?(-?\d+\.\d+ )/, '$1')
    test.equal(values(1), values(2), 'without the clip they are equal')
    test.not(values(4), values(5), 'with it they are not')
  },
  'errors of apply_gradients': test => {
    const w = variable([1, 2], 'we')
    const optimizer = new AdamWeightDecay()
    const wrong =
      (given: unknown): (() => number) =>
      () =>
        optimizer.applyGradients(given as never)
    for (const given of [null, 5, [g(1, 1)], [[g(1, 1), w, 3]], [[w, g(1, 1)]]]) test.throws(wrong(given), TypeError)
    for (const given of [[], {}, { we: null }, [[null, w]]]) test.throws(wrong(given), ValueError)
    test.throws(wrong([[null, w]]), { message: /we/ }, 'names the variable')
    test.throws(
      () => optimizer.applyGradients([[[g(1, 1)], w]], { experimentalAggregateGradients: false }),
      RuntimeError,
      'replicas without aggregation',
    )
    test.strictSame([numbers(w), optimizer.iterations, optimizer.weights.length], [[1, 2], 0, 1], 'nothing changed')
    w.dispose()
  },
  from_config: test => {
    const config = { learning_rate: { class_name: 'Halving', config: { from: 8 } }, beta_1: 0.5 }
    const optimizer = AdamWeightDecay.fromConfig<AdamWeightDecay>(config, {
      Halving: given => count => Number(given['from']) / 2 ** count,
    })
    test.strictSame([(optimizer.learningRate as (count: number) => number)(2), optimizer.beta1], [2, 0.5])
    const again = AdamWeightDecay.fromConfig(AdamWeightDecay, { beta1: 0.5 }) as unknown
    test.equal((again as AdamWeightDecay).beta1, 0.5, "tfjs's form")
    test.strictSame(Object.keys(config), ['learning_rate', 'beta_1'], 'the config given is not touched')
  },
  get_config: test => {
    const learningRate = kerasPolynomialDecay({ initialLearningRate: 0.5, decaySteps: 10 })
    const optimizer = new AdamWeightDecay({ learningRate, excludeFromWeightDecay: ['layer_norm'], clipvalue: 1 })
    const config = optimizer.getConfig()
    test.strictSame(Object.keys(config), [
      ...['name', 'clipvalue', 'learning_rate', 'decay', 'beta_1', 'beta_2', 'epsilon', 'amsgrad', 'weight_decay_rate'],
      ...['gradient_clip_norm', 'include_in_weight_decay', 'exclude_from_weight_decay'],
    ])
    const copy = AdamWeightDecay.fromConfig<AdamWeightDecay>(JSON.parse(JSON.stringify(config)) as typeof config)
    test.strictSame(copy.getConfig(), config)
    test.strictSame(copy.settings.excludeFromWeightDecay, ['layer_norm'])
  },
  get_gradients: test => {
    const [w, other] = [variable([1, 2]), variable([1], 'other')]
    const optimizer = new AdamWeightDecay()
    const [gradient] = optimizer.getGradients(square(w), [w])
    test.strictSame(numbers(gradient!), [2, 4])
    test.throws(() => optimizer.getGradients(square(w), [w, other]), { name: 'ValueError', message: /other/ })
    other.dispose()
  },
  'get_slot, get_slot_names': test => {
    const w = variable([1], 'wk')
    const optimizer = new AdamWeightDecay({ amsgrad: true })
    test.strictSame(optimizer.getSlotNames(), [])
    test.throws(() => optimizer.getSlot(w, 'm'), KeyError, 'before the first step')
    optimizer.applyGradients([[g(1), w]])
    test.strictSame(optimizer.getSlotNames(), ['m', 'v', 'vhat'])
    near(test, optimizer.getSlot(w, 'm').dataSync(), [0.1], 'm')
    test.throws(() => optimizer.getSlot(w, 'momentum'), KeyError)
    w.dispose()
  },
  get_updates: test => {
    const [a, b] = [variable([1, 2]), variable([1, 2])]
    const [one, two] = [new AdamWeightDecay(), new AdamWeightDecay()]
    const updates = one.getUpdates(square(a), [a])
    test.strictSame(numbers(a), [1, 2], 'nothing happens yet')
    test.strictSame(
      updates.map(run => run()),
      [1],
    )
    two.minimize(square(b), false, [b])
    test.strictSame(numbers(a), numbers(b))
  },
  get_weights: async test => {
    const w = variable([1, 2], 'wg')
    const optimizer = new AdamWeightDecay()
    optimizer.applyGradients([[g(0.5, 0), w]])
    const [iter, m] = await optimizer.getWeightValues()
    test.strictSame([iter?.[0], m?.length], [1, 2])
    test.equal((await optimizer.getWeights())[1]?.tensor, optimizer.getSlot(w, 'm'))
    w.dispose()
  },
  'example: RMSprop has 3 weights': async test => {
    const model = sequential({ layers: [layers.dense({ units: 10, inputShape: [20] })] })
    const optimizer = new RMSprop()
    model.compile({ optimizer, loss: 'meanSquaredError' })
    await model.fit(tf.ones([5, 20]), tf.zeros([5, 10]), { verbose: 0 })
    test.equal((await optimizer.getWeights()).length, 3)
    test.match(printed('seed'), /^RMSprop has 3 weights: iter, RMSprop\/.*kernel\/rms, RMSprop\/.*bias\/rms\n/)
  },
  minimize: test => {
    const run = (step: (optimizer: SGD, w: tf.Variable) => unknown): readonly number[] => {
      const w = variable([1, 2])
      step(new SGD({ learningRate: 0.5 }), w)
      return numbers(w)
    }
    test.strictSame(
      run((sgd, w) => sgd.minimize(square(w))),
      [0, 0],
    )
    const cost = run((sgd, w) => test.strictSame(numbers(sgd.minimize(square(w), true, [w])!), [5]))
    test.strictSame(cost, [0, 0])
    test.strictSame(
      run((sgd, w) => sgd.minimize(square(w), () => [[w]])),
      [0, 0],
      'varList as a function, nested',
    )
    const loss = (w: tf.Variable) => () => tf.mul(w, 3)
    test.strictSame(
      run((sgd, w) => sgd.minimize(loss(w), w, { gradLoss: g(2, -2) })),
      [-2, 5],
      'gradLoss',
    )
    const optimizer = new SGD()
    test.throws(() => optimizer.minimize(tf.scalar(1) as never), TypeError, 'a tensor as loss')
    test.throws(() => optimizer.minimize(() => tf.scalar(1), [g(1)] as never), ValueError, 'no Variable')
  },
  set_weights: async test => {
    const w = variable([1, 2], 'wset')
    const optimizer = new AdamWeightDecay()
    optimizer.applyGradients([[g(1, 1), w]])
    await optimizer.setWeights([3, new Float32Array([1, 2]), tf.tensor1d([3, 4])])
    test.strictSame([optimizer.iterations, ...numbers(optimizer.getSlot(w, 'm'))], [3, 1, 2])
    await test.rejects(optimizer.setWeights([3, tf.zeros([2])]), {
      name: 'ValueError',
      message: /length 2.*expecting 3/,
    })
    await test.rejects(optimizer.setWeights([3, tf.zeros([3]), tf.zeros([2])]), {
      name: 'ValueError',
      message: /\[3\]/,
    })
    test.strictSame([optimizer.iterations, ...numbers(optimizer.getSlot(w, 'v'))], [3, 3, 4], 'nothing changed')
    const strict = new AdamWeightDecay({ strict: true })
    await test.rejects(strict.setWeights([3, tf.zeros([2]), tf.zeros([2])]), ValueError, 'strict: no slots yet')
    w.dispose()
  },
  'example: set_weights with 10': test => {
    test.match(printed('seed'), /\niterations 10, first weight 10\n/)
  },
  'variables that appear later': test => {
    const [a, b] = [variable([1]), variable([1])]
    const optimizer = new AdamWeightDecay()
    optimizer.applyGradients([[g(1), a]])
    optimizer.applyGradients([[g(1), b]])
    const alone = variable([1])
    const other = new AdamWeightDecay()
    other.iterations = 1
    other.applyGradients([[g(1), alone]])
    test.strictSame(numbers(b), numbers(alone), 'with the count that there is')
  },
  patterns: test => {
    const decayed = (options: object): boolean => {
      const w = variable([1], 'dense/bias')
      new AdamWeightDecay({ weightDecayRate: 0.5, ...options }).applyGradients([[g(0), w]])
      const [value] = numbers(w)
      w.dispose()
      return value !== 1
    }
    test.ok(decayed({}))
    for (const pattern of ['bias', 'bias$', 'bias:0$'])
      test.notOk(decayed({ excludeFromWeightDecay: [pattern] }), pattern)
    test.ok(decayed({ excludeFromWeightDecay: ['bias'], includeInWeightDecay: ['dense'] }), 'include wins')
    test.ok(decayed({ includeInWeightDecay: ['kernel'] }), 'include alone restricts nothing')
    for (const pattern of ['(?P<x>a)', '(?i)bias', '\\Abias', '('])
      test.throws(() => new AdamWeightDecay({ excludeFromWeightDecay: [pattern] }), ValueError, pattern)
  },
}

const table = /\| statement or member[\s\S]*?\n\n/.exec(
  readFileSync('examples/guides/adam-weight-decay.md', 'utf8'),
)![0]
const rows = table
  .trim()
  .split('\n')
  .slice(2)
  .map(line => line.split('|')[1]!.trim())

t.test('every row of the page has a test, and every test a row', test => {
  test.strictSame([...rows].sort(), Object.keys(shows).sort())
  test.equal(rows.length, 27)
  test.end()
})

for (const row of rows)
  t.test(row, async test => {
    await shows[row]?.(test)
  })
