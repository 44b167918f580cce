/** Masks, patterns and trees go by the names that a user gave, whatever tfjs has made of them; what chooses nothing is said. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { initializers, layers, sequential, type LayersModel, type Sequential } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { AdamWeightDecay, asOptimizer, LAMB, LARS, TransformOptimizer } from '../lib/legacy.js'
import { compiled, loaded, model, optimizerOf, saved, train, valuesOf, variable } from './legacy/subjects.js'
import { numbers, onBackends, useBackend, type Test } from './setup.js'

tf.serialization.registerClass(TransformOptimizer)
const names = ['conv_1', 'head'] as const
const firstNames = ['conv_1/kernel', 'conv_1/bias', 'head/kernel', 'head/bias']

/** Variables by the names that tfjs gave them: what a user has who reads `weight.name`, and what an optimizer sees. */
const uniquely = (one: LayersModel): Record<string, tf.Variable> =>
  Object.fromEntries(one.trainableWeights.map(weight => [weight.name, weight.read() as tf.Variable]))

/** The masks that choose kernels, in every form there is, for a tree of `conv_1` and `head`. */
const kernels: Readonly<Record<string, O.Mask>> = {
  function: path => path.endsWith('kernel'),
  'by leaf too': (path, leaf) => path.endsWith('kernel') && leaf.rank === 2,
  patterns: O.matching({ exclude: ['bias$'] }),
  'patterns, negated': O.matching({ exclude: ['/kernel$'], negate: true }),
  'patterns with exceptions': O.matching({ exclude: ['.'], include: ['^conv_1/kernel$', '^head/kernel$'] }),
  tree: { 'conv_1/kernel': true, 'conv_1/bias': false, 'head/kernel': true, 'head/bias': false },
}

type Params = Record<string, tf.Variable>
const ones = (params: Params) => O.mapTree(params, p => tf.ones(p.shape))
/** Which leaves are not all `from`, in the order of the parameters. */
const moved = (params: Params, tree: unknown, from = 1): boolean[] =>
  Object.keys(params).map(key => numbers((tree as Params)[key]!).some(x => x !== from))

/** The leaves that a mask chooses, by every way there is to a step; in the order of the tree's keys. */
const ways: Readonly<Record<string, (mask: O.Mask, params: Params) => boolean[]>> = {
  update: (mask, params) => {
    const tx = O.masked(O.scale(2), mask)
    return moved(params, tx.update(ones(params), tx.init(params), params)[0])
  },
  'update without params': (mask, params) => {
    const tx = O.masked(O.trace(0.5), mask)
    const [, state] = tx.update(ones(params), tx.init(params))
    return moved(params, tx.update(ones(params), state)[0])
  },
  'through ops': (mask, params) => {
    const mine = { init: () => [], update: (u: unknown, s: unknown) => [u, s] as const }
    const tx = O.chain(mine, O.masked(O.scale(2), mask))
    return moved(params, tx.update(ones(params), tx.init(params), params)[0])
  },
  makeStep: (mask, params) => {
    const before = O.mapTree(params, p => tf.clone(p))
    const tx = O.addDecayedWeights(1, { mask })
    const like = O.mapTree(params, p => tf.fill(p.shape, 0.5))
    O.makeStep(tx)(params, like, tx.init(params))
    const steps = O.mapTree(params, (after, _, from) => tf.round(tf.mul(tf.sub(after, from), 4)), before)
    return moved(params, steps, 2) // half a unit without decay
  },
  'the state': (mask, params) => {
    const { trace } = O.masked(O.trace(0.5), mask).init(params)
    return Object.keys(params).map(key => trace[key] !== null)
  },
}

const fill = (one: LayersModel): void => {
  tf.tidy(() => {
    one.setWeights(one.getWeights().map(w => tf.fill(w.shape, 2)))
  })
}

const hear = async (run: () => unknown): Promise<string[]> => {
  const said: string[] = []
  const { warn } = console
  console.warn = (text: string) => said.push(text)
  try {
    await run()
  } finally {
    console.warn = warn
  }
  return said
}

onBackends('the second and third of a model choose what the first does, in every form and way', async test => {
  const models: LayersModel[] = [model([...names]), model([...names])]
  models.push(await loaded(await saved(compiled(asOptimizer(O.sgd(0.1)), names))))
  const suffixed = models.map(one => Object.keys(uniquely(one)))
  test.match(suffixed[1], [/kernel_\d+$/, /bias_\d+$/, /kernel_\d+$/, /bias_\d+$/], 'tfjs has named them anew')
  const expected = [true, false, true, false]
  for (const one of models) {
    test.strictSame(Object.keys(O.paramsOf(one)), firstNames)
    for (const params of [O.paramsOf(one), uniquely(one)])
      for (const [form, mask] of Object.entries(kernels))
        for (const [way, chosen] of Object.entries(ways)) {
          fill(one)
          tf.tidy(() => test.strictSame(chosen(mask, params), expected, `${form}, ${way}, ${Object.keys(params)[0]}`))
        }
  }
  models.forEach(one => one.dispose())
})

