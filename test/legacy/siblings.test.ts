/**
 * The numbers of Keras's legacy optimizers and of the Model Garden's LAMB, LARS and moving average, as chains and as
 * classes: test/golden/legacy_siblings.json, variables and slots, bit for bit in float32 on cpu and wasm, but for norms of
 * more than two elements; of the classes the names of weights and the configs too.
 */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import * as L from '../../lib/legacy.js'
import { elementwise, mul, sub } from '../../lib/rule.js'
import { leftBehind, numbers, onBackends } from '../setup.js'

interface Made {
  readonly class: string
  readonly arguments: Readonly<Record<string, unknown>>
}
interface Case extends Made {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inner?: Made
  readonly variables: readonly { readonly name: string; readonly init: number[] }[]
  readonly steps: readonly {
    readonly grads: readonly number[][]
    readonly vars: readonly number[][]
    readonly weights: readonly { readonly name: string; readonly value: number[] }[]
  }[]
}
interface SparseCase extends Made {
  readonly name: string
  readonly init: number[][]
  readonly steps: readonly {
    readonly indices: number[]
    readonly values: number[][]
    readonly w: number[]
    readonly weights: readonly { readonly name: string; readonly value: number[] }[]
  }[]
}
const golden = JSON.parse(readFileSync('test/golden/legacy_siblings.json', 'utf8')) as {
  readonly cases: readonly Case[]
  readonly sparse: readonly SparseCase[]
}

const { fround } = Math

/** The leaves whose name no pattern matches; the Model Garden's LARS sees the name with `:0`. */
const without =
  (patterns: unknown, end: string): ((path: string) => boolean) =>
  path =>
    !((patterns ?? []) as readonly string[]).some(pattern => new RegExp(pattern).test(path + end))

/** The chain of a class and its Python arguments. */
const chainOf = ({ class: kind, arguments: given }: Made): O.GradientTransformation => {
  const of = <T>(key: string, otherwise: T): T => (given[key] ?? otherwise) as T
  const base = fround(of('learning_rate', kind === 'SGD' || kind === 'LARS' ? 0.01 : 0.001))
  const decay = fround(of('decay', 0))
  const rate: O.Hyper = decay > 0 ? k => fround(base / fround(1 + fround(decay * k))) : base
  const eps = of('epsilon', kind === 'LAMB' ? 1e-6 : 1e-7)
  const momentum = of('momentum', kind === 'LARS' ? 0.9 : 0)
  const nesterov = of('nesterov', false)
  const betas = { b1: of('beta_1', 0.9), b2: of('beta_2', 0.999), eps }
  const end = kind === 'LARS' ? ':0' : ''
  const undecayed = of('exclude_from_weight_decay', undefined)
  const decayMask = without(undecayed, end)
  const adaptMask = without(of('exclude_from_layer_adaptation', undecayed), end)
  const masks = { weightDecay: of('weight_decay_rate', 0), decayMask, adaptMask }
  switch (kind) {
    case 'SGD':
      return momentum > 0 ? O.kerasMomentum(rate, { momentum, nesterov }) : O.scaleByLearningRate(rate)
    case 'RMSprop':
      return O.kerasRmsprop(rate, { rho: of('rho', 0.9), momentum, eps, centered: of('centered', false) })
    case 'Adam':
      return given['amsgrad'] === true ? O.amsgradEpsilonHat(rate, betas) : O.adamEpsilonHat(rate, betas)
    case 'Adagrad':
      return O.kerasAdagrad(rate, { initialAccumulatorValue: of('initial_accumulator_value', 0.1), eps })
    case 'LAMB':
      return O.kerasLamb(rate, { ...betas, ...masks })
    case 'LARS': {
      const classicMomentum = of('classic_momentum', true)
      return O.kerasLars(rate, { momentum, nesterov, eeta: of('eeta', 0.001), classicMomentum, ...masks })
    }
    default:
      throw new Error(`no chain for ${kind}`)
  }
}

