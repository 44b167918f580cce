/**
 * The Model Garden's OptimizerFactory and create_optimizer: what the real ones make of a config and what they refuse
 * (golden/factory.json), upstream's own tests through ours (M is `optimizer_factory_test.py`), and every fault reported.
 */
import { readFileSync } from 'node:fs'
import { either as E } from 'fp-ts'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as L from '../../lib/legacy.js'
import { leftBehind, numbers, onBackends, useBackend } from '../setup.js'
import type { Shell } from './subjects.js'

type Json = Readonly<Record<string, unknown>>
/** What is not finite stands as a string. */
type Values = readonly (number | string)[]
interface Row {
  readonly name: string
  readonly class: string
  readonly rates: Values
  readonly steps: readonly { readonly vars: readonly Values[]; readonly averages?: readonly Values[] }[]
}
type Configured = Row & { readonly config: Json; readonly written: Json }
type Created = Row & { readonly arguments: readonly [number, number, number]; readonly options: Json }
const golden = JSON.parse(readFileSync('test/golden/factory.json', 'utf8')) as {
  readonly variables: readonly { readonly name: string; readonly init: number[] }[]
  readonly grads: readonly number[][][]
  readonly at: readonly number[]
  readonly configs: readonly Configured[]
  readonly created: readonly Created[]
  readonly refused: readonly { readonly name: string; readonly config: Json; readonly error: string | null }[]
  readonly vectors: readonly {
    readonly name: string
    readonly config: Json
    readonly points: readonly (readonly [step: number, rate: number])[]
    readonly decimals: number
  }[]
}

type Made = Shell & Pick<L.AdamWeightDecay, 'name' | 'learningRate' | 'getSlot'>
const made = (config: unknown, options?: L.OptimizerFromConfigOptions): Made => {
  const read = L.optimizerFromConfig(config, options)
  if (E.isLeft(read)) throw read.left
  return read.right as Made
}
const rateAt = ({ learningRate }: Made, step: number): number =>
  Math.fround(typeof learningRate === 'function' ? learningRate(step) : (learningRate as number))

/** How far apart two float32 lists are, in parts of the greatest magnitude: 0 for the same bits. */
const apart = (got: readonly number[], given: Values): number => {
  const want = given.map(Number)
  const most = Math.max(...want.map(Math.abs))
  const distances = want.map((x, i) => (Object.is(got[i], x) ? 0 : Math.abs((got[i] ?? NaN) - x) / most))
  return got.length === want.length ? Math.max(...distances) : NaN
}

/** Sums of squares are in float64 here and in float32 there, so a norm may be an ulp or two away; all else is to the bit. */
const allowed = ({ class: kind, name }: Row, optimizer: Made): number => {
  const { gradientClipNorm = 0 } = optimizer as { gradientClipNorm?: number }
  return ['LAMB', 'LARS'].includes(kind) || name.endsWith('clipnorm') || gradientClipNorm > 0 ? 2 ** -22 : 0
}

const onVariables = (use: (variables: readonly tf.Variable[]) => unknown): void => {
  const variables = golden.variables.map(({ name, init }) => tf.tidy(() => tf.variable(tf.tensor1d(init), true, name)))
  try {
    use(variables)
  } finally {
    tf.dispose(variables)
  }
}
const step = (optimizer: Made, variables: readonly tf.Variable[], gradients: readonly (readonly number[])[]): unknown =>
  tf.tidy(() =>
    optimizer.applyGradients(variables.map((v, i) => [tf.tensor1d([...gradients[i]!]), v] as const) as never),
  )

