/**
 * What Keras's stateful optimizers refuse: the class of error, a message that names the argument or variable, and nothing
 * changed. The numbers are those of the sections in the study of TensorFlow 2.21 that the behaviour was taken from:
 * 2 constructor, 3 hyperparameters, 4 variables, 5 apply_gradients, 8 patterns, 9 minimize, 10 config, 11 weights.
 */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { constraints, layers, sequential } from '@tensorflow/tfjs-layers'
import { disposeTree, KeyError, RuntimeError, ValueError } from '../../lib/index.js'
import { Adam, AdamWeightDecay, kerasPolynomialDecay } from '../../lib/legacy.js'
import { numbers, onBackends, useBackend, type Test } from '../setup.js'
import { weightsOf } from './subjects.js'

type Thrown = new (message: string) => Error
type Options = Readonly<Record<string, unknown>>
/** Options of any kind, as JavaScript without types passes them. */
const decay = (options: unknown) => new AdamWeightDecay(options as object)
const adam = (options: unknown) => new Adam(options as object)

const caught = async (run: () => unknown): Promise<unknown> => {
  try {
    await run()
  } catch (cause) {
    return cause
  }
  return undefined
}

const refused = (test: Test, cause: unknown, error: Thrown, says: readonly (string | RegExp)[], what: string): void => {
  test.equal((cause as Error | undefined)?.constructor, error, `${what}: the class of ${String(cause)}`)
  for (const part of says) test.match((cause as Error | undefined)?.message, part, `${what}: says ${part}`)
}

// Arguments

/** Each argument with values that it must not have, as a message shows them. */
const wrong: readonly (readonly [key: string, value: unknown, shown: string])[] = [
  ['learningRate', -1, '-1'],
  ['learningRate', NaN, 'NaN'],
  ['learningRate', Infinity, 'Infinity'],
  ['learningRate', '1e-3', '"1e-3"'],
  ['learningRate', null, 'null'],
  ['beta1', 1, '1'],
  ['beta1', -0.1, '-0.1'],
  ['beta2', 2, '2'],
  ['beta2', 0.99999999999, '0.99999999999'],
  ['epsilon', 1e-50, '1e-50'],
  ['gradientClipNorm', 1e-50, '1e-50'],
  ['clipvalue', 1e-50, '1e-50'],
  ['beta2', 'x', '"x"'],
  ['epsilon', 0, '0'],
  ['epsilon', null, 'null'],
  ['epsilon', -1e-7, '-1e-7'],
  ['epsilon', () => 1e-7, 'a function'],
  ['amsgrad', 'yes', '"yes"'],
  ['amsgrad', 1, '1'],
  ['decay', -0.5, '-0.5'],
  ['decay', null, 'null'],
  ['weightDecayRate', -0.01, '-0.01'],
  ['weightDecayRate', NaN, 'NaN'],
  ['weightDecayRate', () => 0.01, 'a function'],
  ['gradientClipNorm', -1, '-1'],
  ['gradientClipNorm', null, 'null'],
  ['gradientClipNorm', Infinity, 'Infinity'],
  ['gradientClipNorm', NaN, 'NaN'],
  ['clipnorm', -1, '-1'],
  ['clipnorm', 0, '0'],
  ['clipvalue', -1, '-1'],
  ['clipvalue', '1', '"1"'],
  ['globalClipnorm', -1, '-1'],
  ['globalClipnorm', NaN, 'NaN'],
  ['gradientAggregator', 3, '3'],
  ['gradientTransformers', [3], 'an array of 1'],
  ['gradientTransformers', (pairs: unknown) => pairs, 'a function'],
]
/** Those that have no setter. */
const wrongOnce: typeof wrong = [
  ['includeInWeightDecay', 'bias', '"bias"'],
  ['includeInWeightDecay', ['('], 'an array of 1'],
  ['excludeFromWeightDecay', [1], 'an array of 1'],
  ['excludeFromWeightDecay', ['(?i)bias'], 'an array of 1'],
  ['excludeFromWeightDecay', [String.raw`\Abias`], 'an array of 1'],
  ['excludeFromWeightDecay', [String.raw`bias\Z`], 'an array of 1'],
  ['excludeFromWeightDecay', ['(?P<all>bias)'], 'an array of 1'],
  ['excludeFromWeightDecay', ['(?<all>bias)'], 'an array of 1'],
  ['excludeFromWeightDecay', ['[^]'], 'an array of 1'],
  ['excludeFromWeightDecay', [String.raw`\p{L}`], 'an array of 1'],
  ['excludeFromWeightDecay', ['x{,3}'], 'an array of 1'],
  ['name', '', '""'],
  ['name', 'a/b', '"a/b"'],
  ['name', 3, '3'],
  ['strict', 'yes', '"yes"'],
]

