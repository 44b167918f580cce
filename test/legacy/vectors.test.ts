/**
 * Numbers of upstream's own tests, and of the real optimizer (TensorFlow 2.21), through the stateful classes. Titles name the
 * source: K is Keras 2.12 `optimizers/legacy`, M tensorflow/models, BERT google-research/bert; "real" was run there.
 * Those of schedules are in schedules.test.ts, but for the ones at the end.
 */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { disposeTree } from '../../lib/index.js'
import {
  Adam,
  AdamWeightDecay,
  kerasCosineDecay,
  kerasCosineDecayRestarts,
  kerasDirectPowerDecay,
  kerasExponentialDecay,
  kerasInverseTimeDecay,
  kerasPiecewiseConstantDecay,
  kerasPolynomialDecay,
  kerasPolynomialWarmUp,
  kerasPowerAndLinearDecay,
  kerasPowerDecayWithOffset,
  LAMB,
  SGD,
  type GradientsAndVariables,
} from '../../lib/legacy.js'
import type { Schedule } from '../../lib/index.js'
import { numbers, onBackends, type Test } from '../setup.js'

type Optimizer = Adam | AdamWeightDecay | SGD | LAMB
type Flat = readonly number[]
/** Rows of a gradient, each as long as those of the variable. */
interface Rows {
  readonly indices: readonly number[]
  readonly values: readonly Flat[]
}
type Given = Flat | Rows | null
const isRows = (given: Given | readonly Flat[]): given is Rows => given !== null && 'indices' in given

/** Variables of one test, `var0`, `var1`, …, from rows or flat values. */
class Scene {
  readonly variables: readonly tf.Variable[]
  constructor(
    readonly optimizer: Optimizer,
    ...starts: readonly (Flat | readonly Flat[])[]
  ) {
    this.variables = starts.map((start, i) => tf.tidy(() => tf.variable(tf.tensor(start as number[]), true, `var${i}`)))
  }
  step(given: readonly (Given | readonly Flat[])[], aggregate = true): number {
    return tf.tidy(() => {
      const tensors = given.map((gradient, i) => {
        if (gradient === null) return null
        if (isRows(gradient)) return { indices: gradient.indices, values: tf.tensor(gradient.values) }
        if (Array.isArray(gradient[0])) return (gradient as readonly Flat[]).map(one => tf.tensor1d([...one]))
        return tf.tensor(gradient, this.variables[i]!.shape)
      })
      const pairs = tensors.map((gradient, i) => [gradient, this.variables[i]!] as const)
      return this.optimizer.applyGradients(pairs as GradientsAndVariables, {
        experimentalAggregateGradients: aggregate,
      })
    })
  }
  get values(): number[][] {
    return this.variables.map(numbers)
  }
  slot(i: number, name: string): number[] {
    return numbers(this.optimizer.getSlot(this.variables[i]!, name))
  }
  dispose(): void {
    this.optimizer.dispose()
    disposeTree(this.variables)
  }
}
/** Runs a scene and frees it; nothing may be left. */
const scene = (test: Test, make: () => Scene, run: (scene: Scene) => void): void => {
  const before = tf.memory().numTensors
  const one = make()
  run(one)
  one.dispose()
  test.equal(tf.memory().numTensors, before, 'nothing is left')
}
const near = (test: Test, got: Flat | readonly Flat[], want: Flat | readonly Flat[], what: string, by = 1e-6): void => {
  const [a, b] = [got.flat(), want.flat()]
  const apart = Math.max(...b.map((x, i) => Math.abs((a[i] ?? NaN) - x)))
  test.ok(a.length === b.length && apart <= by, `${what}: ${a.join(' ')} is ${apart} from ${b.join(' ')}`)
}

// K adam_test.py: two variables and constant gradients, three steps

const [start0, start1, gradient0, gradient1] = [
  [1, 2],
  [3, 4],
  [0.1, 0.1],
  [0.01, 0.01],
]
const basic: readonly (readonly [Flat, Flat])[] = [
  [
    [0.9990000128746033, 1.999000072479248],
    [2.999000310897827, 3.999000310897827],
  ],
  [
    [0.9980000257492065, 1.998000144958496],
    [2.9980006217956543, 3.9980006217956543],
  ],
  [
    [0.9970000386238098, 1.9970002174377441],
    [2.9970006942749023, 3.9970006942749023],
  ],
]
const classes = [
  ['Adam', (options: object) => new Adam(options)],
  ['AdamWeightDecay', (options: object) => new AdamWeightDecay({ gradientClipNorm: 0, ...options })],
] as const
const inverse = kerasInverseTimeDecay({ initialLearningRate: 0.001, decaySteps: 1, decayRate: 0.5 })