/** The Model Garden's moving average as a rule on a tree of parameters, which it takes as updates. */
const averageOf = ({ arguments: given }: Made) => {
  const most = fround((given['average_decay'] ?? 0.99) as number)
  const start = (given['start_step'] ?? 0) as number
  const decayAt = (step: number): number => {
    const seen = step - start
    if (seen < 0) return 0
    return given['dynamic_decay'] === false ? most : Math.min(most, fround((1 + seen) / (10 + seen)))
  }
  return elementwise({
    name: 'average',
    slots: { average: 0 },
    scalars: step => ({ fresh: fround(1 - decayAt(step)) }),
    step: ({ u, average }, { fresh }) => ({ u, average: sub(average, mul(sub(average, u), fresh)) }),
  })
}

type Slots = Readonly<Record<string, Readonly<Record<string, tf.Tensor>>>>
/** The slots of a state by name, wherever they stand in it; the values are trees. */
const slotsOf = (state: unknown): Slots => {
  if (typeof state !== 'object' || state === null) return {}
  if (!('count' in state)) return Object.fromEntries(Object.values(state).flatMap(x => Object.entries(slotsOf(x))))
  const { count: _, ...slots } = state
  return slots
}

/** How far apart two float32 lists are, in parts of the greatest magnitude: 0 for the same bits. */
const apart = (got: ArrayLike<number>, want: readonly number[]): number => {
  if (got.length !== want.length) return NaN
  const most = Math.max(...want.map(Math.abs))
  return Math.max(...want.map((x, i) => (Object.is(got[i], x) ? 0 : Math.abs((got[i] ?? NaN) - x) / most)))
}

/** Norms are summed in float64 here, in float32 there: of three squares that may differ, of one or two it cannot. */
const allowed = ({ class: kind, name }: Case, what: string): number =>
  ['LAMB', 'LARS'].includes(kind) && !name.includes('no_ratio') && /\bw$/.test(what) ? 1e-6 : 0

const compare = (one: Case): Readonly<Record<string, number>> =>
  tf.tidy(() => {
    const tree = (values: readonly number[][]): Record<string, tf.Tensor> =>
      Object.fromEntries(one.variables.map(({ name }, i) => [name, tf.tensor1d(values[i]!)]))
    const tx = chainOf(one.inner ?? one)
    const average = averageOf(one)
    const step = O.makeStep(tx)
    let params = tree(one.variables.map(({ init }) => init))
    let state = tx.init(params)
    let averaged = average.init(params)
    const worst: Record<string, number> = {}
    const see = (what: string, distance: number): unknown =>
      (worst[what] = Number.isNaN(distance) ? NaN : Math.max(worst[what] ?? 0, distance))
    one.steps.forEach(({ grads, vars, weights }, i) => {
      ;[params, state] = step(params, tree(grads), state)
      ;[, averaged] = average.update(params, averaged)
      one.variables.forEach(({ name }, j) => see(name, apart(params[name]!.dataSync(), vars[j]!)))
      const slots = { ...slotsOf(state), ...(one.inner ? slotsOf(averaged) : {}) }
      const [iterations, ...rest] = weights
      see('iterations', apart([i + 1], iterations!.value))
      for (const { name, value } of rest) {
        const [, variable = '', slot = ''] = /(\w+)\/(\w+):0$/.exec(name) ?? []
        see(`${slot} of ${variable}`, apart(slots[slot]![variable]!.dataSync(), value))
      }
      const held = Object.keys(slots).length * one.variables.length
      if (held !== rest.length) throw new Error(`${one.name}: ${held} slots, Keras has ${rest.length}`)
    })
    return worst
  })

onBackends('the chain of each optimizer comes to the bits of TensorFlow', test => {
  for (const one of golden.cases) {
    const worst = Object.entries(compare(one))
    const close = worst.filter(([what]) => allowed(one, what) > 0).length
    const wrong = worst.filter(([what, distance]) => !(distance <= allowed(one, what)))
    test.strictSame(wrong, [], `${one.name}: ${worst.length - close} the same bits, ${close} to 1e-6`)
  }
  test.ok(golden.cases.length > 40, `${golden.cases.length} cases`)
})