for (const [key, value, shown] of [...wrong, ...wrongOnce])
  t.test(`2: ${key} cannot be ${shown}${Array.isArray(value) ? `, ${String(value[0])}` : ''}`, async test => {
    await useBackend('cpu')
    const cause = await caught(() => decay({ [key]: value }))
    refused(test, cause, ValueError, ['AdamWeightDecay: ', `${key} must be `, `got ${shown}`], 'constructor')
    if (key in adam({}).settings)
      refused(
        test,
        await caught(() => adam({ [key]: value })),
        ValueError,
        ['Adam: ', key, shown],
        'constructor of Adam',
      )
    if (wrongOnce.some(([one]) => one === key)) return
    const optimizer = decay({})
    const before = optimizer.settings
    const late = await caught(() => Reflect.set(optimizer, key, value))
    refused(test, late, ValueError, ['AdamWeightDecay: ', `${key} must be `, `got ${shown}`], 'assignment')
    test.equal(optimizer.settings, before, 'the settings are those from before')
  })

t.test('2: patterns that JavaScript and Python read alike', test => {
  const fine = ['bias', 'layer_norm', '^a(?!b)', '(?:x|y)+', String.raw`\\Z`, String.raw`\d\b\.`, 'x{1,3}']
  for (const pattern of fine) test.doesNotThrow(() => decay({ excludeFromWeightDecay: [pattern] }), pattern)
  test.end()
})

t.test('2: an unknown argument is a TypeError that names it, and what there is', async test => {
  refused(test, await caught(() => decay({ weight_decay: 0.1 })), TypeError, ['weight_decay', 'weightDecayRate'], 'one')
  const two = await caught(() => decay({ jit_compile: true, learningRate: -1, ema: 1 }))
  refused(test, two, TypeError, ['jit_compile', 'ema'], 'two')
  refused(test, await caught(() => decay(0.001)), TypeError, ['0.001', 'learningRate'], 'a number alone')
  refused(test, await caught(() => adam({ weightDecayRate: 0.1 })), TypeError, ['weightDecayRate'], 'of another class')
  refused(
    test,
    await caught(() => decay({ beta1: 0.8, beta_1: 0.7 })),
    ValueError,
    ['beta1', 'beta_1'],
    'two spellings',
  )
})

t.test('2: lr is learningRate, and overrides it', async test => {
  await useBackend('cpu')
  test.equal(new Adam({ lr: 1 }).lr, 1)
  test.equal(new Adam({ learningRate: 0.1, lr: 1 }).lr, 1)
  test.equal(new Adam({ lr: 1, learningRate: 0.1 }).learningRate, 1)
  test.equal(new Adam({ learningRate: 0.1 }).lr, 0.1)
  refused(test, await caught(() => decay({ lr: -1 })), ValueError, ['learningRate', '-1'], 'lr out of range')
})

const through = (pairs: unknown): unknown => pairs
const clips = ['clipnorm', 'clipvalue', 'globalClipnorm'] as const

for (const key of clips)
  t.test(`2: ${key} cannot be set together with gradientTransformers`, async test => {
    await useBackend('cpu')
    const says = [key, 'gradientTransformers']
    const both = { [key]: 1, gradientTransformers: [through] }
    refused(test, await caught(() => decay(both)), ValueError, says, 'constructor')
    refused(test, await caught(() => decay({ ...both, strict: true })), ValueError, says, 'strict')
    for (const strict of [false, true]) {
      const optimizer = decay({ gradientTransformers: [through], strict })
      const before = optimizer.settings
      refused(test, await caught(() => (optimizer[key] = 1)), ValueError, says, `assignment, strict ${strict}`)
      test.equal(optimizer.settings, before, 'the settings are those from before')
      optimizer[key] = null
      test.equal(optimizer[key], null, 'null is fine')
    }
    test.doesNotThrow(() => decay({ [key]: 1, gradientTransformers: [] }), 'an empty list is fine')
    const clipped = decay({ [key]: 1 })
    refused(
      test,
      await caught(() => Reflect.set(clipped, 'gradientTransformers', [through])),
      ValueError,
      says,
      'later',
    )
  })

t.test('2: clipnorm and globalClipnorm exclude each other; clipvalue goes with either', async test => {
  await useBackend('cpu')
  const says = ['clipnorm', 'globalClipnorm', '1 and 2']
  refused(test, await caught(() => decay({ clipnorm: 1, globalClipnorm: 2 })), ValueError, says, 'constructor')
  const strict = { clipnorm: 1, globalClipnorm: 2, strict: true }
  refused(test, await caught(() => decay(strict)), ValueError, says, 'strict: the constructor checks as well')
  const optimizer = decay({ clipnorm: 1, clipvalue: 3 })
  refused(test, await caught(() => (optimizer.globalClipnorm = 2)), ValueError, says, 'assignment')
  test.equal(optimizer.globalClipnorm, null)
  optimizer.clipnorm = null
  optimizer.globalClipnorm = 2
  test.equal(optimizer.globalClipnorm, 2, 'one after the other')
})