onBackends('Adam and AdamWeightDecay without decay, to the bit', test => {
  for (const [name, make] of classes) {
    const three = (title: string, options: object, want: readonly (readonly [Flat, Flat])[] = basic) => {
      scene(
        test,
        () => new Scene(make(options), start0, start1),
        one => {
          want.forEach((values, k) => {
            test.equal(one.step([gradient0, gradient1]), k + 1)
            test.strictSame(one.values, values, `${title}, ${name}: step ${k + 1}`)
          })
          if (!('amsgrad' in options)) return
          test.strictSame(one.slot(0, 'vhat'), one.slot(0, 'v'), `${title}, ${name}: vhat of a growing v is v`)
        },
      )
    }
    three('K adam_test.py:213 doTestBasic', {})
    three('K adam_test.py:283 callables', { learningRate: () => 0.001, beta1: () => 0.9, beta2: () => 0.999 })
    three('K adam_test.py:289 testBasicWithAmsgrad', { amsgrad: true })
    const [rate, beta1, beta2] = [tf.scalar(0.001), tf.scalar(0.9), tf.scalar(0.999)]
    three('K adam_test.py:516 tensor learning rate', { learningRate: rate, beta1, beta2 })
    disposeTree([rate, beta1, beta2])

    for (const [title, options] of [
      ['K adam_test.py:405 decay', { learningRate: 0.001, decay: 0.5 }],
      ['K adam_test.py:459 InverseTimeDecay', { learningRate: inverse }],
    ] as const)
      scene(
        test,
        () => new Scene(make(options), start0, start1),
        one => {
          const want = [0.9990000128746033, 0.9983333349227905, 0.9978333711624146]
          for (const value of want) {
            one.step([gradient0, gradient1])
            test.equal(one.values[0]?.[0], value, `${title}, ${name}`)
          }
        },
      )

    scene(
      test,
      () => new Scene(make({}), start0, start1),
      one => {
        for (let k = 0; k < 3; k++) one.step([gradient0, gradient1])
        test.equal(one.slot(0, 'm')[0], 0.027100007981061935, `K adam_test.py:213, ${name}: m`)
        test.equal(one.slot(0, 'v')[0], 2.9969625757075846e-5, `K adam_test.py:213, ${name}: v`)
      },
    )

    scene(
      test,
      () => new Scene(make({}), [1, 1, 2]),
      one => {
        basic.forEach(([[a = NaN, b = NaN]]) => {
          one.step([{ indices: [0, 2], values: [0.1, 0.1] as unknown as Flat[] }])
          test.strictSame(one.values, [[a, 1, b]], `K adam_test.py:95 testSparse, ${name}`)
        })
      },
    )

    const repeated = [
      { indices: [1, 1], values: [[0.1], [0.1]] },
      { indices: [1], values: [[0.2]] },
    ]
    for (const gradient of repeated)
      scene(
        test,
        () => new Scene(make({}), [[1], [2]]),
        one => {
          for (const value of [1.999000072479248, 1.998000144958496, 1.9970000982284546]) {
            one.step([gradient])
            test.strictSame(one.values, [[1, value]], `K adam_test.py:176, :345 repeated indices, ${name}`)
          }
        },
      )

    scene(
      test,
      () => new Scene(make({ learningRate: 1 }), [1, 2], [1, 2]),
      one => {
        for (const want of [
          [0, 1],
          [-1, 0],
        ]) {
          one.step([[3, 3], null])
          near(test, one.values, [want, [1, 2]], `K optimizer_v2_test.py:1127, ${name}`, 1e-4)
        }
        test.equal(one.optimizer.weights.length, 3, 'and a null gradient makes no slots')
      },
    )
  }

  // K adam_test.py:567: one optimizer, two calls of which the second comes with other variables
  scene(
    test,
    () => new Scene(new Adam(), start0, start1),
    one => {
      for (const values of basic) {
        one.step([gradient0, gradient1])
        test.strictSame(one.values, values, 'K adam_test.py:567 testSharing')
      }
      const [first, second] = one.variables as [tf.Variable, tf.Variable]
      test.not(one.optimizer.getSlot(first, 'm'), one.optimizer.getSlot(second, 'm'), 'each has its own m')
      test.throws(() => one.optimizer.getSlot(first, 'vhat'), { name: 'KeyError' })
    },
  )
})