t.test('what Keras takes and what it refuses', test => {
  const refused = (make: () => unknown, message: RegExp): unknown => test.throws(make, { name: 'ValueError', message })
  refused(() => O.kerasMomentum(0.1, { momentum: 1.1 }), /^kerasMomentum: momentum must be in \[0, 1\], got 1.1/)
  refused(() => O.kerasRmsprop(0.1, { momentum: -1 }), /^kerasRmsprop: momentum must be in \[0, 1\], got -1/)
  refused(() => O.kerasRmsprop(0.1, { eps: 0 }), /^kerasRmsprop: eps must be positive/)
  refused(() => O.kerasAdagrad(0.1, { initialAccumulatorValue: -1 }), /^kerasAdagrad: initialAccumulatorValue must be/)
  refused(() => O.kerasLars(0.1, { eeta: -1 }), /^trustedRate: eeta must be at least 0/)
  for (const make of [O.kerasMomentum, O.kerasRmsprop, O.kerasAdagrad, O.kerasLamb, O.kerasLars])
    test.throws(() => make(0.1, { typo: 1 } as never), { name: 'TypeError', message: /unknown option typo/ })
  test.end()
})

onBackends('a tree says the same as a function which leaves adapt', test =>
  tf.tidy(() => {
    const params = { body: [{ w: tf.tensor1d([3, 4]) }, { w: tf.tensor1d([1, 2]) }], bias: tf.tensor1d([5]) }
    const gradients = { body: [{ w: tf.tensor1d([1, -1]) }, { w: tf.tensor1d([2, 2]) }], bias: tf.tensor1d([3]) }
    const moved = (adaptMask: O.Mask): number[][] => {
      const tx = O.kerasLars(0.1, { adaptMask })
      return O.tensorsOf(O.makeStep(tx)(params, gradients, tx.init(params))[0]).map(([, x]) => Array.from(x.dataSync()))
    }
    const byTree = moved({ body: [true, { w: false }], bias: false })
    test.strictSame(
      byTree,
      moved((path: string) => path === 'body.0.w'),
    )
    test.strictSame([byTree.length, new Set([byTree, moved(true), moved(false)].map(String)).size], [3, 3])
  }),
)

t.test('the state has the slots that Keras has, and no other, in types as well', test => {
  const params = { w: tf.tensor1d([1]) }
  const [plain, centered] = [O.kerasRmsprop(1).init(params), O.kerasRmsprop(1, { centered: true }).init(params)]
  const both = O.kerasRmsprop(1, { momentum: 0.9, centered: true }).init(params)
  const summed = O.kerasRmsprop(1, { momentum: () => 0 }).init(params)
  const slots: readonly tf.Tensor[] = [plain.rms.w, centered.mg.w, both.momentum.w, both.mg.w, summed.momentum.w]
  test.equal(slots.filter(slot => slot.dtype === 'float32').length, 5)
  // @ts-expect-error: there is no momentum
  test.equal(plain.momentum, undefined)
  // @ts-expect-error: it is not centered
  test.equal(summed.mg, undefined)
  test.strictSame(Object.keys(O.kerasRmsprop(1, { momentum: 0 }).init(params)).sort(), ['count', 'rms'])
  test.end()
})

type Config = Readonly<Record<string, unknown>>
const makers: Readonly<Record<string, { readonly fromConfig: (config: Config) => tf.Optimizer }>> = {
  SGD: { fromConfig: config => L.SGD.fromConfig(config) },
  RMSprop: { fromConfig: config => L.RMSprop.fromConfig(config) },
  Adam: { fromConfig: config => L.Adam.fromConfig(config) },
  Adagrad: { fromConfig: config => L.Adagrad.fromConfig(config) },
  LAMB: { fromConfig: config => L.LAMB.fromConfig(config) },
  LARS: { fromConfig: config => L.LARS.fromConfig(config) },
  ExponentialMovingAverage: { fromConfig: config => L.ExponentialMovingAverage.fromConfig(config) },
}

/** The optimizer of a case from what Python's constructor got. */
const optimizerOf = (one: Case, strict: boolean): tf.Optimizer => {
  const { class: kind, arguments: given, inner } = one
  const optimizer = inner && { class_name: inner.class, config: { ...inner.arguments, strict } }
  return makers[kind]!.fromConfig({ ...given, strict, ...(optimizer && { optimizer }) })
}

const variable = (values: number[] | number[][], name?: string): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values), true, name))

const variablesOf = (one: Case): tf.Variable[] => one.variables.map(({ name, init }) => variable(init, name))