/** Which of a model's weights an optimizer decays: the others stay where a gradient of zero leaves them. */
const decayed = (optimizer: tf.Optimizer, one: LayersModel): boolean[] =>
  tf.tidy(() => {
    fill(one)
    const variables = uniquely(one)
    optimizer.applyGradients(Object.fromEntries(Object.entries(variables).map(([k, p]) => [k, tf.zeros(p.shape)])))
    return moved(variables, variables, 2)
  })

onBackends('shells decay the same weights of every copy, two copies at once too', test => {
  const excludeFromWeightDecay = ['bias$']
  const options = { learningRate: 0.1, excludeFromWeightDecay }
  const makers: Record<string, () => tf.Optimizer> = {
    ...Object.fromEntries(
      Object.entries(kernels).map(([form, mask]) => [
        form,
        () => asOptimizer(O.chain(O.addDecayedWeights(1, { mask }), O.scale(-0.1))),
      ]),
    ),
    AdamWeightDecay: () => new AdamWeightDecay({ ...options, weightDecayRate: 0.5 }),
    // TensorFlow's names end in `:0`, and strict patterns see them
    'AdamWeightDecay, strict': () =>
      new AdamWeightDecay({
        learningRate: 0.1,
        excludeFromWeightDecay: ['bias:0$'],
        weightDecayRate: 0.5,
        strict: true,
      }),
    LAMB: () => new LAMB({ ...options, weightDecayRate: 0.5 }),
    LARS: () => new LARS({ ...options, weightDecayRate: 0.5 }),
  }
  const [one, two] = [model([...names]), model([...names])]
  for (const [form, make] of Object.entries(makers)) {
    const [alone, shared] = [make(), make()]
    test.strictSame(decayed(alone, two), [true, false, true, false], `${form}, the second alone`)
    for (const each of [one, two, one])
      test.strictSame(decayed(shared, each), [true, false, true, false], `${form}, an optimizer of two models`)
    alone.dispose()
    shared.dispose()
  }
  one.dispose()
  two.dispose()
  test.end()
})

/** Weights named as tfjs names copies. */
class Numbered extends layers.Layer {
  static className = 'Numbered'
  override build(): void {
    for (const name of ['w', 'w_1', 'w_2']) this.addWeight(name, [1], 'float32', initializers.ones())
    this.built = true
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(x) ? x[0]! : x
  }
}

t.test('numbers that a user wrote stay', async test => {
  await useBackend('cpu')
  const chosen = (mask: O.Mask, params: Params): string[] =>
    tf.tidy(() => {
      const picked = ways['update']!(mask, params)
      return Object.keys(params).filter((_, i) => picked[i])
    })
  const seen = (params: unknown): string[] => {
    const paths: string[] = []
    O.masked(O.scale(1), path => paths.push(path) > 0).init(params)
    return paths
  }
  const tensors = { 'block/w_1': tf.ones([1]), 'block/w_2': tf.ones([1]), w_1: tf.ones([1]) }
  test.strictSame(seen(tensors), Object.keys(tensors), "keys of a user's own tree of tensors")
  const plain = [variable([1], 'w_1'), variable([1], 'w_2')]
  test.strictSame(seen(Object.fromEntries(plain.map(v => [v.name, v]))), ['w_1', 'w_2'], 'Variables without a slash')
  const odd = ['a/w_0', 'a/w_01', 'a/w_', 'a/w1', 'a_1/w', 'a/w_1'].map(name => variable([1], name))
  const paths = ['a/w', 'a/w1', 'a/w_', 'a/w_0', 'a/w_01', 'a_1/w'] // in tree order
  test.strictSame(seen(Object.fromEntries(odd.map(v => [v.name, v]))).sort(), paths, 'numbers as tfjs writes none')
  test.strictSame(seen({ mine_1: odd[5], 'x/y_7': odd[5] }), ['mine_1', 'x/y_7'], 'a Variable under a key of its user')
  test.strictSame(seen({ 'deep.er': [{ 'a/w_1': odd[5] }] }), ['deep.er.0.a/w'], 'the last key, at any depth')
  test.strictSame(seen([odd[5]]), ['0'])
  test.strictSame(seen(odd[5]), [''])
  O.disposeTree([tensors, plain, odd])

  const build = (): Sequential => sequential({ layers: [new Numbered({ name: 'mlp', inputShape: [1] })] })
  for (const [round, keys] of [
    ['the first', ['mlp/w', 'mlp/w_1', 'mlp/w_2']],
    ['one built after it', ['mlp/w_1', 'mlp/w_1_1', 'mlp/w_2_1']],
  ] as const) {
    const one = build()
    test.strictSame(Object.keys(uniquely(one)), keys, `${round}: what tfjs makes of them`)
    const params = O.paramsOf(one)
    test.strictSame(Object.keys(params), ['mlp/w', 'mlp/w_1', 'mlp/w_2'], round)
    test.strictSame(seen(params), Object.keys(params), `${round}: paramsOf knows them`)
    test.strictSame(
      chosen(path => path.endsWith('w_1'), params),
      ['mlp/w_1'],
    )
    test.strictSame(
      seen(uniquely(one)),
      Object.keys(params),
      `${round}: so do trees by the names of tfjs, from then on`,
    )
    one.dispose()
  }
})