onBackends('weights: names, order, and lists from elsewhere', async test => {
  const [v1, v2] = [tf.variable(tf.scalar(1), true, 'v1'), tf.variable(tf.scalar(1), true, 'v2')]
  const adam = new Adam({ learningRate: 1 })
  adam.minimize(() => tf.add(v1, v2), [v1, v2])
  test.equal(adam.variables().length, 5, 'K adam_test.py:626 testSlotsUniqueEager: five variables')
  test.equal(adam.variables()[0]?.dataSync()[0], 1, 'K adam_test.py:626: the first is iterations')
  const names = async (optimizer: Optimizer) => (await optimizer.getWeights()).map(({ name }) => name)
  test.strictSame(
    await names(adam),
    ['iter', 'Adam/v1/m', 'Adam/v2/m', 'Adam/v1/v', 'Adam/v2/v'],
    'K optimizer_v2_test.py:696',
  )
  const outer = tf.variable(tf.scalar(2), true, 'outter/var_2')
  adam.minimize(() => tf.mul<tf.Scalar>(v1, outer), [outer])
  test.strictSame(
    (await names(adam)).slice(5),
    ['Adam/outter/var_2/m', 'Adam/outter/var_2/v'],
    'K :696: a later one behind',
  )
  adam.dispose()

  // K adam_test.py:638: what Keras 1 stored, `iterations, m…, v…, vhat…`, vhat of shape [1] without amsgrad
  const old = new Adam()
  old.minimize(() => tf.add(v1, v2), [v1, v2])
  const list = [tf.scalar(10, 'int32'), ...[1, 2, 3, 4].map(x => tf.scalar(x)), tf.zeros([1]), tf.zeros([1])]
  await old.setWeights(list)
  test.equal(old.iterations, 10, 'K adam_test.py:638 set_weights with the v1 optimizer: iterations')
  test.strictSame([numbers(old.getSlot(v1, 'm')), numbers(old.getSlot(v2, 'v'))], [[1], [4]], 'K :638: and slots')
  disposeTree(list)
  old.dispose()

  const [amsgrad, plain] = [new Adam({ amsgrad: true }), new Adam()]
  for (const optimizer of [amsgrad, plain]) optimizer.minimize(() => tf.add(v1, v2), [v1, v2])
  await plain.setWeights(await amsgrad.getWeights())
  test.strictSame((await plain.getWeights()).length, 5, 'real: the weights of amsgrad, without vhat')
  await test.rejects(
    amsgrad.setWeights(await plain.getWeights()),
    { name: 'ValueError', message: /length 5.*expecting 7/ },
    'real: not the other way round',
  )
  amsgrad.dispose()
  plain.dispose()

  const slotted = new Adam()
  const square = tf.variable(tf.ones([2, 2]), true, 'square')
  const slot = slotted.addSlot(square, 'odd', { shape: [2, 1] })
  test.strictSame(
    [slot.shape, slotted.getSlot(square, 'odd').shape],
    [
      [2, 1],
      [2, 1],
    ],
    'K optimizer_v2_test.py:778',
  )
  slotted.dispose()
  disposeTree([v1, v2, outer, square])
})

// K optimizer_v2_test.py

