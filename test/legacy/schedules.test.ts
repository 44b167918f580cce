/** Keras's schedules: golden numbers bit for bit, upstream's own tests, bad arguments, and JSON both ways. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t, { type Test } from 'tap'
import '../../lib/complete.js'
import { kerasCosineDecay } from '../../lib/legacy/schedules/cosine.js'
import type { ScheduleKind } from '../../lib/legacy/schedules/define.js'
import { deserializeSchedule, type DeserializeOptions } from '../../lib/legacy/schedules/deserialize.js'
import { kerasExponentialDecay, kerasInverseTimeDecay } from '../../lib/legacy/schedules/exponential.js'
import type { KerasSchedule } from '../../lib/config/kerasSchedule.js'
import {
  kerasCosineDecayWithOffset,
  kerasExponentialDecayWithOffset,
  kerasPiecewiseConstantDecayWithOffset,
  kerasPolynomialDecayWithOffset,
} from '../../lib/legacy/schedules/offset.js'
import { kerasPiecewiseConstantDecay } from '../../lib/legacy/schedules/piecewise.js'
import { kerasPolynomialDecay } from '../../lib/legacy/schedules/polynomial.js'
import {
  kerasDirectPowerDecay,
  kerasPowerAndLinearDecay,
  kerasPowerDecayWithOffset,
} from '../../lib/legacy/schedules/power.js'
import { kindsByName } from '../../lib/legacy/schedules/registry.js'
import { kerasCosineDecayRestarts } from '../../lib/legacy/schedules/restarts.js'
import { withStrict } from '../../lib/config/kerasSchedule.js'
import type { Json } from '../../lib/config/json.js'
import { serializeSchedule } from '../../lib/legacy/schedules/serialize.js'
import { kerasStepCosineDecayWithOffset } from '../../lib/legacy/schedules/stepCosine.js'
import { kerasLinearWarmup, kerasPolynomialWarmUp, kerasWarmUp } from '../../lib/legacy/schedules/warmup.js'

interface Case {
  readonly schedule: string
  readonly args: Readonly<Record<string, unknown>>
  readonly points: readonly (readonly [number, number | 'nan'])[]
}
const { schedules: cases } = JSON.parse(readFileSync('test/golden/keras_schedules.json', 'utf8')) as {
  schedules: readonly Case[]
}

const right = (read: E.Either<Error, KerasSchedule>): KerasSchedule => {
  if (E.isLeft(read)) throw read.left
  return read.right
}

/** A schedule of the golden file: `[class, args]` stands for an inner one. */
const fromCase = (name: string, args: Case['args'], options: DeserializeOptions): KerasSchedule => {
  const inner = (value: unknown): unknown =>
    Array.isArray(value) && typeof value[0] === 'string' ? { class_name: value[0], config: value[1] as unknown } : value
  const config = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, inner(value)]))
  return right(deserializeSchedule({ class_name: name.replace('(nlp)', ''), config }, options))
}

t.test('golden numbers, bit for bit', test => {
  for (const { schedule, args, points } of cases) {
    const [strict, sane] = [true, false].map(flag => fromCase(schedule, args, { strict: flag }))
    const name = `${schedule} ${JSON.stringify(args)}`
    for (const [step, want] of points) {
      const expected = want === 'nan' ? NaN : Math.fround(want)
      test.ok(Object.is(strict!(step), expected), `strict ${name} at ${step}: ${strict!(step)}, not ${expected}`)
      const last = (args['values'] as readonly number[] | undefined)?.at(-1) ?? NaN
      const mended = want === 'nan' ? Math.fround(last) : expected
      test.ok(Object.is(sane!(step), mended), `${name} at ${step}: ${sane!(step)}, not ${mended}`)
    }
  }
  test.equal(cases.length, 24)
  test.end()
})

/** Values at steps, to the digits of upstream's tests. */
const near = (
  test: Test,
  schedule: KerasSchedule,
  points: Readonly<Record<number, number>>,
  tolerance = 1e-6,
): void => {
  for (const [step, want] of Object.entries(points)) {
    const got = schedule(Number(step))
    test.ok(Math.abs(got - want) <= tolerance, `${schedule.className} at ${step}: ${got}, not ${want}`)
  }
}