t.test('2: every fault in one message', async test => {
  const cause = await caught(() => decay({ beta1: 2, epsilon: 0, name: '', clipnorm: 1, globalClipnorm: 2 }))
  refused(test, cause, ValueError, [/beta1/, /epsilon/, /name/, /clipnorm and globalClipnorm/], 'four')
  test.equal((cause as Error).message.split('\n').length, 4)
})

// Calls. Each gets an optimizer with one step behind it, and must leave it, and its variables, as they were.

interface Subject {
  readonly optimizer: AdamWeightDecay
  readonly kernel: tf.Variable
  readonly table: tf.Variable
  readonly whole: tf.Variable
}
interface Call {
  readonly title: string
  readonly error: Thrown
  readonly says: readonly (string | RegExp)[]
  readonly options?: Options
  readonly run: (subject: Subject) => unknown
}
type Loose = (...args: readonly unknown[]) => unknown
const tensorsIn = (x: unknown): readonly tf.Tensor[] => {
  if (x instanceof tf.Tensor) return x instanceof tf.Variable ? [] : [x]
  return typeof x === 'object' && x !== null ? Object.values(x).flatMap(tensorsIn) : []
}
/** A method without its types, as JavaScript calls it; tensors made for the call are freed after it. */
const call = async ({ optimizer }: Subject, method: string, make: () => readonly unknown[]): Promise<unknown> => {
  const args = make()
  try {
    return await (Reflect.get(optimizer, method) as Loose).apply(optimizer, [...args])
  } finally {
    disposeTree(tensorsIn(args))
  }
}
const apply = (make: (subject: Subject) => unknown, options?: Options) => (subject: Subject) =>
  call(subject, 'applyGradients', () => [make(subject), ...(options ? [options] : [])])
const g = (...values: number[]) => tf.tensor1d(values)
const sparse = (indices: readonly number[], rows = indices.length) =>
  apply(({ kernel, table }) => [
    [g(1, 1), kernel],
    [{ indices, values: tf.ones([rows, 1]) }, table],
  ])