onBackends('SGD: clips, constraints, gradients of a loss, aggregation', test => {
  const sgd = (options: object) => new SGD({ learningRate: 1, ...options })
  const one = (
    title: string,
    options: object,
    starts: readonly Flat[],
    given: readonly Given[],
    want: readonly Flat[],
  ) => {
    scene(
      test,
      () => new Scene(sgd(options), ...starts),
      made => {
        made.step(given)
        near(test, made.values, want, title)
      },
    )
  }
  one('K optimizer_v2_test.py:360 clipvalue', { clipvalue: 1 }, [[1, 2]], [[3, 3]], [[0, 1]])
  one('K optimizer_v2_test.py:373 clipnorm', { clipnorm: 1 }, [[1]], [[3]], [[0]])
  one('K optimizer_v2_test.py:386 global_clipnorm', { globalClipnorm: 2 }, [[1], [2]], [[3], [4]], [[-0.2], [0.4]])
  const garden = [
    [1, 2],
    [3, 4],
  ]
  const gradients = [
    [0.1, 0.1],
    [2, 3],
  ]
  one('M optimizer_factory_test: clipnorm', { clipnorm: 1 }, garden, gradients, [
    [0.9, 1.9],
    [2.4452999, 3.1679497],
  ])
  one('M optimizer_factory_test: clipvalue', { clipvalue: 1 }, garden, gradients, [
    [0.9, 1.9],
    [2, 3],
  ])
  one('M optimizer_factory_test: no clip', {}, garden, gradients, [
    [0.9, 1.9],
    [1, 1],
  ])
  for (const aggregate of [true, false])
    scene(
      test,
      () => new Scene(sgd({ learningRate: 3 }), [1, 2]),
      made => {
        made.step([[0.1, 0.1]], aggregate)
        near(test, made.values, [[0.7, 1.7]], `K optimizer_v2_test.py:725, :743 aggregate ${aggregate}`)
      },
    )
  const half = (pairs: readonly (readonly [tf.Tensor, tf.Variable])[]) => pairs.map(([g, v]) => [tf.div(g, 2), v])
  one('K optimizer_v2_test.py:802 gradient_aggregator', { gradientAggregator: half }, [[2]], [[2]], [[1]])

  scene(
    test,
    () => new Scene(sgd({ learningRate: 3 }), [1, 2], [3, 4]),
    ({ optimizer, variables }) => {
      const [a, b] = variables as [tf.Variable, tf.Variable]
      const gradLoss = tf.tensor1d([42, -42])
      const loss = () => tf.add(tf.mul(a, 5), tf.mul(b, 3))
      optimizer.minimize(loss, [a, b], { gradLoss })
      gradLoss.dispose()
      test.strictSame(
        [numbers(a), numbers(b)],
        [
          [1 - 630, 2 + 630],
          [3 - 378, 4 + 378],
        ],
        'K optimizer_v2_test.py:133 grad_loss',
      )
    },
  )

  const clip = (low: number, high: number) => ({ apply: (w: tf.Tensor) => tf.clipByValue(w, low, high) })
  scene(
    test,
    () => new Scene(sgd({ learningRate: 3 }), [1, 2], [3, 4]),
    ({ optimizer, variables }) => {
      const [a, b] = variables as [tf.Variable, tf.Variable]
      const weights = [
        [a, clip(-0.1, 0)],
        [b, clip(0, 1)],
      ] as const
      optimizer.constrain({
        weights: weights.map(([variable, constraint]) => ({
          read: () => variable,
          constraint,
          originalName: variable.name,
        })),
      })
      optimizer.minimize(() => tf.add(tf.mul(a, 5), tf.mul(b, 3)), [a, b])
      near(
        test,
        [numbers(a), numbers(b)],
        [
          [-0.1, -0.1],
          [0, 0],
        ],
        'K optimizer_v2_test.py:271 constraint',
      )
    },
  )
})