t.test("what upstream's tests expect", test => {
  const [initialLearningRate, decaySteps] = [0.1, 1000]
  near(test, kerasExponentialDecay({ initialLearningRate, decaySteps, decayRate: 0.96, staircase: true }), {
    999: 0.1,
    1000: 0.096,
    2000: 0.09216,
  })
  near(test, kerasPiecewiseConstantDecay({ boundaries: [1, 2, 3], values: [0.4, 0.5, 0.6, 0.7] }), {
    [-999]: 0.4,
    0: 0.4,
    1: 0.4,
    2: 0.5,
    3: 0.6,
    4: 0.7,
  })
  const cycling = { initialLearningRate: 0.05, decaySteps: 10, endLearningRate: 0.001, cycle: true }
  near(test, kerasPolynomialDecay(cycling), { 0: 0.05, 15: 0.049 * 0.25 + 0.001 })
  near(test, kerasPolynomialDecay({ ...cycling, cycle: false }), { 5: 0.0255, 10: 0.001, 15: 0.001 })
  near(test, kerasInverseTimeDecay({ initialLearningRate, decaySteps: 10, decayRate: 0.96, staircase: true }), {
    9: 0.1,
    10: 0.1 / 1.96,
  })
  near(test, kerasCosineDecay({ initialLearningRate, decaySteps }), { 250: 0.08535534, 500: 0.05, 750: 0.01464466 })
  near(test, kerasCosineDecay({ initialLearningRate: 0, decaySteps, warmupTarget: 10, warmupSteps: 1500 }), {
    750: 5,
    1500: 10,
    2000: 5,
    2500: 0,
  })
  const power = { initialLearningRate: 1, totalDecaySteps: 100 }
  near(test, kerasPowerAndLinearDecay({ ...power, power: -1, linearDecayFraction: 0 }), { 0: 1, 40: 1 / 40, 100: 0.01 })
  near(test, kerasPowerAndLinearDecay({ ...power, power: 0, linearDecayFraction: 1 }), {
    0: 1,
    1: 0.99,
    60: 0.4,
    100: 0,
  })
  near(test, kerasPowerAndLinearDecay({ ...power, power: -1, linearDecayFraction: 0.5, offset: 90 }), {
    0: 1,
    90: 1,
    91: 1,
    130: 1 / 40,
    150: 0.8 / 60,
    190: 0,
    200: 0,
  })
  near(test, kerasDirectPowerDecay({ initialLearningRate: 2, power: -1 }), { 0: 2, 1: 2, 4: 0.5 })
  near(test, kerasPowerDecayWithOffset({ initialLearningRate: 1, power: -1, offset: 10, preOffsetLearningRate: 3 }), {
    1: 3,
    10: 3,
    20: 0.1,
  })
  near(test, kerasPowerDecayWithOffset({ initialLearningRate: 1, offset: 5 }), { 5: 1e6, 7: 2 })
  const steps = { boundaries: [10000, 20000], values: [0.1, 0.01, 0.001] }
  const stepwise = kerasPiecewiseConstantDecay(steps)
  near(test, stepwise, { 10000: 0.1, 10001: 0.01, 20000: 0.01, 20001: 0.001 })
  near(test, kerasLinearWarmup({ afterWarmupLrSched: stepwise, warmupSteps: 500, warmupLearningRate: 0.01 }), {
    0: 0.01,
    250: 0.055,
    500: 0.1,
    10001: 0.01,
  })
  const polynomial = kerasPolynomialWarmUp({ afterWarmupLrSched: stepwise, warmupSteps: 500, power: 2 })
  near(test, polynomial, { 0: 0, 250: 0.025, 500: 0.1 })
  const waves = kerasStepCosineDecayWithOffset({ boundaries: [0, 500000], values: [1e-4, 5e-5], offset: 10000 })
  const warm = kerasLinearWarmup({ afterWarmupLrSched: waves, warmupSteps: 10000, warmupLearningRate: 0 })
  near(test, warm, { 5000: 5e-5, 20000: 9.994863e-5, 499999: 5e-5 }, 1e-7)
  test.end()
})