const calls: readonly Call[] = [
  {
    title: '3: iterations that are no count',
    error: ValueError,
    says: ['AdamWeightDecay', 'iterations', '1.5'],
    run: ({ optimizer }) => (optimizer.iterations = 1.5),
  },
  {
    title: '3: iterations below 0',
    error: ValueError,
    says: ['iterations', '-1'],
    run: ({ optimizer }) => (optimizer.iterations = -1),
  },
  {
    title: '4: getSlot of an unknown slot',
    error: KeyError,
    says: ['getSlot', 'err/kernel', 'vhat', 'm, v'],
    run: ({ optimizer, kernel }) => optimizer.getSlot(kernel, 'vhat'),
  },
  {
    title: '4: getSlot of an unknown variable',
    error: KeyError,
    says: ['getSlot', 'err/whole', 'none'],
    run: ({ optimizer, whole }) => optimizer.getSlot(whole, 'm'),
  },
  {
    title: '4: addSlot with an unknown initializer',
    error: ValueError,
    says: ['addSlot', 'glorot', "'zeros'"],
    run: s => call(s, 'addSlot', () => [s.kernel, 'own', { initializer: 'glorot' }]),
  },
  {
    title: '4: addWeight with an unknown initializer',
    error: ValueError,
    says: ['addWeight', 'glorot'],
    run: s => call(s, 'addWeight', () => ['own', [2], { initializer: 'glorot' }]),
  },
  { title: '5: an empty list', error: ValueError, says: ['applyGradients', 'no gradients'], run: apply(() => []) },
  { title: '5: an empty map', error: ValueError, says: ['applyGradients', 'no gradients'], run: apply(() => ({})) },
  {
    title: '5: null gradients only',
    error: ValueError,
    says: ['no gradients', 'err/kernel, err/table'],
    run: apply(({ kernel, table }) => [
      [null, kernel],
      [null, table],
    ]),
  },
  { title: '5: null for gradients', error: TypeError, says: ['applyGradients', 'null'], run: apply(() => null) },
  { title: '5: a list of tensors', error: TypeError, says: ['applyGradients', 'at 0'], run: apply(() => [g(1, 1)]) },
  {
    title: '5: triples',
    error: TypeError,
    says: ['an array of 3 at 1'],
    run: apply(({ kernel, table }) => [
      [g(1, 1), kernel],
      [g(1), table, 0],
    ]),
  },
  {
    title: '5: a swapped pair',
    error: TypeError,
    says: ['[gradient, variable]', 'at 0'],
    run: apply(({ kernel }) => [[kernel, g(1, 1)]]),
  },
  {
    title: '5: a tensor for a variable',
    error: TypeError,
    says: ['[gradient, variable]', 'at 0'],
    run: apply(() => [[g(1, 1), g(1, 2)]]),
  },
  {
    title: '5: an array for a gradient of one replica',
    error: TypeError,
    says: ['err/kernel', '1'],
    run: apply(({ kernel }) => [[[1, 1], kernel]]),
  },
  {
    title: '5: a typed array for a gradient',
    error: TypeError,
    says: ['err/kernel', 'Float32Array'],
    run: apply(({ kernel }) => [[new Float32Array([1, 1]), kernel]]),
  },
  {
    title: '5: a name that no Variable has',
    error: ValueError,
    says: ['applyGradients', 'err/nothing'],
    run: apply(() => ({ 'err/nothing': g(1, 1) })),
  },
  {
    title: '5: another shape',
    error: ValueError,
    says: ['err/table', '[2]', '[3,1]'],
    run: apply(({ kernel, table }) => [
      [g(1, 1), kernel],
      [g(1, 1), table],
    ]),
  },
  {
    title: '5: another dtype',
    error: TypeError,
    says: ['err/kernel', 'int32', 'float32'],
    run: apply(({ kernel }) => [[tf.tensor1d([1, 1], 'int32'), kernel]]),
  },
  {
    title: '5: an integer variable',
    error: TypeError,
    says: ['err/whole', 'int32', 'float32'],
    run: apply(({ kernel, whole }) => [
      [g(1, 1), kernel],
      [g(1), whole],
    ]),
  },
  {
    title: '5: a sparse index out of range',
    error: ValueError,
    says: ['indices[1] = 7', 'err/table', '[0, 3)'],
    run: sparse([0, 7]),
  },
  {
    title: '5: a negative sparse index',
    error: ValueError,
    says: ['indices[0] = -1', 'err/table'],
    run: sparse([-1]),
  },
  {
    title: '5: sparse values of another shape',
    error: ValueError,
    says: ['err/table', '[2,1]', '[3,1]'],
    run: sparse([0, 1], 3),
  },
  {
    title: '5: a transformer that returns a null gradient',
    error: TypeError,
    says: ['gradientTransformers[0]', 'err/kernel', 'null'],
    options: { gradientTransformers: [(pairs: readonly unknown[][]) => pairs.map(([, v]) => [null, v])] },
    run: apply(({ kernel }) => [[g(1, 1), kernel]]),
  },
  {
    title: '5: a transformer that returns nothing',
    error: TypeError,
    says: ['gradientTransformers[1]', 'undefined'],
    options: { gradientTransformers: [through, () => undefined] },
    run: apply(({ kernel }) => [[g(1, 1), kernel]]),
  },
  {
    title: '5: a transformer that throws',
    error: RangeError,
    says: ['mine'],
    options: {
      gradientTransformers: [
        () => {
          throw new RangeError('mine')
        },
      ],
    },
    run: apply(({ kernel }) => [[g(1, 1), kernel]]),
  },
  {
    title: '5: an aggregator that returns tensors',
    error: TypeError,
    says: ['gradientAggregator', 'at 0'],
    options: { gradientAggregator: (pairs: readonly unknown[][]) => pairs.map(([gradient]) => gradient) },
    run: apply(({ kernel }) => [[g(1, 1), kernel]]),
  },
  {
    title: '13: replicas without aggregation',
    error: RuntimeError,
    says: ['experimentalAggregateGradients', 'replicas'],
    run: apply(({ kernel }) => [[[g(1, 1), g(2, 2)], kernel]], { experimentalAggregateGradients: false }),
  },
  {
    title: '13: another number of replicas',
    error: ValueError,
    says: ['replicas', '2, 1'],
    run: apply(({ kernel, table }) => [
      [[g(1, 1), g(2, 2)], kernel],
      [[tf.ones([3, 1])], table],
    ]),
  },
  {
    title: '9: a tensor for a loss',
    error: TypeError,
    says: ['minimize', 'loss must be a function'],
    run: s => call(s, 'minimize', () => [tf.scalar(1), [s.kernel]]),
  },
  {
    title: '9: a list with a tensor',
    error: ValueError,
    says: ['minimize', 'varList', 'Tensor'],
    run: s => call(s, 'minimize', () => [() => tf.sum(s.kernel), [s.kernel, g(1)]]),
  },
  {
    title: '9: no variables',
    error: ValueError,
    says: ['minimize', 'no gradients'],
    run: s => call(s, 'minimize', () => [() => tf.sum(s.kernel), []]),
  },
  {
    title: '9: a loss that depends on no variable of the list',
    error: ValueError,
    says: ['minimize', 'any variable', 'err/table'],
    run: s => call(s, 'minimize', () => [() => tf.sum(s.kernel), [s.table]]),
  },
  {
    title: '9: a constant loss',
    error: ValueError,
    says: ['minimize', 'any variable', 'err/kernel'],
    run: s => call(s, 'minimize', () => [() => tf.scalar(1), [s.kernel]]),
  },
  {
    title: '9: gradLoss of another shape',
    error: ValueError,
    says: ['gradLoss', '[2]', '[3]'],
    run: s => call(s, 'minimize', () => [() => tf.neg(s.kernel), [s.kernel], { gradLoss: g(1, 1, 1) }]),
  },
  {
    title: '9: getGradients of a variable that the loss does not have',
    error: ValueError,
    says: ['getGradients', 'err/table', 'null'],
    run: s => call(s, 'getGradients', () => [() => tf.sum(s.kernel), [s.kernel, s.table]]),
  },
  {
    title: '9: getUpdates of what is no variable',
    error: ValueError,
    says: ['getUpdates', 'varList', '3'],
    run: s => call(s, 'getUpdates', () => [() => tf.sum(s.kernel), [s.kernel, 3]]),
  },
  {
    title: '11: too few weights',
    error: ValueError,
    says: ['setWeights', 'AdamWeightDecay', 'length 2', 'expecting 5'],
    run: s => call(s, 'setWeights', () => [[1, g(0, 0)]]),
  },
  {
    title: '11: too many weights',
    error: ValueError,
    says: ['length 6', 'expecting 5'],
    run: s => call(s, 'setWeights', () => [[1, 2, 3, 4, 5, 6]]),
  },
  {
    title: '11: a weight of another shape',
    error: ValueError,
    says: ['setWeights', '[3]', '[2]', 'err/kernel'],
    run: s => call(s, 'setWeights', () => [[1, g(0, 0, 0), tf.zeros([3, 1]), g(0, 0), tf.zeros([3, 1])]]),
  },
  {
    title: '11: the last weight of another shape',
    error: ValueError,
    says: ['setWeights', '[4,1]', '[3,1]', 'err/table'],
    run: s => call(s, 'setWeights', () => [[1, g(0, 0), tf.zeros([3, 1]), g(0, 0), tf.zeros([4, 1])]]),
  },
  {
    title: '11: iterations that are no count',
    error: ValueError,
    says: ['setWeights', 'iter', '-3'],
    run: s => call(s, 'setWeights', () => [[-3, g(0, 0), tf.zeros([3, 1]), g(0, 0), tf.zeros([3, 1])]]),
  },
  {
    title: '11: a weight that is no values',
    error: TypeError,
    says: ['setWeights', 'weights[1]', '"m"'],
    run: s => call(s, 'setWeights', () => [[1, 'm', 0, 0, 0]]),
  },
  {
    title: '11: no list',
    error: TypeError,
    says: ['setWeights', 'weights', '7'],
    run: s => call(s, 'setWeights', () => [7]),
  },
]