onBackends('AdamWeightDecay, run in TensorFlow: to the bit where no norm is active', test => {
  const make = (options: object) => () => new AdamWeightDecay({ gradientClipNorm: 0, ...options })
  const rate = { learningRate: 0.1, weightDecayRate: 0.01 }
  scene(
    test,
    () => new Scene(make(rate)(), [1, -2, 3]),
    one => {
      one.step([[0, 0, 0]])
      test.strictSame(one.values, [[0.9990000128746033, -1.9980000257492065, 2.996999979019165]], 'real: decay only')
      test.strictSame(
        [one.slot(0, 'm'), one.slot(0, 'v')],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        'm and v do not see it',
      )
    },
  )
  scene(
    test,
    () => new Scene(make(rate)(), [1, -2, 3]),
    one => {
      one.step([[0.5, 0.5, -0.5]])
      test.strictSame(one.values, [[0.8990006446838379, -2.097999334335327, 3.096999406814575]], 'real: decay and Adam')
    },
  )
  scene(
    test,
    () => new Scene(make({ weightDecayRate: 0.01 })(), start0, start1),
    one => {
      const want = [
        [
          [0.998989999294281, 1.9989800453186035],
          [2.9989702701568604, 3.998960256576538],
        ],
        [
          [0.997979998588562, 1.997960090637207],
          [2.9979405403137207, 3.997920513153076],
        ],
        [
          [0.9969700574874878, 1.9969401359558105],
          [2.996910572052002, 3.996880531311035],
        ],
      ]
      for (const values of want) {
        one.step([gradient0, gradient1])
        test.strictSame(one.values, values, 'real: decay, K adam_test.py inputs')
      }
    },
  )
  scene(
    test,
    () => new Scene(new AdamWeightDecay({ learningRate: 0.1 }), [0, 0], [0]),
    one => {
      one.step([[3, 0], [4]])
      near(
        test,
        [one.slot(0, 'm'), one.slot(1, 'm')],
        [[0.060000017285346985, 0], [0.08000002056360245]],
        'real: default clip, m',
        1e-8,
      )
      near(test, one.values, [[-0.09999947249889374, 0], [-0.09999960660934448]], 'real: default clip of 1', 1e-7)
    },
  )
  scene(
    test,
    () => new Scene(make({ learningRate: 0.1 })(), [[1], [2]]),
    one => {
      const want = [
        [0.9000006318092346, 2],
        [0.8329954743385315, 1.9255870580673218],
        [0.7811999320983887, 1.8397409915924072],
      ]
      want.forEach((values, k) => {
        one.step([{ indices: [k === 0 ? 0 : 1], values: [[0.5]] }])
        test.strictSame(one.values, [values], 'real: rows without a gradient go on by their momentum')
      })
    },
  )
  scene(
    test,
    () => new Scene(make({ gradientClipNorm: 1 })(), [[0]]),
    one => {
      one.step([{ indices: [0, 0], values: [[3], [4]] }])
      near(test, one.slot(0, 'm'), [0.14], 'real: the norm of a row given twice is taken before it is summed')
    },
  )
  const clips = { gradientClipNorm: 2, clipvalue: 0.5, clipnorm: 0.6 }
  scene(
    test,
    () => new Scene(make(clips)(), [0, 0, 0]),
    one => {
      one.step([[3, 4, 0]])
      near(
        test,
        one.slot(0, 'm').map(m => m / 0.1),
        [0.42426, 0.42426, 0],
        'real: order of clips',
        1e-5,
      )
    },
  )
  scene(
    test,
    () => new Scene(make({ gradientClipNorm: 2, clipvalue: 3 })(), [0, 0]),
    one => {
      one.step([[3, 4]], false)
      near(
        test,
        one.slot(0, 'm').map(m => m / 0.1),
        [3, 3],
        'real: without aggregation only the later clips act',
      )
    },
  )
  scene(
    test,
    () => new Scene(make({ gradientClipNorm: 1 })(), [0, 0]),
    one => {
      one.step([
        [
          [3, 4],
          [0, 5],
        ],
      ])
      near(
        test,
        one.slot(0, 'm').map(m => m / 0.1),
        [0.6, 1.8],
        'real: replicas are clipped one by one',
      )
    },
  )
  scene(
    test,
    () => new Scene(make({ globalClipnorm: 1 })(), [0, 0]),
    one => {
      one.step([
        [
          [3, 4],
          [0, 5],
        ],
      ])
      near(
        test,
        one.slot(0, 'm').map(m => m / 0.1),
        [0.31622782, 0.94868356],
        'real: global_clipnorm clips their sum',
      )
    },
  )
  const zeros = (pairs: readonly (readonly [tf.Tensor, tf.Variable])[]) => pairs.map(([g, v]) => [tf.zerosLike(g), v])
  scene(
    test,
    () => new Scene(new Adam({ learningRate: 1, gradientAggregator: zeros as never }), [1, 2]),
    one => {
      one.step([[0.1, 0.1]])
      test.strictSame(one.values, [[1, 2]], 'M optimizer_factory_test test_gradient_aggregator')
    },
  )
  scene(
    test,
    () => new Scene(make({ learningRate: 0.1, weightDecayRate: 0.1 })(), [1], [1]),
    ({ optimizer, variables }) => {
      const [a, b] = variables as [tf.Variable, tf.Variable]
      tf.tidy(() => {
        optimizer.applyGradients([
          [tf.tensor1d([1]), a],
          [tf.tensor1d([1]), b],
          [tf.tensor1d([1]), a],
        ])
      })
      test.equal(optimizer.iterations, 1, 'real: a variable given twice is one step')
      const [twice = NaN, once = NaN] = [...numbers(a), ...numbers(b)]
      test.ok(once < 1 && twice < once - 0.1, `and two updates: ${twice}, ${once}`)
    },
  )
  scene(
    test,
    () => new Scene(new AdamWeightDecay(), [1, 2], [3]),
    one => {
      one.step([[NaN, 1], [1]])
      test.strictSame(one.values, [[NaN, NaN], [NaN]], 'real: NaN in one gradient spoils all where the norm is clipped')
    },
  )
  scene(
    test,
    () => new Scene(make({})(), [1, 2], [3]),
    one => {
      one.step([[NaN, 0], [0]])
      test.strictSame(one.values, [[NaN, 2], [3]], 'real: and its own element only where it is not')
    },
  )
})