t.test('a schedule with an offset is the one without, later', test => {
  const rate = { initialLearningRate: 0.1, decaySteps: 100 }
  const pieces = { boundaries: [20, 50], values: [1, 0.5, 0.1] }
  const pairs = [
    [kerasCosineDecay(rate), kerasCosineDecayWithOffset({ ...rate, offset: 10 })],
    [
      kerasExponentialDecay({ ...rate, decayRate: 0.5 }),
      kerasExponentialDecayWithOffset({ ...rate, decayRate: 0.5, offset: 10 }),
    ],
    [kerasPolynomialDecay(rate), kerasPolynomialDecayWithOffset({ ...rate, offset: 10 })],
    [kerasPiecewiseConstantDecay(pieces), kerasPiecewiseConstantDecayWithOffset({ ...pieces, offset: 10 })],
  ] as const
  for (const [base, later] of pairs) {
    for (let step = 10; step <= 100; step += 10)
      test.equal(later(step), base(step - 10), `${later.className} at ${step}`)
    test.equal(later.config['offset'], 10, 'and its config says so')
  }
  test.equal(
    kerasPolynomialDecayWithOffset({ initialLearningRate: 0.1, decaySteps: 10, endLearningRate: 0, offset: 10 })(0),
    Math.fround(0.2),
  )
  test.end()
})

t.test("upstream's accidents: mended, or kept with strict", test => {
  const waves = { boundaries: [0, 10], values: [1, 0.5] }
  test.equal(kerasStepCosineDecayWithOffset(waves)(10), 0.5)
  test.ok(Number.isNaN(kerasStepCosineDecayWithOffset({ ...waves, strict: true })(10)))
  test.equal(kerasStepCosineDecayWithOffset({ boundaries: [0], values: [0.3] })(7), Math.fround(0.3))
  test.ok(Number.isNaN(kerasStepCosineDecayWithOffset({ boundaries: [0], values: [0.3], strict: true })(7)))
  const shorter = { initialLearningRate: 1, firstDecaySteps: 10, tMul: 0.5, alpha: 0.25 }
  for (const step of [20, 21, 1000]) {
    test.equal(kerasCosineDecayRestarts(shorter)(step), 0.25)
    test.ok(Number.isNaN(kerasCosineDecayRestarts({ ...shorter, strict: true })(step)))
  }
  test.equal(kerasCosineDecayRestarts(shorter)(12), kerasCosineDecayRestarts({ ...shorter, strict: true })(12))
  test.end()
})

t.test('warmups', test => {
  const inner = kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 20, endLearningRate: 0 })
  const warm = kerasWarmUp({ initialLearningRate: 0.1, decayScheduleFn: inner, warmupSteps: 5 })
  near(test, warm, { 4: 0.08, 5: 0.075 })
  for (const make of [
    kerasWarmUp({ initialLearningRate: 0.1, decayScheduleFn: inner, warmupSteps: 0 }),
    kerasLinearWarmup({ afterWarmupLrSched: inner, warmupSteps: 0, warmupLearningRate: 0 }),
    kerasPolynomialWarmUp({ afterWarmupLrSched: inner, warmupSteps: 0 }),
  ])
    test.equal(make(3), inner(3), `${make.className} of no steps is what follows`)
  const constant = kerasLinearWarmup({ afterWarmupLrSched: 0.1, warmupSteps: 4, warmupLearningRate: 0 })
  near(test, constant, { 0: 0, 2: 0.05, 9: 0.1 })
  test.end()
})