const subject = (options: Options = {}): Subject => ({
  optimizer: decay({ learningRate: 0.1, weightDecayRate: 0.1, gradientClipNorm: 0, ...options }),
  kernel: tf.variable(tf.tensor1d([1, -2]), true, 'err/kernel'),
  table: tf.variable(tf.tensor2d([[1], [2], [3]]), true, 'err/table'),
  whole: tf.variable(tf.tensor1d([4], 'int32'), true, 'err/whole', 'int32'),
})
const freed = ({ optimizer, ...variables }: Subject): void => {
  optimizer.dispose()
  disposeTree(variables)
}
/** A step of the plain kind, whatever the options say. */
const step = ({ optimizer, kernel, table }: Subject): void => {
  const plain = {
    gradientTransformers: optimizer.gradientTransformers,
    gradientAggregator: optimizer.gradientAggregator,
  }
  Object.assign(optimizer, { gradientTransformers: [], gradientAggregator: null })
  tf.tidy(() => {
    optimizer.applyGradients([
      [tf.tensor1d([0.5, -0.25]), kernel],
      [tf.tensor2d([[0.1], [0.2], [0.3]]), table],
    ])
  })
  Object.assign(optimizer, plain)
}
const picture = async ({ optimizer, ...variables }: Subject) => ({
  variables: Object.values(variables).map(numbers),
  iterations: optimizer.iterations,
  settings: optimizer.settings,
  slots: optimizer.getSlotNames(),
  weights: await weightsOf(optimizer),
  tensors: tf.memory().numTensors,
})

onBackends('calls that are refused change nothing', async test => {
  const control = subject()
  step(control)
  step(control)
  const { variables } = await picture(control)
  freed(control)
  for (const { title, error, says, options, run } of calls)
    await test.test(title, async inner => {
      const one = subject(options)
      step(one)
      const before = await picture(one)
      refused(inner, await caught(() => run(one)), error, says, title)
      inner.strictSame(await picture(one), before, 'nothing changed')
      step(one)
      inner.strictSame((await picture(one)).variables, variables, 'and the next step is as if nothing had been')
      freed(one)
    })
})

// What strict keeps of TensorFlow's accidents, and what there is without it