const compare = (test: Test, row: Row, make: () => Made, name: string): void => {
  const optimizer = make()
  test.equal((optimizer.constructor as typeof L.SGD).className, row.class, `${row.name}: class`)
  test.equal(optimizer.name, name, `${row.name}: name`)
  // upstream has NaN from the last boundary of a step cosine on; here it stays at the last value
  const rates = row.rates.map(rate => (rate === 'NaN' ? Math.fround(0.05) : Number(rate)))
  test.strictSame(
    golden.at.map(count => rateAt(optimizer, count)),
    rates,
    `${row.name}: rates to the bit`,
  )
  onVariables(variables => {
    const most = allowed(row, optimizer)
    row.steps.forEach(({ vars, averages = [] }, k) => {
      const run = (): unknown => step(optimizer, variables, golden.grads[k]!)
      // upstream goes on from an infinite rate with infinite variables; here such a step is refused
      if (rates[0] === Infinity) {
        test.throws(run, { message: /learningRate must be finite in float32, its schedule gave Infinity at count 0/ })
        test.strictSame(numbers(variables[0]!), golden.variables[0]!.init, `${row.name}: and nothing changes`)
        return
      }
      run()
      const slots = averages.map((_, i) => numbers(optimizer.getSlot(variables[i]!, 'average')))
      const want = [...vars, ...averages]
      const distances = [...variables.map(numbers), ...slots].map((got, i) => apart(got, want[i]!))
      test.ok(Math.max(...distances) <= most, `${row.name}: step ${k + 1} is ${distances.join(' ')} apart of ${most}`)
    })
  })
  optimizer.dispose()
}

onBackends('configs make what they make in the Model Garden, as given and as it writes them', async test => {
  for (const row of golden.configs) {
    const { optimizer, ema } = row.written as Readonly<Record<string, Json | null>>
    const { name } = (ema ?? optimizer![optimizer!['type'] as string]) as { readonly name: string }
    for (const config of [row.config, row.written])
      test.equal(
        await leftBehind(() => compare(test, row, () => made(config), name)),
        0,
        `${row.name}: nothing is left`,
      )
  }
  const odd = golden.configs.filter(({ rates }) => !rates.every(Number.isFinite)).map(({ name }) => name)
  test.strictSame(odd, ['adamw_cycle_before_offset', 'rmsprop_step_cosine'], 'all other rates are finite upstream')
  test.ok(golden.configs.length > 20, `${golden.configs.length} configs`)
})

onBackends('createOptimizer makes what create_optimizer makes', async test => {
  for (const row of golden.created) {
    const { end_lr: endLr, optimizer_type: optimizerType, beta_1: beta1, poly_power: polyPower } = row.options
    const given = { endLr, optimizerType, beta1, polyPower } as L.CreateOptimizerOptions
    const make = (): Made => L.createOptimizer(...row.arguments, given)
    test.equal(await leftBehind(() => compare(test, row, make, row.class)), 0, `${row.name}: nothing is left`)
  }
  test.equal(golden.created.length, 5)
})

// Upstream's tests

const of = (type: string, config: Json): Json => ({ type, [type]: config })
const constant = (rate: number) => of('constant', { learning_rate: rate })

t.test('M test_optimizers: each type with defaults is its class with defaults', async test => {
  await useBackend('cpu')
  const classes = { sgd: L.SGD, rmsprop: L.RMSprop, adam: L.Adam, adamw: L.AdamWeightDecay, lamb: L.LAMB, lars: L.LARS }
  for (const [type, make] of Object.entries({ ...classes, adagrad: L.Adagrad })) {
    const optimizer = made({ optimizer: { type }, learning_rate: constant(0.1) })
    test.equal(optimizer.constructor, make, type)
    test.strictSame(optimizer.getConfig(), new make({ learningRate: 0.1 }).getConfig(), type)
  }
})

onBackends('M test_gradient_aggregator, test_gradient_clipping', test => {
  const run = (
    config: Json,
    options: L.OptimizerFromConfigOptions,
    gradients: readonly (readonly number[])[],
  ): number[][] => {
    const optimizer = made({ ...config, learning_rate: constant(1) }, options)
    const variables = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])].map(start => tf.variable(start))
    step(optimizer, variables, gradients)
    const values = variables.map(numbers)
    optimizer.dispose()
    tf.dispose(variables)
    return values
  }
  tf.tidy(() => {
    const [ones, apiece] = [
      [1, 1],
      [0.1, 0.1],
    ] as const
    const gradientAggregator: L.OptimizerFromConfigOptions['gradientAggregator'] = pairs =>
      pairs.map(([g, v]) => [tf.zerosLike(g as tf.Tensor), v] as const)
    const still = run({ optimizer: { type: 'adam' } }, { gradientAggregator }, [ones, ones])
    test.strictSame(still.flat(), [1, 2, 3, 4], 'M test_gradient_aggregator: nothing moves')
    const doubled = run({ optimizer: { type: 'sgd' } }, { gradientTransformers: [pairs => [...pairs, ...pairs]] }, [
      ones,
      ones,
    ])
    test.strictSame(doubled.flat(), [-1, 0, 1, 2], 'and transformers')
    for (const [clipnorm, clipvalue, want] of [
      [null, null, [1, 1]],
      [1, null, [2.4452999, 3.1679497]],
      [null, 1, [2, 3]],
    ] as const) {
      const [first, second] = run({ optimizer: of('sgd', { clipnorm, clipvalue }) }, {}, [apiece, [2, 3]])
      const distance = Math.max(apart(first!, [0.9, 1.9]), apart(second!, want))
      test.ok(distance < 1e-6, `M test_gradient_clipping: clipnorm ${clipnorm}, clipvalue ${clipvalue}: ${distance}`)
    }
  })
})