t.test('the config is plain frozen data, and the step float32', test => {
  const boundaries = [1, 2]
  const pieces = kerasPiecewiseConstantDecay({ boundaries, values: [3, 2, 1] })
  boundaries[0] = 100
  test.equal(pieces(2), 2, 'a list given is copied')
  test.strictSame(pieces.config, { boundaries: [1, 2], values: [3, 2, 1], name: null })
  test.ok([pieces, pieces.config, pieces.config['boundaries']].every(Object.isFrozen))
  const linear = kerasDirectPowerDecay({ initialLearningRate: 1 })
  test.equal(linear(2 ** 24 + 1), 2 ** 24)
  const restarts = kerasCosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 2, strict: true })
  test.strictSame(Object.keys(restarts.config), [
    'initial_learning_rate',
    'first_decay_steps',
    't_mul',
    'm_mul',
    'alpha',
    'name',
  ])
  test.end()
})

const untyped = (factory: unknown) => factory as (config?: unknown) => KerasSchedule

t.test('arguments are checked when a schedule is made', test => {
  const rate = { initialLearningRate: 0.1, decaySteps: 10 }
  const waves = kerasStepCosineDecayWithOffset
  const wrong: readonly (readonly [unknown, unknown, string, string])[] = [
    [kerasExponentialDecay, rate, 'ValueError', 'kerasExponentialDecay: decayRate must be a number, got undefined'],
    [
      kerasExponentialDecay,
      { ...rate, decayRate: -1 },
      'ValueError',
      'kerasExponentialDecay: decayRate must be at least 0 and finite in float32, got -1',
    ],
    [kerasCosineDecay, { ...rate, alpha: '0' }, 'ValueError', 'kerasCosineDecay: alpha must be a number, got "0"'],
    [
      kerasCosineDecay,
      { ...rate, decaySteps: 0 },
      'ValueError',
      'kerasCosineDecay: decaySteps must be positive and finite in float32, got 0',
    ],
    [
      kerasCosineDecay,
      { ...rate, warmupTarget: 1e39 },
      'ValueError',
      'kerasCosineDecay: warmupTarget must be finite in float32, or null, got 1e+39',
    ],
    [kerasCosineDecay, { ...rate, name: 1 }, 'ValueError', 'kerasCosineDecay: name must be a string or null, got 1'],
    [
      kerasPolynomialDecay,
      { ...rate, cycle: 1 },
      'ValueError',
      'kerasPolynomialDecay: cycle must be true or false, got 1',
    ],
    [kerasPolynomialDecay, { ...rate, decay: 1 }, 'TypeError', 'kerasPolynomialDecay: unknown option decay'],
    [kerasPolynomialDecay, { ...rate, strict: true }, 'TypeError', 'kerasPolynomialDecay: unknown option strict'],
    [
      kerasPolynomialDecay,
      0.1,
      'TypeError',
      'kerasPolynomialDecay: takes ({initialLearningRate, decaySteps, endLearningRate, power, cycle, name}), got (0.1)',
    ],
    [
      kerasPiecewiseConstantDecay,
      { boundaries: [1, 'x'], values: [] },
      'ValueError',
      'kerasPiecewiseConstantDecay: boundaries.1 must be a number, got "x"',
    ],
    [
      kerasPiecewiseConstantDecay,
      { boundaries: [], values: [1] },
      'ValueError',
      'kerasPiecewiseConstantDecay: boundaries must be at least one number, got an array of 0',
    ],
    [
      kerasPiecewiseConstantDecayWithOffset,
      { boundaries: [2, 1], values: [1, 2, 3] },
      'ValueError',
      'kerasPiecewiseConstantDecayWithOffset: boundaries must be ascending, got "2, 1"',
    ],
    [
      kerasPiecewiseConstantDecay,
      { boundaries: [1], values: [1] },
      'ValueError',
      'kerasPiecewiseConstantDecay: values must be an array of 2, one more than boundaries, got an array of 1',
    ],
    [
      waves,
      { boundaries: [1], values: [1, 2] },
      'ValueError',
      'kerasStepCosineDecayWithOffset: values must be an array of 1, as many as boundaries, got an array of 2',
    ],
    [
      waves,
      { boundaries: [], values: [] },
      'ValueError',
      'kerasStepCosineDecayWithOffset: boundaries must be at least one number, got an array of 0',
    ],
    [
      waves,
      { boundaries: [1, 1], values: [1, 2] },
      'ValueError',
      'kerasStepCosineDecayWithOffset: boundaries must be ascending, got "1, 1"',
    ],
    [
      kerasWarmUp,
      { initialLearningRate: 1, decayScheduleFn: () => 1, warmupSteps: 1 },
      'ValueError',
      'kerasWarmUp: decayScheduleFn must be a Keras schedule, got a function',
    ],
    [
      kerasLinearWarmup,
      { afterWarmupLrSched: 'x', warmupSteps: 1, warmupLearningRate: 0 },
      'ValueError',
      'kerasLinearWarmup: afterWarmupLrSched must be a number or a Keras schedule, got "x"',
    ],
  ]
  for (const [factory, config, name, message] of wrong)
    test.throws(() => untyped(factory)(config), { name, message }, message)
  test.throws(() => serializeSchedule((() => 1) as unknown as KerasSchedule), { message: /must be a Keras schedule/ })
  const cosine = kerasCosineDecay(rate)
  test.throws(() => serializeSchedule(cosine, { format: 'h5' as 'legacy' }), { message: /'legacy' or 'module'/ })
  test.throws(() => serializeSchedule(cosine, { form: 1 } as object), { message: /unknown option form/ })
  test.throws(() => deserializeSchedule({}, { At: 1 } as object), { message: /unknown option At/ })
  test.end()
})