/** Gradients that a variable of ones sees after the clips, with a rate of 1 and momentum off: from Adam's m. */
const clipped = (options: Options, late: Options, gradients: readonly number[][]): number[][] => {
  const optimizer = decay({ beta1: 0, gradientClipNorm: 0, ...options })
  Object.assign(optimizer, late)
  const variables = gradients.map((_, i) => tf.variable(tf.zeros([gradients[i]!.length]), true, `clip/${i}`))
  tf.tidy(() => {
    optimizer.applyGradients(gradients.map((values, i) => [tf.tensor1d(values), variables[i]!] as const))
  })
  const seen = variables.map(variable => numbers(optimizer.getSlot(variable, 'm')))
  optimizer.dispose()
  disposeTree(variables)
  return seen
}
const stepped = (options: Options, gradient = [0.5, -0.25], steps = 1): number[] => {
  const optimizer = decay({ gradientClipNorm: 0, ...options })
  const variable = tf.variable(tf.tensor1d([1, -2]), true, 'layer/bias')
  for (let i = 0; i < steps; i++)
    tf.tidy(() => {
      optimizer.applyGradients([[tf.tensor1d(gradient), variable]])
    })
  const values = numbers(variable)
  optimizer.dispose()
  variable.dispose()
  return values
}
const configOf = (options: Options, late: Options = {}) => Object.assign(decay(options), late).getConfig()

interface Difference {
  readonly title: string
  readonly sane: (test: Test) => unknown
  readonly strict: (test: Test) => unknown
}
const refuses =
  (make: () => unknown, ...says: string[]) =>
  async (test: Test) => {
    refused(test, await caught(make), ValueError, says, 'without strict')
  }
const strict = { strict: true }