t.test('two weights of one name in a model: the keys are those of tfjs, masks see the name', async test => {
  await useBackend('cpu')
  const inner = () => sequential({ layers: [layers.dense({ name: 'twin', units: 1, inputShape: [1] })] })
  const [generator, discriminator] = [inner(), inner()]
  const both = sequential({ layers: [generator, discriminator] })
  const params = O.paramsOf(both)
  const keys = Object.keys(params)
  test.strictSame(keys, ['twin/kernel', 'twin/bias', 'twin/kernel_1', 'twin/bias_1'])
  tf.tidy(() => {
    for (const mask of [(path: string) => path === 'twin/kernel', { 'twin/kernel': true, 'twin/bias': false }])
      test.strictSame(ways['update']!(mask, params), [true, false, true, false])
    const own = { 'twin/kernel': true, 'twin/bias': false, 'twin/kernel_1': false, 'twin/bias_1': true }
    test.strictSame(ways['update']!(own, params), [true, false, false, true], 'a key of its own wins')
  })
  test.throws(() => O.masked(O.scale(1), { 'twin/kernel': true }).init(params), {
    name: 'ValueError',
    message: 'masked: twin/bias is missing in mask but present in params (a gradient that sits out is null)',
  })
  test.throws(() => O.masked(O.scale(1), { 'twin/kernel': true, 'twin/bias': true, 'twin/b': true }).init(params), {
    message: 'masked: twin/b is present in mask but missing in params',
  })
  both.dispose()
})

t.test('describe prints first names, and those of tfjs where two weights have one', async test => {
  await useBackend('cpu')
  const [one, two] = [model([...names]), model([...names])]
  const tx = O.trace(0.9)
  const namesIn = async (params: Params): Promise<string[]> =>
    [...(await O.describe(tx, tx.init(params))).matchAll(/trace\.(\S+)/g)].map(found => found[1]!)
  test.strictSame(await namesIn(uniquely(two)), [...firstNames].sort())
  const all = { ...uniquely(one), ...uniquely(two) }
  test.strictSame(await namesIn(all), Object.keys(all).sort())
  one.dispose()
  two.dispose()
})