t.test('JSON in the forms of Keras', test => {
  const decay = kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 20, endLearningRate: 0 })
  const warm = kerasWarmUp({ initialLearningRate: 0.1, decayScheduleFn: decay, warmupSteps: 5, name: 'a_b' })
  const config = {
    initial_learning_rate: 0.1,
    decay_steps: 20,
    end_learning_rate: 0,
    power: 1,
    cycle: false,
    name: null,
  }
  test.strictSame(serializeSchedule(warm), {
    class_name: 'WarmUp',
    config: {
      initial_learning_rate: 0.1,
      decay_schedule_fn: { class_name: 'PolynomialDecay', config, __passive_serialization__: true },
      warmup_steps: 5,
      power: 1,
      name: 'a_b',
    },
  })
  test.strictSame(serializeSchedule(warm, { format: 'module' }), {
    module: 'official.nlp.optimization',
    class_name: 'WarmUp',
    config: {
      initial_learning_rate: 0.1,
      decay_schedule_fn: {
        module: 'keras.optimizers.schedules',
        class_name: 'PolynomialDecay',
        config,
        registered_name: null,
      },
      warmup_steps: 5,
      power: 1,
      name: 'a_b',
    },
    registered_name: 'WarmUp',
  })
  const before2_13 = { class_name: 'CosineDecay', config: { initial_learning_rate: 1, decay_steps: 4, alpha: 0 } }
  test.equal(right(deserializeSchedule(before2_13))(4), 0, 'what an older Keras leaves out has its default')
  const registered = { ...before2_13, module: null, registered_name: 'Custom>CosineDecay' }
  test.equal(right(deserializeSchedule(registered))(4), 0)
  const staircase = { initial_learning_rate: 1, decay_steps: 1, decay_rate: 0.5, staircase: null }
  const exponential = right(deserializeSchedule({ class_name: 'ExponentialDecay', config: staircase }))
  test.equal(exponential(1), 0.5, 'a staircase that nobody chose')
  test.equal(exponential.config['staircase'], false)
  test.end()
})