const differences: readonly Difference[] = [
  {
    title: '10: what get_config leaves out',
    sane: test => {
      const config = configOf({ gradientClipNorm: 2, excludeFromWeightDecay: ['bias'] })
      const { gradient_clip_norm: norm, include_in_weight_decay: include, exclude_from_weight_decay: exclude } = config
      test.strictSame([norm, include, exclude], [2, null, ['bias']])
      const again = AdamWeightDecay.fromConfig<AdamWeightDecay>(config)
      test.equal(again.gradientClipNorm, 2, 'and what is read has it')
    },
    strict: test => {
      const config = configOf({ gradientClipNorm: 2, excludeFromWeightDecay: ['bias'], ...strict })
      const keys = ['name', 'learning_rate', 'decay', 'beta_1', 'beta_2', 'epsilon', 'amsgrad', 'weight_decay_rate']
      test.strictSame(Object.keys(config), keys)
      const again = AdamWeightDecay.fromConfig<AdamWeightDecay>(config)
      test.equal(again.gradientClipNorm, 1, 'and what is read has the default')
    },
  },
  {
    title: '3: decay that is set later',
    sane: test => {
      const late = decay({ learningRate: 0.1, decay: 0 })
      late.decay = 0.5
      const early = decay({ learningRate: 0.1, decay: 0.5 })
      test.strictSame(twoSteps(late), twoSteps(early), 'acts')
      test.equal(late.getConfig()['decay'], 0.5)
      disposeAll(late, early)
    },
    strict: test => {
      const late = decay({ learningRate: 0.1, decay: 0.25, ...strict })
      late.decay = 0.5
      const never = decay({ learningRate: 0.1, decay: 0.25, ...strict })
      test.equal(late.getConfig()['decay'], 0.25, 'the config has the first, before a step')
      test.strictSame(twoSteps(late), twoSteps(never), 'does not act')
      test.equal(late.decay, 0.5, 'though it reads back')
      test.equal(late.getConfig()['decay'], 0.25, 'the config has the first, after a step')
      disposeAll(late, never)
    },
  },
  {
    title: '3: numbers read back',
    sane: test => {
      const { learningRate, beta1, beta2, decay: slower } = decay({ learningRate: 0.001, decay: 0.1 })
      test.strictSame([learningRate, beta1, beta2, slower], [0.001, 0.9, 0.999, 0.1], 'as given')
    },
    strict: test => {
      const { learningRate, beta1, beta2, decay: slower } = decay({ learningRate: 0.001, decay: 0.1, ...strict })
      const float32 = [0.0010000000474974513, 0.8999999761581421, 0.9990000128746033, 0.10000000149011612]
      test.strictSame([learningRate, beta1, beta2, slower], float32, 'in float32')
    },
  },
  {
    title: '10: numbers in the config after a step',
    sane: test => {
      const one = decay({})
      twoSteps(one)
      test.strictSame([one.getConfig()['learning_rate'], one.getConfig()['beta_1']], [0.001, 0.9], 'as given')
      one.dispose()
    },
    strict: test => {
      const one = decay({ weightDecayRate: 0.1, ...strict })
      test.equal(one.getConfig()['learning_rate'], 0.001, 'before it as given')
      twoSteps(one)
      const { learning_rate: rate, beta_1: beta, epsilon, weight_decay_rate: slower } = one.getConfig()
      test.strictSame([rate, beta], [0.0010000000474974513, 0.8999999761581421], 'in float32')
      test.strictSame([epsilon, slower], [1e-7, 0.1], 'but for those that are no hyperparameters')
      one.dispose()
    },
  },
  {
    title: '2: a negative rate',
    sane: refuses(() => decay({ learningRate: -1 }), 'learningRate', '-1'),
    strict: test => {
      const [a = NaN, b = NaN] = stepped({ learningRate: -0.1, weightDecayRate: 0.1, ...strict })
      test.ok(a > 1 && b < -2, `ascends and grows: ${a}, ${b}`)
    },
  },
  {
    title: '2: beta1 of 1',
    sane: refuses(() => decay({ beta1: 1 }), 'beta1', '1'),
    strict: test => {
      test.strictSame(stepped({ beta1: 1, ...strict }), [NaN, NaN], 'NaN')
    },
  },
  {
    title: '2: beta2 of 1',
    sane: refuses(() => decay({ beta2: 1 }), 'beta2', '1'),
    strict: test => {
      test.strictSame(stepped({ beta2: 1, ...strict }), [1, -2], 'nothing moves')
    },
  },
  {
    title: '2: beta1 of 2',
    sane: refuses(() => decay({ beta1: 2 }), 'beta1', '2'),
    strict: test => {
      test.equal(decay({ beta1: 2, ...strict }).beta1, 2, 'is taken')
    },
  },
  {
    title: '2: epsilon 0 or null',
    sane: refuses(() => decay({ epsilon: 0 }), 'epsilon', '0'),
    strict: test => {
      test.equal(decay({ epsilon: 0, ...strict }).epsilon, 1e-7)
      test.equal(decay({ epsilon: null, ...strict }).epsilon, 1e-7)
    },
  },
  {
    title: '2: a negative weightDecayRate',
    sane: refuses(() => decay({ weightDecayRate: -0.1 }), 'weightDecayRate', '-0.1'),
    strict: test => {
      const grown = stepped({ learningRate: 0.5, weightDecayRate: -0.5, ...strict }, [0, 0])
      test.strictSame(grown, [1.25, -2.5], 'grows')
    },
  },
  {
    title: '2: a negative gradientClipNorm',
    sane: refuses(() => decay({ gradientClipNorm: -1 }), 'gradientClipNorm', '-1'),
    strict: test => {
      const off = clipped({ gradientClipNorm: -1, ...strict }, {}, [[3, 4]])
      test.strictSame(off, [[3, 4]], 'is off')
    },
  },
  {
    title: '8: a string for a list of patterns',
    sane: refuses(() => decay({ excludeFromWeightDecay: 'bias' }), 'excludeFromWeightDecay', '"bias"'),
    strict: test => {
      const { excludeFromWeightDecay: letters } = decay({ excludeFromWeightDecay: 'bias', ...strict }).settings
      test.strictSame(letters, ['b', 'i', 'a', 's'])
      const excluded = stepped(
        { weightDecayRate: 0.5, learningRate: 0.5, excludeFromWeightDecay: 'yx', ...strict },
        [0, 0],
      )
      test.strictSame(excluded, [1, -2], 'layer/bias has a y')
    },
  },
  {
    title: '2: clipnorm and globalClipnorm, the second later',
    sane: refuses(() => Object.assign(decay({ clipnorm: 1 }), { globalClipnorm: 2 }), 'clipnorm', 'globalClipnorm'),
    strict: test => {
      const seen = clipped({ clipnorm: 5, ...strict }, { globalClipnorm: 1 }, [[0, 10], [0]])
      test.match(seen, [[0, 1], [0]], 'both act')
      test.ok(Math.abs((seen[0]?.[1] ?? NaN) - 1) < 1e-6)
    },
  },
  {
    title: '2: a clip set to 0 in the constructor',
    sane: refuses(() => decay({ clipnorm: 0 }), 'clipnorm', '0'),
    strict: test => {
      test.strictSame(
        clipped({ clipnorm: 0, ...strict }, {}, [[3, -4], [0]]),
        [[0, -0], [NaN]],
        '0, and NaN where there is no gradient',
      )
      test.strictSame(clipped({ clipvalue: 0, ...strict }, {}, [[3, -4], [0]]), [[0, 0], [0]], 'nothing is left')
      test.strictSame(clipped({ globalClipnorm: 0, ...strict }, {}, [[3, -4], [0]]), [[0, -0], [0]], 'nothing is left')
      test.strictSame(clipped({ globalClipnorm: 0, ...strict }, {}, [[0]]), [[NaN]], 'NaN without gradients')
    },
  },
  {
    title: '2: a negative clip, later',
    sane: refuses(() => Object.assign(decay({}), { clipnorm: -2 }), 'clipnorm', '-2'),
    strict: test => {
      const gradients = [[3, -4], [0]]
      test.strictSame(clipped(strict, { clipnorm: -2 }, gradients), [[0, -0], [NaN]], 'clipnorm as 0')
      test.strictSame(clipped(strict, { clipvalue: -2 }, gradients), [[2, 2], [2]], 'clipvalue gives its size')
      test.strictSame(clipped(strict, { globalClipnorm: -2 }, gradients), [[3, -4], [0]], 'globalClipnorm does nothing')
    },
  },
  {
    title: '2: gradientTransformers behind a clip, later',
    sane: refuses(
      () => Object.assign(decay({ clipnorm: 1 }), { gradientTransformers: [through] }),
      'gradientTransformers',
    ),
    strict: test => {
      const one = Object.assign(decay({ clipvalue: 1, ...strict }), { gradientTransformers: [through] })
      one.learningRate = 0.5
      one.clipvalue = null
      test.throws(() => (one.clipvalue = 1), { name: 'ValueError' }, 'the clip again is refused')
      const twice = (pairs: readonly (readonly [tf.Tensor, tf.Variable])[]) => pairs.map(([u, v]) => [tf.mul(u, 2), v])
      const seen = clipped({ clipvalue: 1, ...strict }, { gradientTransformers: [twice] }, [[3, -4]])
      test.strictSame(seen, [[2, -2]], 'both act')
    },
  },
  {
    title: '11: weights for an optimizer without slots',
    sane: async test => {
      const one = decay({})
      const weights = [tf.scalar(3, 'int32'), tf.ones([2]), tf.ones([2])]
      await one.setWeights(weights)
      test.equal(one.iterations, 3, 'wait for the variables')
      disposeTree(weights)
      one.dispose()
    },
    strict: async test => {
      const one = decay(strict)
      refused(
        test,
        await caught(() => one.setWeights([3, [1, 1], [1, 1]])),
        ValueError,
        ['length 3', 'expecting 0'],
        'strict',
      )
      await one.setWeights([])
      test.equal(one.iterations, 0, 'an empty list is fine')
      one.dispose()
    },
  },
  {
    title: '15: a schedule in a config is made with strict',
    sane: test => {
      test.equal(Number.isNaN(rateOf({}, 5)), false)
    },
    strict: test => {
      test.equal(Number.isNaN(rateOf(strict, 5)), true, 'StepCosineDecayWithOffset ends in NaN')
    },
  },
]

