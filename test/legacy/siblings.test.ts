/**
 * The numbers of Keras's legacy optimizers and of the Model Garden's LAMB, LARS and moving average as chains:
 * test/golden/legacy_siblings.json, variables and slots, bit for bit in float32 on cpu and wasm, but
 * for norms of more than two elements.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { elementwise, mul, sub } from '../../lib/rule.js'
import { onBackends } from '../setup.js'

interface Made {
  readonly class: string
  readonly arguments: Readonly<Record<string, unknown>>
}
interface Case extends Made {
  readonly name: string
  readonly inner?: Made
  readonly variables: readonly { readonly name: string; readonly init: number[] }[]
  readonly steps: readonly {
    readonly grads: readonly number[][]
    readonly vars: readonly number[][]
    readonly weights: readonly { readonly name: string; readonly value: number[] }[]
  }[]
}
const golden = JSON.parse(readFileSync('test/golden/legacy_siblings.json', 'utf8')) as {
  readonly cases: readonly Case[]
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