for (const { name, config, points, decimals } of golden.vectors)
  t.test(`M test_${name}`, test => {
    const optimizer = made(config)
    for (const [count, want] of points) {
      const got = rateAt(optimizer, count)
      test.ok(Math.abs(got - want) < 0.5 / 10 ** decimals, `${got} at ${count}, ${want} expected`)
    }
    test.end()
  })

// Faults

/** The faults of a config; nothing may be thrown or allocated. */
const faultsOf = (test: Test, config: unknown, options?: L.OptimizerFromConfigOptions): readonly string[] => {
  const before = tf.memory().numTensors
  const read = L.optimizerFromConfig(config, options)
  if (E.isRight(read)) read.right.dispose()
  test.equal(tf.memory().numTensors, before, 'nothing is allocated')
  return E.isLeft(read) ? read.left.faults : []
}
const rate = constant(0.1)

t.test('what the Model Garden refuses is refused, and what it passes over: unknown keys', async test => {
  await useBackend('cpu')
  const says: Readonly<Record<string, string>> = {
    slide: 'optimizer.type: slide is not open source upstream; take adamw or lamb',
    adafactor: 'optimizer.type: adafactor is not open source upstream; take adamw',
    optimizer_missing: 'optimizer.type: the type of the optimizer must be specified',
    optimizer_without_type: 'optimizer.type: the type of the optimizer must be specified',
    optimizer_type_null: 'optimizer.type: the type of the optimizer must be specified',
    optimizer_type_unknown: 'optimizer.type: expected one of sgd, adam, adamw, lamb, rmsprop, lars, adagrad, ',
    optimizer_null: 'optimizer.adam: expected a record, got null',
    rate_missing: 'learning_rate.type: the type of the learning rate must be specified',
    rate_type_unknown:
      'learning_rate.type: expected one of constant, stepwise, exponential, polynomial, cosine, power, ',
    rate_null: 'learning_rate.constant: expected a record, got null',
    rate_without_steps: 'learning_rate.power_linear.total_decay_steps: expected a number, got nothing',
    warmup_type_unknown: 'warmup.type: expected one of linear, polynomial, got "cosine"',
    warmup_without_steps: 'warmup.linear.warmup_steps: expected a number, got nothing',
    key_unknown: 'optimiser: unknown key, expected one of optimizer, learning_rate, warmup, ema',
    key_of_choices_unknown: 'optimizer.adamax: unknown key, expected one of type, sgd, adam, ',
    key_of_optimizer_unknown: 'optimizer.adam.beta_3: unknown key, expected one of name, decay, clipnorm, ',
    key_of_another_optimizer: 'optimizer.adam.weight_decay_rate: unknown key, ',
    key_in_camel_case: 'optimizer.adam.beta1: unknown key, ',
    rate_in_optimizer: 'optimizer.adam.learning_rate: unknown key, ',
    old_rate_in_optimizer: 'optimizer.adam.lr: unknown key, ',
    key_of_rate_unknown: 'learning_rate.constant.rate: unknown key, expected one of name, learning_rate',
    key_of_schedule_unknown: 'learning_rate.polynomial.warmup: unknown key, expected one of initial_learning_rate, ',
    key_of_warmup_unknown: 'warmup.linear.after_warmup_lr_sched: unknown key, expected one of warmup_steps, ',
    key_of_average_unknown: 'ema.decay: unknown key, expected one of name, trainable_weights_only, average_decay, ',
    clipnorm_negative: 'optimizer.sgd.clipnorm: expected a finite number above 0, or null, got -1',
  }
  for (const { name, config } of golden.refused) {
    const [first = '', ...rest] = faultsOf(test, config)
    test.equal(first.slice(0, says[name]?.length), says[name] ?? '', name)
    test.strictSame(rest, [], `${name}: and no other fault`)
  }
  // `decay` is a key of no config there, but its Adam takes it, and so does ours
  const refused = golden.refused.map(({ name }) => name).filter(name => name !== 'decay_of_adam')
  test.strictSame(refused, Object.keys(says))
  const passed = golden.refused.filter(({ error }) => error === null).map(({ name }) => name)
  const others = ['key_of_rate_unknown', 'key_of_average_unknown']
  const rates = ['rate_in_optimizer', 'old_rate_in_optimizer', 'decay_of_adam']
  test.strictSame(passed, ['key_unknown', 'key_of_choices_unknown', ...rates, ...others], 'passed over there')
})