onBackends('decay is not L2 in the loss: without gradients a step is that of SGD on wd / 2 p^2', test => {
  for (const [learningRate, weightDecayRate] of [
    [0.1, 0.01],
    [0.5, 0.25],
    [2e-5, 0.1],
  ] as const) {
    const start = [1, -2, 0.3, 1e-3, 7]
    const decaying = new Scene(new AdamWeightDecay({ learningRate, weightDecayRate }), start)
    const sgd = new SGD({ learningRate })
    const w = tf.variable(tf.tensor1d(start))
    for (let k = 0; k < 5; k++) {
      decaying.step([[0, 0, 0, 0, 0]])
      sgd.minimize(() => tf.mul(weightDecayRate / 2, tf.sum(tf.square(w))), [w])
      const want = numbers(w)
      near(
        test,
        decaying.values[0]!.map((p, i) => p / want[i]!),
        [1, 1, 1, 1, 1],
        `rate ${learningRate}, step ${k}`,
        5e-7,
      )
    }
    test.strictSame([...decaying.slot(0, 'm'), ...decaying.slot(0, 'v')], Array(10).fill(0), 'm and v stay 0')
    decaying.dispose()
    sgd.dispose()
    w.dispose()
  }
})

onBackends('a whole run, and LAMB', test => {
  for (const [name, make] of classes) {
    const w = tf.variable(tf.tensor1d([0.1, -0.2, -0.1]))
    const target = tf.tensor1d([0.4, 0.2, -0.5])
    const optimizer = make({ learningRate: 0.2 })
    const before = tf.memory().numTensors
    for (let k = 0; k < 100; k++) {
      optimizer.minimize(() => tf.mean(tf.squaredDifference(target, w)), false, [w])
      if (k === 0) test.equal(tf.memory().numTensors, before + 2, 'the first step makes two slots')
    }
    test.equal(tf.memory().numTensors, before + 2, 'and no later one leaves a tensor')
    near(test, numbers(w), [0.4, 0.2, -0.5], `BERT optimization_test.py test_adam, ${name}`, 1e-2)
    near(test, numbers(w), [0.4011769, 0.20173825, -0.50173825], `real: the same, ${name}`, 2e-5)
    optimizer.dispose()
    disposeTree([w, target])
  }
  const options = { learningRate: 0.001, decay: 0.5, weightDecayRate: 0.01 }
  scene(
    test,
    () => new Scene(new LAMB(options), [1, 2]),
    one => {
      const want = [
        [0.998426669197796, 1.998411091510868],
        [0.9973787786289936, 1.9973528256851947],
        [0.9965933585027631, 1.9965596290450764],
      ]
      for (const values of want) {
        one.step([[0.1, 0.1]])
        near(test, one.values, [values], 'M lamb_test.py')
      }
    },
  )
})

onBackends('slots of a model in the names of Keras', async (test, backend) => {
  const model = sequential({ layers: [layers.dense({ name: `dense_${backend}`, units: 1, inputShape: [2] })] })
  const optimizer = new AdamWeightDecay({ amsgrad: true })
  model.compile({ optimizer, loss: 'meanSquaredError' })
  const [x, y] = [tf.ones([2, 2]), tf.ones([2, 1])]
  await model.trainOnBatch(x, y)
  const names = (await optimizer.getWeights()).map(({ name }) => name)
  const of = (slot: string) => ['kernel', 'bias'].map(part => `AdamWeightDecay/dense_${backend}/${part}/${slot}`)
  test.strictSame(names, ['iter', ...of('m'), ...of('v'), ...of('vhat')], 'K optimizer_v2_test.py:696, real order')
  disposeTree([x, y])
  optimizer.dispose()
  model.dispose()
})

// Schedules of upstream's tests that schedules.test.ts does not have