const twoSteps = (optimizer: AdamWeightDecay): number[] => {
  const variable = tf.variable(tf.tensor1d([1, 2]))
  for (let i = 0; i < 3; i++)
    tf.tidy(() => {
      optimizer.applyGradients([[tf.tensor1d([0.1, -0.2]), variable]])
    })
  return numbers(variable)
}
const disposeAll = (...all: readonly AdamWeightDecay[]): void => {
  all.forEach(one => {
    one.dispose()
  })
}
const rateOf = (options: Options, step: number): number => {
  const schedule = { class_name: 'StepCosineDecayWithOffset', config: { boundaries: [0], values: [1], offset: 0 } }
  const { learningRate } = AdamWeightDecay.fromConfig<AdamWeightDecay>({ learning_rate: schedule, ...options })
  return typeof learningRate === 'function' ? learningRate(step) : (learningRate as number)
}

onBackends('what strict keeps', async test => {
  for (const { title, sane, strict: kept } of differences)
    await test.test(title, async inner => {
      await sane(inner)
      await kept(inner)
    })
})

onBackends('5, 9: what TensorFlow refuses with an error of its own is refused, or does what it says', async test => {
  const one = sequential({
    layers: [layers.dense({ units: 1, inputShape: [2], kernelConstraint: constraints.nonNeg() })],
  })
  const optimizer = new AdamWeightDecay().constrain(one)
  const kernel = one.weights[0]!.read() as tf.Variable
  const values = tf.ones([1, 1])
  const before = [numbers(kernel), tf.memory().numTensors]
  const cause = await caught(() => optimizer.applyGradients([[{ indices: [0], values }, kernel]]))
  refused(test, cause, RuntimeError, ['constraint', kernel.name], '5: a sparse gradient of a constrained variable')
  test.strictSame([numbers(kernel), tf.memory().numTensors], before)
  test.equal(optimizer.iterations, 0)
  disposeTree(values)
  optimizer.dispose()
  one.dispose()

  const { optimizer: plain, kernel: w, ...rest } = subject()
  await caught(() => {
    plain.dispose()
    plain.applyGradients([[w, w]])
  })
  refused(test, await caught(() => plain.applyGradients([])), RuntimeError, ['disposed'], 'a disposed optimizer')
  refused(test, await caught(() => plain.setWeights([])), RuntimeError, ['disposed'], 'a disposed optimizer')
  disposeTree([w, rest.table, rest.whole])
  const rate = kerasPolynomialDecay({ initialLearningRate: 1, decaySteps: 2 })
  test.equal(decay({ learningRate: rate }).learningRate, rate, '3: a schedule reads back as itself')
})