t.test('every fault of a config is reported, each with its path', test => {
  const norms = { clipnorm: 1, global_clipnorm: 1 }
  const config = {
    optimiser: {},
    optimizer: {
      type: 'adamw',
      adamax: {},
      adamw: { beta_1: 2, gradient_clip_norm: null, exclude_from_weight_decay: 'bias', ...norms, typo: 1 },
    },
    learning_rate: { type: 'exponential', exponential: { decay_steps: 0, decay_rate: '1', typo: 1 } },
    warmup: { type: 'polynomial', polynomial: { warmup_steps: null, power: 'x' } },
    ema: { average_decay: 1, start_step: 0.5, clipnorm: 1 },
  }
  const faults = faultsOf(test, config)
  const paths = faults.map(fault => fault.replace(/: .*/, '')).join(' ')
  test.equal(
    paths,
    'optimiser learning_rate.exponential.typo learning_rate.exponential.initial_learning_rate ' +
      'learning_rate.exponential.decay_steps learning_rate.exponential.decay_rate ' +
      'warmup.polynomial.warmup_steps warmup.polynomial.power optimizer.adamax optimizer.adamw.typo ' +
      'optimizer.adamw.beta_1 optimizer.adamw.exclude_from_weight_decay optimizer.adamw.gradient_clip_norm ' +
      'optimizer.adamw ema.clipnorm ema.average_decay ema.start_step',
  )
  test.equal(
    faults[12],
    'optimizer.adamw: AdamWeightDecay: clipnorm and global_clipnorm cannot both be set, got 1 and 1',
  )
  const read = L.optimizerFromConfig(config)
  const message = /^optimizerFromConfig: 16 faults\n {2}optimiser: /
  test.match(E.isLeft(read) && read.left, { name: 'ValueError', message })
  test.strictSame(faultsOf(test, { optimizer: { type: 1, typo: 1 }, learning_rate: 3, warmup: [], ema: true }), [
    'learning_rate: expected a record with a type, got 3',
    'warmup: expected a record with a type, got an array of 0',
    'optimizer.typo: unknown key, expected one of type, sgd, adam, adamw, lamb, rmsprop, lars, adagrad, ' +
      'sgd_experimental, adam_experimental, adamw_experimental, slide, adafactor, adafactor_keras',
    'optimizer.type: expected one of sgd, adam, adamw, lamb, rmsprop, lars, adagrad, got 1',
    'ema: expected a record or null, got true',
  ])
  for (const json of [null, undefined, 'adam', []])
    test.match(faultsOf(test, json), [/^config: expected a record, got (null|undefined|"adam"|an array of 0)$/])
  const one = (type: string, learning_rate = rate) => faultsOf(test, { optimizer: { type }, learning_rate })
  for (const learning_rate of [constant(-1), constant(NaN), constant(1e39), of('constant', { learning_rate: null })])
    test.match(one('sgd', learning_rate), [
      /^learning_rate.constant.learning_rate: expected a finite number of at least 0, got (-1|NaN|1e\+39|null)$/,
    ])
  for (const [type, instead] of Object.entries({
    sgd_experimental: 'sgd',
    adam_experimental: 'adam',
    adamw_experimental: 'adamw here',
    adafactor_keras: 'adamw',
  }))
    test.match(one(type), [`optimizer.type: ${type} is one of the new Keras optimizers; take ${instead}`])
  test.match(one('toString'), [/^optimizer.type: expected one of sgd, .*adagrad, got "toString"$/])
  const calm = { optimizer: { type: 'sgd', adam: {} }, learning_rate: rate, warmup: { linear: {} }, ema: null }
  test.strictSame(faultsOf(test, calm), [], 'a warm-up without a type is none, as upstream; other choices are not read')
  test.throws(() => L.optimizerFromConfig(calm, { typo: 1 } as never), { name: 'TypeError', message: /typo/ })
  test.end()
})