const stepOf = (optimizer: tf.Optimizer, one: Case, variables: readonly tf.Variable[], i: number): void => {
  const gradients = one.steps[i]!.grads.map((gradient, j) => ({
    name: variables[j]!.name,
    tensor: tf.tensor1d(gradient),
  }))
  optimizer.applyGradients(gradients)
  tf.dispose(gradients.map(({ tensor }) => tensor))
}

/** How far a class is from a case, by what; names of weights have to be those of Keras. */
const compareClass = async (test: Test, one: Case, strict: boolean): Promise<Readonly<Record<string, number>>> => {
  const optimizer = optimizerOf(one, strict)
  const variables = variablesOf(one)
  const worst: Record<string, number> = {}
  const see = (what: string, distance: number): unknown =>
    (worst[what] = Number.isNaN(distance) ? NaN : Math.max(worst[what] ?? 0, distance))
  if (one.inner && strict) (optimizer as L.ExponentialMovingAverage).shadowCopy(variables)
  for (const [i, { vars, weights }] of one.steps.entries()) {
    stepOf(optimizer, one, variables, i)
    one.variables.forEach(({ name }, j) => see(name, apart(numbers(variables[j]!), vars[j]!)))
    const expected = strict && one.inner ? weights.filter(({ name }) => !name.endsWith('average:0')) : weights
    const held = await optimizer.getWeights()
    const names = expected.map(({ name }) => name.replace(/:0$/, '').replace(/^\w+\/iter$/, 'iter'))
    test.strictSame(
      held.map(({ name }) => name),
      names,
      `${one.name}: names of weights`,
    )
    held.forEach(({ name, tensor }, j) => {
      const [, variable = 'iterations', slot = ''] = /(\w+)\/(\w+)$/.exec(name) ?? []
      see(`${slot} of ${variable}`, apart(numbers(tensor), expected[j]!.value))
    })
    see('iterations', optimizer.iterations - (i + 1))
  }
  optimizer.dispose()
  tf.dispose(variables)
  return worst
}

onBackends('the class of each optimizer comes to the bits of TensorFlow, weights in its order', async test => {
  for (const strict of [true, false])
    for (const one of golden.cases) {
      // here TensorFlow finds `bias$` in no name, since it ends in `:0`
      if (!strict && one.name === 'lars_exclude_decay') continue
      let worst: Readonly<Record<string, number>> = {}
      const left = await leftBehind(async () => (worst = await compareClass(test, one, strict)))
      const wrong = Object.entries(worst).filter(([what, distance]) => !(Math.abs(distance) <= allowed(one, what)))
      test.strictSame(wrong, [], `${one.name}: ${strict ? 'strict' : 'default'}`)
      test.equal(left, 0, `${one.name}: nothing is left`)
    }
})

const viaJson = (x: unknown): unknown => JSON.parse(JSON.stringify(x))
/** As tfjs hands a saved config to `fromConfig`: keys and strings in camel case, but for strings under `name`. */
const mangled = (x: unknown, key = ''): unknown => {
  const camel = (s: string): string => s.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())
  if (typeof x === 'string') return key === 'name' ? x : camel(x)
  if (Array.isArray(x)) return x.map(item => mangled(item))
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(Object.entries(x).map(([k, value]) => [camel(k), mangled(value, k)]))
}

onBackends('configs are those of Keras, with what it forgets unless strict, and make the same again', test => {
  const forgotten: Readonly<Record<string, readonly string[]>> = {
    LAMB: ['exclude_from_weight_decay', 'exclude_from_layer_adaptation'],
    LARS: ['exclude_from_weight_decay', 'exclude_from_layer_adaptation'],
    ExponentialMovingAverage: ['trainable_weights_only'],
  }
  for (const one of golden.cases) {
    const variables = variablesOf(one)
    const [strict, plain] = [optimizerOf(one, true), optimizerOf(one, false)]
    if (one.inner) (strict as L.ExponentialMovingAverage).shadowCopy(variables)
    stepOf(strict, one, variables, 0)
    const [exact, config] = [viaJson(strict.getConfig()), viaJson(plain.getConfig())] as readonly Config[]
    test.strictSame(exact, one.config, `${one.name}: strict`)
    test.strictSame(Object.keys(exact!), Object.keys(one.config), `${one.name}: in order`)
    const keys = [...Object.keys(one.config), ...(forgotten[one.class] ?? [])]
    test.strictSame(Object.keys(config!), keys, `${one.name}: keys`)
    for (const read of [config!, mangled(config) as Config]) {
      const again = makers[one.class]!.fromConfig(read)
      test.strictSame(viaJson(again.getConfig()), config, `${one.name}: again`)
      again.dispose()
    }
    const copy = makers[one.class]!.fromConfig({ ...one.config, strict: true })
    test.strictSame(viaJson(copy.getConfig()), one.config, `${one.name}: Python's config`)
    copy.dispose()
    strict.dispose()
    plain.dispose()
    tf.dispose(variables)
  }
})