t.test('K learning_rate_schedule_test.py, M lr_schedule_test.py, M optimizer_factory_test.py: schedules', test => {
  const at = (title: string, schedule: Schedule, want: Readonly<Record<number, number>>, by = 1e-6): void => {
    for (const [step, value] of Object.entries(want))
      near(test, [schedule(Number(step))], [value], `${title} at ${step}`, by)
  }
  const line = { initialLearningRate: 0.05, decaySteps: 10 }
  at('Exponential', kerasExponentialDecay({ ...line, decayRate: 0.96 }), { 5: 0.05 * 0.96 ** 0.5 })
  const stairs = { initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.96, staircase: true }
  at('Exponential, staircase', kerasExponentialDecay(stairs), { 1: 0.1, 2: 0.1, 100: 0.1 * 0.96 ** 33 })
  const pieces = kerasPiecewiseConstantDecay({ boundaries: [100, 110, 120], values: [1, 0.1, 0.01, 0.001] })
  at('Piecewise', pieces, { [-999]: 1, 100: 1, 105: 0.1, 110: 0.1, 120: 0.01, 999: 0.001 })
  at('Polynomial', kerasPolynomialDecay({ ...line, endLearningRate: 0 }), { 5: 0.025 })
  const root = { ...line, power: 0.5 }
  at('Polynomial, root', kerasPolynomialDecay({ ...root, endLearningRate: 0 }), { 5: 0.05 * 0.5 ** 0.5 })
  const cycle = kerasPolynomialDecay({ ...root, endLearningRate: 0.001, cycle: true })
  at('Polynomial, root, cycle', cycle, { 0: 0.05, 15: 0.049 * 0.25 ** 0.5 + 0.001 })
  for (let k = 0; k <= 10; k++)
    at('InverseTime', kerasInverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.96 }), {
      [k]: 0.1 / (1 + (0.96 * k) / 10),
    })
  const wave = (k: number) => 0.5 * (1 + Math.cos((Math.PI * Math.min(k, 1000)) / 1000))
  for (const k of [0, 250, 500, 750, 1000, 1250])
    for (const alpha of [0, 0.1])
      at('Cosine', kerasCosineDecay({ initialLearningRate: 1, decaySteps: 1000, alpha }), {
        [k]: (1 - alpha) * wave(k) + alpha,
      })
  const again = (k: number, m: number) =>
    m ** Math.floor(k / 1000) * 0.5 * (1 + Math.cos((Math.PI * (k % 1000)) / 1000))
  for (const k of [0, 250, 500, 999, 1250, 2750])
    for (const [alpha, mMul] of [
      [0, 1],
      [0.1, 1],
      [0, 0.9],
    ] as const)
      at(
        'Restarts',
        kerasCosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 1000, tMul: 1, mMul, alpha }),
        {
          [k]: (1 - alpha) * again(k, mMul) + alpha,
        },
      )
  const power = { initialLearningRate: 1, totalDecaySteps: 100 }
  const falls = kerasPowerAndLinearDecay({ ...power, power: -1, linearDecayFraction: 0 })
  at('PowerAndLinearDecay', falls, { 0: 1, 1: 1, 40: 1 / 40, 60: 1 / 60, 100: 1 / 100 }, 1e-7)
  at(
    'PowerAndLinearDecay, line',
    kerasPowerAndLinearDecay({ ...power, power: 0, linearDecayFraction: 1 }),
    { 40: 0.6 },
    1e-7,
  )
  const both = kerasPowerAndLinearDecay({ ...power, power: -1, linearDecayFraction: 0.5 })
  at('PowerAndLinearDecay, both', both, { 0: 1, 1: 1, 40: 1 / 40, 60: 0.8 / 60, 100: 0 }, 1e-7)
  at('power', kerasDirectPowerDecay({ initialLearningRate: 1, power: -1 }), { 250: 1 / 250 }, 1e-7)
  const offset = kerasPowerDecayWithOffset({ initialLearningRate: 1, power: -1, offset: 10, preOffsetLearningRate: 3 })
  at('power_with_offset', offset, { 1: 3, 10: 3, 20: 0.1 }, 1e-7)
  const polynomial = kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 1000, endLearningRate: 0.001 })
  at('polynomial', polynomial, { 500: 0.0505 }, 1e-7)
  const warm = kerasPolynomialWarmUp({ afterWarmupLrSched: polynomial, warmupSteps: 500, power: 2 })
  at('polynomial warmup', warm, { 0: 0, 500: 0.0505 })
  test.end()
})