onBackends('M test_registry, test_wrong_return_type: optimizers of your own', async test => {
  const config = { optimizer: of('mine', { beta_1: 0.5 }), learning_rate: constant(0.25), ema: { start_step: 2 } }
  const seen: unknown[] = []
  const mine: L.MakeOptimizer = options => {
    seen.push(options)
    return tf.train.adam(options['learningRate'] as number, options['beta1'] as number)
  }
  const optimizers = { mine }
  test.equal(
    await leftBehind(() => {
      const optimizer = made(config, { optimizers }) as unknown as L.ExponentialMovingAverage
      test.strictSame(seen, [{ beta1: 0.5, learningRate: 0.25 }], 'it gets the options in camel case, and the rate')
      onVariables(variables => step(optimizer, variables, golden.grads[0]!))
      test.equal(optimizer.optimizer.getClassName(), 'Adam')
      optimizer.dispose()
    }),
    0,
  )
  const broken = { ...config, learning_rate: constant(-1), ema: { start_step: -1 } }
  test.equal(faultsOf(test, broken, { optimizers }).length, 2, 'what it allocates is freed if another part is at fault')
  test.strictSame(faultsOf(test, { ...config, optimizer: of('mine', { lr: 1, learning_rate: 1 }) }, { optimizers }), [
    'optimizer.mine.lr: unknown key, the rate is that of learning_rate',
    'optimizer.mine.learning_rate: unknown key, the rate is that of learning_rate',
  ])
  const fails: L.MakeOptimizer = () => {
    throw new RangeError('Mine: beta1 must be small\nand more')
  }
  test.strictSame(faultsOf(test, config, { optimizers: { mine: fails } }), [
    'optimizer.mine.beta_1: expected small',
    'optimizer.mine: and more',
  ])
  const nothing = (() => null) as unknown as L.MakeOptimizer
  test.strictSame(faultsOf(test, config, { optimizers: { mine: nothing } }), [
    'optimizer.mine: expected a tf.Optimizer, got null',
  ])
  const message = /must be a tf.Optimizer or its config .*, got null$/
  test.throws(() => new L.ExponentialMovingAverage(null as never), { name: 'TypeError', message })
  test.strictSame(faultsOf(test, config, { optimizers: { mine, adam: mine, slide: mine } }), [
    'optimizers: adam is registered already',
    'optimizers: slide is registered already',
  ])
  test.match(faultsOf(test, config), [/^optimizer.mine: unknown key/, /^optimizer.type: .*got "mine"$/])
  const named = { optimizer: { type: 'toString' }, learning_rate: constant(1) }
  test.strictSame(faultsOf(test, named, { optimizers: { toString: mine } }), [], 'a name of every object, too')
})

t.test('createOptimizer refuses what create_optimizer cannot use', test => {
  const refused = (make: () => unknown, name: string, message: RegExp): unknown => test.throws(make, { name, message })
  const type = { optimizerType: 'sgd' } as never
  refused(() => L.createOptimizer(0.1, 10, 0, type), 'ValueError', /optimizerType must be 'adamw' or 'lamb', got sgd/)
  refused(() => L.createOptimizer(0.1, 10, 0, { typo: 1 } as never), 'TypeError', /typo/)
  refused(() => L.createOptimizer(0.1, 0, 0), 'ValueError', /decaySteps must be positive/)
  refused(() => L.createOptimizer(0.1, 10, -1), 'ValueError', /warmupSteps must be/)
  refused(() => L.createOptimizer(0.1, 10, 0, { beta1: 1 }), 'ValueError', /beta1 must be/)
  test.end()
})