onBackends('sparse gradients come to the bits of TensorFlow', async test => {
  for (const { name, class: kind, arguments: given, init, steps } of golden.sparse) {
    const optimizer = makers[kind]!.fromConfig(given) as L.SGD
    const w = variable(init, 'w')
    let worst = 0
    for (const step of steps) {
      const values = tf.tensor(step.values)
      optimizer.applyGradients([[{ indices: step.indices, values }, w]])
      values.dispose()
      worst = Math.max(worst, apart(numbers(w), step.w))
      const held = await optimizer.getWeights()
      held.forEach(({ tensor }, i) => (worst = Math.max(worst, apart(numbers(tensor), step.weights[i]!.value))))
      test.equal(held.length, step.weights.length)
    }
    const most = name === 'lamb' ? 1e-6 : 0 // a norm
    test.ok(worst <= most, `${name}: ${worst} apart, ${most} at most`)
    optimizer.dispose()
    w.dispose()
  }
})

t.test('sparse gradients that Keras would apply to some rows only are refused, and nothing changes', test => {
  const w = variable([[1], [2]], 'w')
  const values = tf.tensor2d([[1]])
  for (const optimizer of [new L.SGD({ momentum: 0.9 }), new L.RMSprop({ momentum: 0.9 }), new L.LARS()]) {
    const apply = (): unknown => optimizer.applyGradients([[{ indices: [1], values }, w]])
    test.throws(apply, { name: 'RuntimeError', message: /takes no sparse gradients, got one for w/ })
    test.strictSame([numbers(w), optimizer.iterations, optimizer.getSlotNames()], [[1, 2], 0, []])
    optimizer.dispose()
  }
  tf.dispose([w, values])
  test.end()
})

t.test('momentum may be switched on and off; strict goes on as the constructor began', test => {
  const g = tf.tensor1d([1])
  for (const make of [L.SGD, L.RMSprop]) {
    const slots = (strict: boolean, first: number, then: number): string[] => {
      const w = variable([1])
      const optimizer = new make({ momentum: first, strict })
      optimizer.applyGradients([[g, w]])
      optimizer.momentum = then
      optimizer.applyGradients([[g, w]])
      const names = optimizer.getSlotNames().filter(name => name === 'momentum')
      optimizer.dispose()
      w.dispose()
      return names
    }
    test.strictSame([slots(false, 0, 0.9), slots(false, 0.9, 0)], [['momentum'], []], make.className)
    test.strictSame([slots(true, 0, 0.9), slots(true, 0.9, 0)], [[], ['momentum']], `${make.className}, strict`)
  }
  const w = variable([0])
  const optimizer = new L.SGD({ learningRate: 1, momentum: 0.5 })
  optimizer.applyGradients([[g, w]])
  optimizer.momentum = () => 0.25
  optimizer.applyGradients([[g, w]])
  test.strictSame(numbers(w), [-2.25], 'the slot stays with another momentum')
  optimizer.dispose()
  tf.dispose([g, w])
  test.end()
})

