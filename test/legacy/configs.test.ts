/**
 * Configs of Keras's stateful optimizers: any valid one is read as it was written, through JSON and through what tfjs makes
 * of it; Python's class reads ours (golden/check_configs.py did, golden/adamw_configs.json has what it read), and its are
 * read here.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers'
import { ValueError } from '../../lib/index.js'
import {
  Adam,
  AdamWeightDecay,
  kerasCosineDecay,
  kerasExponentialDecay,
  kerasPiecewiseConstantDecay,
  kerasPolynomialDecay,
  kerasWarmUp,
  serializeSchedule,
  type KerasSchedule,
} from '../../lib/legacy.js'
import { useBackend } from '../setup.js'

type Config = Readonly<Record<string, unknown>>
const fromConfig = (config: Config) => AdamWeightDecay.fromConfig<AdamWeightDecay>(config)
const ofSettings = (settings: object) =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      typeof value === 'function' ? serializeSchedule(value as KerasSchedule) : (value as unknown),
    ]),
  )

// Any valid options

const float = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(x => (x === 0 ? 0 : x))
const rate = float(1e-8, 1)
const steps = fc.integer({ min: 1, max: 1000 })
const simple: fc.Arbitrary<KerasSchedule> = fc.oneof(
  fc
    .record({
      initialLearningRate: rate,
      decaySteps: steps,
      endLearningRate: rate,
      power: float(0.5, 2),
      cycle: fc.boolean(),
    })
    .map(kerasPolynomialDecay),
  fc
    .record({
      initialLearningRate: rate,
      decaySteps: steps,
      decayRate: float(0.1, 1),
      name: fc.constantFrom('a_b_c', null),
    })
    .map(kerasExponentialDecay),
  fc.record({ initialLearningRate: rate, decaySteps: steps, alpha: float(0, 1) }).map(kerasCosineDecay),
  fc.record({ boundaries: fc.constant([10, 20]), values: fc.tuple(rate, rate, rate) }).map(kerasPiecewiseConstantDecay),
)
const schedule = fc.oneof(
  simple,
  fc
    .record({ initialLearningRate: rate, decayScheduleFn: simple, warmupSteps: steps, power: float(0.5, 2) })
    .map(kerasWarmUp),
)
const piece = fc.constantFrom(
  'layer_norm',
  'LayerNorm',
  '_',
  '__',
  'bias',
  '^',
  '$',
  '.*',
  '[a-z_]+',
  '(?:a_b|c)',
  String.raw`\d_`,
  String.raw`\\_`,
  String.raw`\.`,
  '/',
  ':0',
)
const patterns = fc.option(
  fc.array(
    fc.array(piece, { minLength: 1, maxLength: 4 }).map(all => all.join('')),
    { maxLength: 3 },
  ),
)
const valid = fc
  .record(
    {
      name: fc.constantFrom('AdamWeightDecay', 'my_own_adam', '_', 'a__b_'),
      learningRate: fc.oneof(rate, schedule),
      decay: float(0, 1),
      beta1: float(0, 0.999),
      beta2: fc.oneof(float(0, 0.999), schedule),
      epsilon: float(1e-10, 1),
      amsgrad: fc.boolean(),
      weightDecayRate: float(0, 1),
      includeInWeightDecay: patterns,
      excludeFromWeightDecay: patterns,
      gradientClipNorm: fc.oneof(fc.constant(0), float(0.1, 10)),
      clipnorm: fc.option(float(0.1, 10)),
      clipvalue: fc.option(float(0.1, 10)),
      globalClipnorm: fc.option(float(0.1, 10)),
    },
    { requiredKeys: [] },
  )
  .map(options => (options.clipnorm == null ? options : { ...options, globalClipnorm: null }))

t.test('any valid config is read as it was written, and through JSON', async test => {
  await useBackend('cpu')
  fc.assert(
    fc.property(valid, options => {
      const one = new AdamWeightDecay(options)
      const config = one.getConfig()
      const json = JSON.stringify(config)
      const want = ofSettings(one.settings)
      test.strictSame(ofSettings(fromConfig(config).settings), want)
      test.strictSame(ofSettings(fromConfig(JSON.parse(json) as Config).settings), want)
      test.strictSame(JSON.stringify(fromConfig(config).getConfig()), json)
      test.equal(JSON.stringify(config), json, 'the config is not touched')
    }),
    { numRuns: 60 },
  )
})

t.test('and through a model that is saved and loaded', async test => {
  await useBackend('cpu')
  tf.serialization.registerClass(AdamWeightDecay)
  await fc.assert(
    fc.asyncProperty(valid, async options => {
      // a rate's schedule as a beta may be out of range, which saving finds
      fc.pre([options.beta1, options.beta2].every(beta => typeof beta !== 'function'))
      const optimizer = new AdamWeightDecay(options)
      const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
      model.compile({ optimizer, loss: 'meanSquaredError' })
      let saved: tf.io.ModelArtifacts = {}
      const info = { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } }
      const keep = (artifacts: tf.io.ModelArtifacts) => Promise.resolve(((saved = artifacts), info))
      await model.save(tf.io.withSaveHandler(keep), { includeOptimizer: true })
      const file = JSON.parse(JSON.stringify({ ...saved, weightData: undefined })) as tf.io.ModelArtifacts
      const loaded = await loadLayersModel(tf.io.fromMemory({ ...file, weightData: saved.weightData! }))
      test.ok(loaded.optimizer instanceof AdamWeightDecay)
      test.strictSame(ofSettings((loaded.optimizer as AdamWeightDecay).settings), ofSettings(optimizer.settings))
      loaded.optimizer.dispose()
      optimizer.dispose()
      loaded.dispose()
      model.dispose()
    }),
    { numRuns: 12, examples: [[{ excludeFromWeightDecay: ['layer_norm', '_'], name: 'a__b_' }]] },
  )
})

// Several faults at once

const faults: readonly (readonly [key: string, value: unknown])[] = [
  ['name', ''],
  ['learningRate', -1],
  ['decay', -0.1],
  ['beta1', 1],
  ['beta2', 'x'],
  ['epsilon', 0],
  ['amsgrad', 3],
  ['weightDecayRate', NaN],
  ['includeInWeightDecay', ['(']],
  ['excludeFromWeightDecay', 'bias'],
  ['gradientClipNorm', Infinity],
  ['clipvalue', -1],
  ['gradientAggregator', {}],
  ['gradientTransformers', [1]],
  ['strict', 1],
]

t.test('a config with faults: every one of them, a line each', test => {
  const some = fc.subarray([...faults], { minLength: 1 })
  fc.assert(
    fc.property(valid, some, fc.boolean(), (options, wrong, both) => {
      const keys = wrong.map(([key]) => key)
      const clips = both ? { clipnorm: 1, globalClipnorm: 2 } : {}
      const given = { ...options, ...Object.fromEntries(wrong), ...clips }
      try {
        new AdamWeightDecay(given)
      } catch (cause) {
        test.equal((cause as Error).constructor, ValueError)
        const lines = (cause as Error).message.split('\n')
        const said = lines.map(line => /^AdamWeightDecay: (\w+)/.exec(line)?.[1])
        test.strictSame(new Set(said), new Set(both ? [...keys, 'clipnorm'] : keys), lines.join(' | '))
        test.equal(lines.length, keys.length + (both ? 1 : 0))
        return
      }
      test.fail(`nothing thrown for ${keys.join()}`)
    }),
    { numRuns: 60 },
  )
  test.end()
})

t.test('what fromConfig refuses names the argument and the place', test => {
  const wrong: readonly (readonly [Config, RegExp])[] = [
    [{ learning_rate: { class_name: 'Nothing', config: {} } }, /learning_rate\.class_name.*"Nothing"/],
    [
      { learning_rate: { class_name: 'CosineDecay', config: { initial_learning_rate: 1, decay_steps: 'x' } } },
      /learning_rate\.decay_steps.*"x"/,
    ],
    [{ beta_1: { class_name: 'CosineDecay', config: { initial_learning_rate: 1 } } }, /beta_1\.decay_steps.*nothing/],
    [
      { clipnorm: { class_name: 'CosineDecay', config: { initial_learning_rate: 1, decay_steps: 2 } } },
      /clipnorm must be/,
    ],
    [{ beta_1: 1, epsilon: 0 }, /beta1 must be[^]*epsilon must be/],
    [{ beta_1: 0.8, beta1: 0.9 }, /beta1 is given twice, as beta_1 and beta1/],
  ]
  for (const [config, says] of wrong)
    test.throws(() => fromConfig(config), { name: 'ValueError', message: says }, String(says))
  test.throws(() => fromConfig({ jit_compile: true }), { name: 'TypeError', message: /jit_compile/ })
  test.end()
})

t.test('fromConfig touches nothing it is given, takes lr, and makes schedules of your own', async test => {
  await useBackend('cpu')
  const inner = Object.freeze({ class_name: 'Mine', config: Object.freeze({ peak: 3 }) })
  const config = Object.freeze({ lr: inner, exclude_from_weight_decay: Object.freeze(['a_b']) })
  const made = AdamWeightDecay.fromConfig<AdamWeightDecay>(config, {
    Mine:
      ({ peak }) =>
      k =>
        Number(peak) + k,
  })
  test.equal((made.learningRate as (k: number) => number)(2), 5)
  test.equal(made.getConfig()['learning_rate'], 3, 'a function is written as its value now')
  test.strictSame(made.settings.excludeFromWeightDecay, ['a_b'])
  test.equal(fromConfig({ learning_rate: 0.5, lr: 0.25 }).learningRate, 0.25, 'lr goes before')
  test.equal(fromConfig({ lr: 0.25, learning_rate: 0.5 }).learningRate, 0.25, 'in either order')
  const { name, learningRate } = Adam.fromConfig<Adam>(Adam, { name: 'Adam', learning_rate: 0.5, customObjects: {} })
  test.strictSame([name, learningRate], ['Adam', 0.5], 'as tfjs calls it')
})

// Python

/** What Python's class is shown. */
const shown: readonly object[] = [
  {},
  { learningRate: 2e-5, weightDecayRate: 0.01, excludeFromWeightDecay: ['LayerNorm', 'layer_norm', 'bias'] },
  { includeInWeightDecay: ['a_b', String.raw`\d_$`], gradientClipNorm: 0, name: 'my_own' },
  { beta1: 0.8, beta2: 0.95, epsilon: 1e-6, amsgrad: true, decay: 0.1 },
  { clipnorm: 1, clipvalue: 0.5 },
  { globalClipnorm: 2.5, gradientClipNorm: 3 },
  {
    learningRate: kerasPolynomialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      endLearningRate: 0.01,
      power: 2,
      cycle: true,
    }),
  },
  {
    learningRate: kerasExponentialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      decayRate: 0.5,
      staircase: true,
      name: 'a_b',
    }),
  },
  { learningRate: kerasPiecewiseConstantDecay({ boundaries: [5, 10], values: [1, 0.5, 0.1] }) },
  {
    learningRate: kerasCosineDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      alpha: 0.1,
      warmupTarget: 0.5,
      warmupSteps: 3,
    }),
  },
  {
    learningRate: kerasWarmUp({
      initialLearningRate: 2e-5,
      decayScheduleFn: kerasPolynomialDecay({ initialLearningRate: 2e-5, decaySteps: 100, endLearningRate: 0 }),
      warmupSteps: 10,
    }),
    weightDecayRate: 0.01,
    epsilon: 1e-6,
  },
  { strict: true, weightDecayRate: 0.1, excludeFromWeightDecay: ['bias'] },
]
const at = [0, 1, 4, 5, 9, 10, 11, 100]
const ratesOf = ({ learningRate }: AdamWeightDecay) =>
  at.map(k => Math.fround(typeof learningRate === 'function' ? learningRate(k) : (learningRate as number)))