t.test('bad JSON: one line, and where', test => {
  const config = { initial_learning_rate: 0.1, decay_steps: 10 }
  const cosine = { class_name: 'CosineDecay', config }
  const warm = (inner: unknown) => ({
    class_name: 'WarmUp',
    config: { initial_learning_rate: 1, decay_schedule_fn: inner, warmup_steps: 2 },
  })
  const linear = (inner: unknown) => ({
    class_name: 'LinearWarmup',
    config: { after_warmup_lr_sched: inner, warmup_steps: 2, warmup_learning_rate: 0 },
  })
  const names = [...kindsByName.keys()].join(', ')
  const keys = 'initial_learning_rate, decay_steps, alpha, name, warmup_target, warmup_steps'
  const wrong: readonly (readonly [unknown, string])[] = [
    [null, 'learning_rate: expected a schedule {class_name, config}, got null'],
    [[cosine], 'learning_rate: expected a schedule {class_name, config}, got an array of 1'],
    [{ config }, 'learning_rate.class_name: expected a string, got nothing'],
    [{ ...cosine, class_name: 'Cosine' }, `learning_rate.class_name: expected one of ${names}, got "Cosine"`],
    [{ ...cosine, config: 1 }, 'learning_rate.config: expected a record, got 1'],
    [{ ...cosine, module: 1 }, 'learning_rate.module: expected a string or null, got 1'],
    [{ ...cosine, registered_name: 1 }, 'learning_rate.registered_name: expected a string or null, got 1'],
    [{ ...cosine, registered_name: 'Mine' }, 'learning_rate.registered_name: expected CosineDecay, got "Mine"'],
    [
      { ...cosine, kind: 1 },
      'learning_rate.kind: unknown key, expected one of class_name, config, module, registered_name, __passive_serialization__',
    ],
    [{ ...cosine, config: { ...config, decay_steps: 'x' } }, 'learning_rate.decay_steps: expected a number, got "x"'],
    [{ ...cosine, config: { decay_steps: 1 } }, 'learning_rate.initial_learning_rate: expected a number, got nothing'],
    [
      { ...cosine, config: { ...config, decay_steps: -1 } },
      'learning_rate.decay_steps: expected positive and finite in float32, got -1',
    ],
    [{ ...cosine, config: { ...config, beta: 1 } }, `learning_rate.beta: unknown key, expected one of ${keys}`],
    [{ ...cosine, config: { ...config, strict: true } }, `learning_rate.strict: unknown key, expected one of ${keys}`],
    [
      JSON.parse(`{"class_name":"CosineDecay","config":{"__proto__":1}}`),
      `learning_rate.__proto__: unknown key, expected one of ${keys}`,
    ],
    [{ ...cosine, config: { ...config, decaySteps: 10 } }, 'learning_rate.decaySteps: given twice'],
    [
      warm({ ...cosine, config: { ...config, decay_steps: 'x' } }),
      'learning_rate.decay_schedule_fn.decay_steps: expected a number, got "x"',
    ],
    [warm(1), 'learning_rate.decay_schedule_fn: expected a Keras schedule, got 1'],
    [
      warm({ class_name: 'X', config }),
      `learning_rate.decay_schedule_fn.class_name: expected one of ${names}, got "X"`,
    ],
    [linear('x'), 'learning_rate.after_warmup_lr_sched: expected a number or a Keras schedule, got "x"'],
    [
      { class_name: 'PiecewiseConstantDecay', config: { boundaries: [1, 'x'], values: [1] } },
      'learning_rate.boundaries.1: expected a number, got "x"',
    ],
    [
      { class_name: 'PiecewiseConstantDecay', config: { boundaries: [1], values: [1] } },
      'learning_rate.values: expected an array of 2, one more than boundaries, got an array of 1',
    ],
  ]
  for (const [json, line] of wrong) {
    const read = deserializeSchedule(json)
    test.equal(E.isLeft(read) ? read.left.message : 'read', line)
  }
  const elsewhere = deserializeSchedule(1, { at: 'optimizer.learning_rate' })
  test.match(E.isLeft(elsewhere) ? elsewhere.left.message : '', /^optimizer\.learning_rate: expected a schedule/)
  test.end()
})

const number = fc.double({ min: -10, max: 10, noNaN: true })
const above = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.01, max: 1000, noNaN: true }))
const name = fc.option(fc.string())
const ascending = fc
  .uniqueArray(fc.integer({ min: -50, max: 1000 }), { minLength: 1, maxLength: 5 })
  .map(list => list.toSorted((a, b) => a - b))