t.test('every setting is a property, checked as in the constructor', test => {
  const cases = [
    [new L.SGD(), { momentum: 0.5, nesterov: true }],
    [new L.RMSprop(), { rho: 0.5, momentum: 0.5, epsilon: 0.1, centered: true }],
    [new L.Adagrad(), { initialAccumulatorValue: 0.5, epsilon: 0.1 }],
    [
      new L.LAMB(),
      {
        weightDecayRate: 0.5,
        beta1: 0.5,
        beta2: 0.5,
        epsilon: 0.5,
        excludeFromWeightDecay: ['a'],
        excludeFromLayerAdaptation: ['b'],
      },
    ],
    [
      new L.LARS(),
      {
        momentum: 0.5,
        classicMomentum: false,
        weightDecayRate: 0.5,
        eeta: 0.5,
        nesterov: true,
        excludeFromWeightDecay: ['a'],
        excludeFromLayerAdaptation: ['b'],
      },
    ],
  ] as const
  for (const [optimizer, values] of cases) {
    const held = optimizer as unknown as Record<string, unknown>
    for (const [key, value] of Object.entries(values)) {
      const before = held[key]
      held[key] = value
      test.strictSame([held[key], optimizer.settings[key as 'name']], [value, value], `${optimizer.name}.${key}`)
      test.notSame(before, value)
      const fault = { name: 'ValueError', message: new RegExp(`^${optimizer.name}: ${key} must be`) }
      test.throws(() => (held[key] = Symbol('odd')), fault)
    }
    test.throws(() => new (optimizer.constructor as typeof L.SGD)({ odd: 1 } as never), { name: 'TypeError' })
    optimizer.dispose()
  }
  test.throws(
    () => new L.SGD({ momentum: 1.5 }),
    /momentum must be a number in \[0, 1\], a schedule or a scalar tensor/,
  )
  test.equal(new L.LAMB({ strict: true, learningRate: 0.1 }).learningRate, fround(0.1))
  test.throws(() => L.SLIDE(), { name: 'RuntimeError', message: /^SLIDE: not implemented.*use LAMB/ })
  test.end()
})

t.test(
  'patterns: by default with and without :0, strict as each class upstream; a list that is null falls back',
  test => {
    const g = tf.tensor1d([1])
    const moves = (make: typeof L.LAMB | typeof L.LARS, options: object): number => {
      const w = variable([1], 'bias')
      const optimizer = new make({
        learningRate: 1,
        weightDecayRate: 10,
        excludeFromLayerAdaptation: ['.'],
        ...options,
      })
      optimizer.applyGradients([[g, w]])
      const [value = NaN] = numbers(w)
      optimizer.dispose()
      w.dispose()
      return value
    }
    for (const [make, strictly] of [
      [L.LAMB, ['bias$', 'bias:0$']],
      [L.LARS, ['bias:0$', 'bias$']],
    ] as const) {
      const [decays, stays] = [moves(make, {}), moves(make, { excludeFromWeightDecay: ['.'] })]
      test.not(decays, stays)
      for (const pattern of strictly) test.equal(moves(make, { excludeFromWeightDecay: [pattern] }), stays)
      const [seen, unseen] = strictly.map(pattern => moves(make, { excludeFromWeightDecay: [pattern], strict: true }))
      test.strictSame([seen, unseen], [stays, decays], `${make.className}, strict`)
      const without = { weightDecayRate: 0, excludeFromWeightDecay: ['bias'] }
      const adapted = moves(make, { ...without, excludeFromLayerAdaptation: ['other'] })
      test.equal(moves(make, { ...without, excludeFromLayerAdaptation: null }), moves(make, without), 'falls back')
      test.equal(moves(make, { ...without, excludeFromLayerAdaptation: [] }), moves(make, without), 'falls back')
      if (make === L.LARS) test.not(adapted, moves(make, without))
    }
    g.dispose()
    test.end()
  },
)

t.test('nothing is registered by importing, and what is asked for by registerOptimizers', test => {
  const { classNameMap } = tf.serialization.SerializationMap.getMap()
  const ours = { ...L } as Readonly<Record<string, unknown>>
  const isOurs = (name: string): boolean => Object.hasOwn(classNameMap, name) && classNameMap[name]![0] === ours[name]
  const names = ['TransformOptimizer', 'AdamWeightDecay', 'LAMB', 'LARS', 'RMSprop', 'ExponentialMovingAverage']
  const shared = ['Adam', 'SGD', 'Adagrad']
  const before = shared.map(name => classNameMap[name])
  test.strictSame([...names, ...shared].filter(isOurs), [])
  L.registerOptimizers()
  test.strictSame([...names, ...shared].filter(isOurs), names)
  L.registerOptimizers({ replace: true })
  test.strictSame([...names, ...shared].filter(isOurs), [...names, ...shared])
  shared.forEach((name, i) => before[i] && (classNameMap[name] = before[i]))
  test.throws(() => L.registerOptimizers({ all: true } as never), { name: 'TypeError' })
  test.end()
})