t.test('the configs that Python has read', async test => {
  await useBackend('cpu')
  const file = 'test/golden/adamw_configs.json'
  const made = shown.map(options => {
    const one = new AdamWeightDecay(options)
    return { config: one.getConfig(), rates: ratesOf(one) }
  })
  const text = `[\n${made.map(one => JSON.stringify(one)).join(',\n')}\n]\n`
  if (process.env['TAP_SNAPSHOT'] === '1') writeFileSync(file, text)
  test.equal(readFileSync(file, 'utf8'), text, 'run this with TAP_SNAPSHOT=1, then golden/check_configs.py')
})

interface FromPython {
  readonly title: string
  readonly config: Config
  readonly rates: readonly number[]
}
t.test('configs that Python has made', async test => {
  await useBackend('cpu')
  const cases = JSON.parse(readFileSync('test/golden/python_configs.json', 'utf8')) as readonly FromPython[]
  for (const { title, config, rates } of cases) {
    const one = fromConfig(config)
    test.strictSame(ratesOf(one), rates, `${title}: the same rates, to the bit`)
    const written = one.getConfig()
    for (const [key, value] of Object.entries(config))
      if (typeof value !== 'object') test.strictSame(written[key], value, `${title}: ${key} is written again`)
    test.strictSame(ofSettings(fromConfig(written).settings), ofSettings(one.settings), `${title}: and read again`)
  }
  test.ok(cases.length > 10)
})