// Built, trained, saved, loaded and disposed in any order, with names that only the process's history explains.
onBackends('whatever models came and went, masks choose the weights of the same layers', async test => {
  const acts = fc.array(fc.tuple(fc.constantFrom('build', 'load', 'dispose', 'train'), fc.nat(9)), { maxLength: 8 })
  const form = fc.constantFrom(...Object.entries(kernels))
  await fc.assert(
    fc.asyncProperty(
      acts,
      form,
      fc.constantFrom(...Object.entries(ways)),
      async (todo, [name, mask], [way, chosen]) => {
        const make = () => asOptimizer(O.chain(O.addDecayedWeights(1, { mask }), O.scale(-0.1)))
        const living: LayersModel[] = []
        const right = 'true,false,true,false'
        const check = (one: LayersModel): void => {
          fill(one)
          const got = tf.tidy(() => [chosen(mask, uniquely(one)), chosen(mask, O.paramsOf(one))])
          const shell = make()
          got.push(decayed(shell, one))
          shell.dispose()
          if (got.some(each => String(each) !== right)) throw new Error(`${name}, ${way}: ${JSON.stringify(got)}`)
        }
        try {
          for (const [act, n] of todo) {
            const old = living[n % Math.max(living.length, 1)]
            if (act === 'build' || old === undefined) living.push(compiled(asOptimizer(O.sgd(0.01)), names))
            else if (act === 'load') {
              living.push(await loaded(await saved(old)))
            } else if (act === 'train') {
              await train(old, 1)
              if (valuesOf(old).flat().some(Number.isNaN)) throw new Error('NaN')
            } else {
              optimizerOf(old).dispose()
              living.splice(living.indexOf(old), 1)[0]?.dispose()
            }
            living.forEach(check)
          }
        } finally {
          living.forEach(one => {
            optimizerOf(one).dispose()
            one.dispose()
          })
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  )
  test.pass()
})

const speaks = async (test: Test, run: () => unknown, expected: readonly RegExp[], what: string): Promise<void> => {
  const said = await hear(run)
  test.equal(said.length, expected.length, `${what}: ${said.join('\n')}`)
  test.match(said, expected, what)
}

t.test('a mask that chooses nothing is said once, wherever it is first asked', async test => {
  await useBackend('cpu')
  const params = { dense: { kernel: tf.ones([1]), bias: tf.ones([1]) }, 'norm/scale': tf.ones([1]) }
  const none = () => (path: string) => path.endsWith('weight')
  const nothing = /masked: the mask does not choose any of the 3 leaves \(dense\.bias, dense\.kernel, norm\/scale\)/
  const entries: Readonly<Record<string, (mask: O.Mask) => unknown>> = {
    'masked.init': mask => O.masked(O.scale(1), mask).init(params),
    'adamw.init': mask => O.adamw(0.1, { mask }).init(params),
    update: mask => O.addDecayedWeights(1, { mask }).update(params, { count: 0 }, params),
    makeStep: mask => O.makeStep(O.addDecayedWeights(1, { mask }))(params, params, { count: 0 }),
    decayParams: mask => O.decayParams(0.1, 1, { mask }).init(params),
    'kerasLamb, decayMask': mask => O.kerasLamb(0.1, { weightDecay: 0.1, decayMask: mask }).init(params),
    'kerasLars, adaptMask': mask => O.kerasLars(0.1, { adaptMask: mask }).init(params),
    ready: mask => O.ready(O.adamw(0.1, { mask }), { params }),
  }
  for (const [entry, call] of Object.entries(entries)) {
    const mask = none()
    const twice = async () => {
      await call(mask)
      await call(mask)
      entries['update']!(mask)
    }
    await speaks(test, twice, [nothing], entry)
  }
  await speaks(test, () => O.explain(O.adamw(0.1, { mask: none() }), { params }), [/explain: the mask/], 'explain')

  const quiet: readonly O.Mask[] = [
    true,
    false,
    { dense: false, 'norm/scale': false },
    { dense: { kernel: false, bias: false }, 'norm/scale': false },
    path => path.includes('kernel'),
    O.matching({}),
    O.matching({ exclude: ['bias'] }),
    O.matching({ exclude: ['LayerNorm', 'bias'], include: ['kernel', 'pooler'] }),
  ]
  for (const mask of quiet)
    await speaks(
      test,
      () => O.kerasLamb(0.1, { decayMask: mask, adaptMask: mask }).init(params),
      [],
      `mask ${quiet.indexOf(mask)}`,
    )
  const absent = { w: null as tf.Tensor | null }
  await speaks(test, () => O.masked(O.scale(1), none()).update(absent, { count: 0 }), [], 'no leaf')

  const lists = O.matching({ exclude: ['Bias$', 'LayerNorm'], include: ['pooler', 'a', 'b', 'c'].map(x => `${x}Z`) })
  const found = [
    /no pattern of include \(poolerZ, aZ, bZ, …\) is found in the name of any of the 3 leaves \(dense\.bias/,
    /no pattern of exclude \(Bias\$, LayerNorm\) is found/,
  ]
  await speaks(test, () => [1, 2].map(() => O.adamw(0.1, { mask: lists }).init(params)), found, 'lists of patterns')
  const all = O.matching({ exclude: ['.'] })
  await speaks(test, () => O.adamw(0.1, { mask: all }).init(params), [], 'excluded one and all')
  const one = (path: string): boolean => path === 'b'
  await speaks(test, () => O.adamw(0.1, { mask: one }).init({ a: tf.ones([1]) }), [/the one leaf \(a\)/], 'one leaf')
  O.disposeTree(params)
})

t.test("Keras's lists say it once too, however often settings change", async test => {
  await useBackend('cpu')
  const one = model([...names])
  const classes = { AdamWeightDecay, LAMB, LARS }
  for (const [name, Class] of Object.entries(classes)) {
    const run = (excludeFromWeightDecay: string[]) => () => {
      const optimizer = new Class({ learningRate: 0.1, weightDecayRate: 0.5, excludeFromWeightDecay })
      for (let i = 0; i < 3; i++) {
        optimizer.learningRate = 0.1 / (i + 1)
        decayed(optimizer, one)
      }
      optimizer.dispose()
    }
    await speaks(test, run(['beta']), [/the list to exclude \(beta\) is found/], name)
    await speaks(test, run(['LayerNorm', 'bias']), [], name)
  }
  one.dispose()
})