const levels = (n: number) => fc.array(number, { minLength: n, maxLength: n })
const pieces = (more: number) =>
  ascending.chain(boundaries =>
    fc.record({ boundaries: fc.constant(boundaries), values: levels(boundaries.length + more) }),
  )

/** Arguments by name; some are left out where they may be. */
const argument: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  decaySteps: above,
  firstDecaySteps: above,
  totalDecaySteps: above,
  tMul: above,
  decayRate: above,
  linearDecayFraction: above,
  warmupSteps: fc.oneof(fc.constant(0), above),
  warmupTarget: fc.option(number),
  staircase: fc.boolean(),
  cycle: fc.boolean(),
  name,
}
const requiredKeys = ['initialLearningRate', 'decaySteps', 'firstDecaySteps', 'totalDecaySteps', 'decayRate']
const needed = [...requiredKeys, 'warmupSteps', 'warmupLearningRate', 'decayScheduleFn', 'afterWarmupLrSched']

const configOf = (kind: ScheduleKind, inner: fc.Arbitrary<KerasSchedule>): fc.Arbitrary<Record<string, unknown>> => {
  const nested: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    decayScheduleFn: inner,
    afterWarmupLrSched: fc.oneof(inner, number),
  }
  const keys = Object.keys(kind.fields).filter(key => !['boundaries', 'values', 'strict'].includes(key))
  const rest = fc.record(Object.fromEntries(keys.map(key => [key, nested[key] ?? argument[key] ?? number])), {
    requiredKeys: keys.filter(key => needed.includes(key)),
  })
  if (!('boundaries' in kind.fields)) return rest
  return fc.tuple(pieces(kind.className.startsWith('Piecewise') ? 1 : 0), rest).map(([a, b]) => ({ ...a, ...b }))
}

const { schedule } = fc.letrec<{ schedule: KerasSchedule }>(tie => ({
  schedule: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'inner' },
    ...[...kindsByName.values()]
      .toSorted((a, b) => Number(a.className.includes('Warm')) - Number(b.className.includes('Warm')))
      .map(kind =>
        configOf(kind, tie('schedule')).map(config => {
          const made = kind.build(config)
          if (E.isLeft(made)) throw new Error(`${kind.className}: ${JSON.stringify(made.left)}`)
          return made.right
        }),
      ),
  ),
}))

/** As tfjs turns the keys of a Keras file; names keep their text. */
const asTfjs = (json: Json): Json => {
  if (Array.isArray(json)) return json.map(asTfjs)
  if (typeof json !== 'object' || json === null) return json
  const camel = (key: string) => key.replace(/[_]+(\w|$)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [camel(key), asTfjs(value)]))
}

const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

t.test('written and read again, every schedule is the same', test => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(schedule, fc.constantFrom('legacy', 'module'), fc.boolean(), (made, format, mangled) => {
      seen.add(made.className)
      const text = JSON.stringify(serializeSchedule(made, { format }))
      const json = JSON.parse(text) as Json
      const back = right(deserializeSchedule(mangled ? asTfjs(json) : json))
      const steps = [0, 1, 3, 10.5, 77, 1e6]
      const seenIn = (one: KerasSchedule) =>
        [one.className, JSON.stringify(one.config), ...steps.map(step => show(one(step)))].join(' ')
      if (seenIn(back) !== seenIn(made)) throw new Error(`${text}\n${seenIn(made)}\n${seenIn(back)}`)
      return JSON.stringify(serializeSchedule(back, { format })) === text
    }),
    { numRuns: 3000 },
  )
  test.equal(seen.size, kindsByName.size, 'every kind was tried')
  test.equal(kindsByName.size, 17)
  const strictKinds = [...kindsByName.values()].filter(({ fields }) => Object.hasOwn(fields, 'strict'))
  test.strictSame(
    strictKinds.map(kind => kind.className),
    withStrict,
  )
  test.end()
})

t.test('every value is a float32', test => {
  fc.assert(fc.property(schedule, fc.nat(10000), (made, step) => Object.is(Math.fround(made(step)), made(step))))
  test.end()
})
