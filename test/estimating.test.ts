/** Rules with cells and values of the caller: what they do with zeros, through optimizers and saved, and what they refuse. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { cpu } from '../lib/backends/cpu/device.js'
import { wasm } from '../lib/backends/wasm/device.js'
import * as O from '../lib/index.js'
import { jobs, useCounted } from './backends/counted.js'
import { leftBehind, numbers, onBackends } from './setup.js'

for (const device of [cpu, wasm]) useCounted(device)

type Tx = O.GradientTransformation
type Params = { readonly a: tf.Tensor; readonly b: tf.Tensor }

const params = (): Params => ({ a: tf.tensor1d([1, -2, 3]), b: tf.tensor1d([0.5]) })
const zeros = (): Params => ({ a: tf.zeros([3]), b: tf.zeros([1]) })
const some = (k: number): Params => ({ a: tf.tensor1d([0.3, k - 2, -1]), b: tf.tensor1d([k + 0.1]) })
const all = (tree: unknown): number[] => O.tensorsOf(tree).flatMap(([, tensor]) => numbers(tensor))

/** Every recipe and rule of the family; each moves the parabola downhill. */
const recipes: Readonly<Record<string, () => Tx>> = {
  novograd: () => O.novograd(0.1),
  polyakSgd: () => O.polyakSgd(),
  'L-DoG': () => O.scaleByDistanceOverGradients({ repsRel: 0.1, globalScale: -1 }),
  dog: () => O.dog({ initStep: ['heuristic', 0.1] }),
  'dog distance': () => O.dog({ initStep: ['distance', 0.1] }),
  'dog learningRate': () => O.dog({ initStep: ['learningRate', 0.1] }),
  dowg: () => O.dowg({ initEstimSqDist: 0.1 }),
  prodigy: () => O.prodigy({ estimLr0: 1e-3 }),
  dadaptAdamw: () => O.dadaptAdamw({ estimLr0: 1e-3 }),
  momo: () => O.momo({ learningRate: 0.5 }),
  'momo adapting': () => O.momo({ learningRate: 0.5, adaptLowerBound: true }),
  momoAdam: () => O.momoAdam({ learningRate: 0.1 }),
  'reduceOnPlateau behind sgd': () =>
    O.chain(O.sgd(0.1), O.reduceOnPlateau({ factor: 0.9, patience: 2, accumulationSize: 3 })),
  scheduleFreeSgd: () => O.scheduleFreeSgd(0.1),
  scheduleFreeAdamw: () => O.scheduleFreeAdamw(0.1),
}

onBackends('the parabola is descended, in kernels, with the loss as a tensor', test => {
  for (const [name, make] of Object.entries(recipes)) {
    const tx = make()
    const step = O.makeStep(tx, { donate: true })
    let p = params()
    let state: unknown = tx.init(p)
    const lossOf = (at: Params): tf.Scalar => tf.tidy(() => tf.add(tf.sum(tf.square(at.a)), tf.sum(tf.square(at.b))))
    const first = numbers(lossOf(p))[0]!
    const before = jobs()
    for (let i = 0; i < 150; i++) {
      const value = lossOf(p)
      const g = tf.tidy(() => ({ a: tf.mul(p.a, 2), b: tf.mul(p.b, 2) }))
      ;[p, state] = step(p, g, state as never, { value })
      O.disposeTree([g, value])
    }
    test.ok(jobs() - before >= 150, `${name}: in kernels`)
    const last = numbers(lossOf(p))[0]!
    test.ok(last < 0.2 * first, `${name}: from ${first} to ${last}`)
    O.disposeTree([p, state])
  }
  test.end()
})

onBackends('gradients of zeros give no NaN: at first, in between, and in the steps after them', test => {
  for (const [name, make] of Object.entries(recipes))
    tf.tidy(() => {
      const tx = make()
      let p = params()
      let state: unknown = tx.init(p)
      const moves: number[] = []
      for (const [i, g] of [zeros(), zeros(), some(1), zeros(), some(2), some(3)].entries()) {
        const [updates, next] = tx.update(g, state, p, { value: 1.5 + i })
        p = O.applyUpdates(p, updates)
        state = next
        const bad = [...all(updates), ...all(next)].filter(x => Number.isNaN(x))
        if (bad.length > 0) throw new Error(`${name}: NaN after ${moves.length} steps`)
        moves.push(Math.max(...all(updates).map(Math.abs)))
      }
      test.ok(Math.max(moves[0]!, moves[1]!) < 1e-6, `${name}: nothing moves without a gradient`)
      test.ok(moves[2]! > 1e-6, `${name}: the first gradient moves it`)
    })
  test.end()
})

t.test('Prodigy and D-adaptation go on after a first gradient of zeros as if it had not been', test => {
  tf.tidy(() => {
    for (const tx of [O.prodigy({ estimLr0: 0.1 }), O.dadaptAdamw({ estimLr0: 0.1 })] as readonly Tx[]) {
      const start = tx.init(params()) as { readonly estimLr: tf.Tensor }
      const [, idle] = tx.update(zeros(), start, params())
      const { estimLr } = idle as { readonly estimLr: tf.Tensor }
      test.strictSame(numbers(estimLr), [Math.fround(0.1)], 'the estimate is the first one')
      let [p, state]: [Params, unknown] = [params(), idle]
      for (let k = 0; k < 20; k++) {
        const [updates, next] = tx.update({ a: tf.mul(p.a, 2), b: tf.mul(p.b, 2) }, state, p)
        ;[p, state] = [O.applyUpdates(p, updates), next]
      }
      test.ok(numbers((state as typeof start).estimLr)[0]! > 0.1, 'and it grows later')
    }
  })
  test.end()
})

/** The scale after each value. */
const scalesOf = (options: O.ReduceOnPlateauOptions, values: readonly number[]): number[] =>
  tf.tidy(() => {
    const tx = O.reduceOnPlateau(options)
    const one = { x: tf.scalar(1) }
    let state = tx.init(one)
    return values.map(value => {
      const [updates, next] = tx.update(one, state, undefined, { value })
      state = next
      return numbers(updates.x)[0]!
    })
  })

onBackends('reduceOnPlateau: patience, cooldown, windows, the least scale, and losses that are no number', test => {
  const half = { factor: 0.5, rtol: 0, atol: 0.01 }
  test.strictSame(scalesOf({ ...half, patience: 2 }, [3, 2, 2, 2, 1, 1, 1, 1]), [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
  test.strictSame(scalesOf({ ...half, patience: 1 }, [3, 3, 3, 2, 2]), [1, 0.5, 0.25, 0.25, 0.125])
  test.strictSame(
    scalesOf({ ...half, patience: 1, cooldown: 2 }, [3, 3, 3, 3, 3, 3]),
    [1, 0.5, 0.5, 0.5, 0.25, 0.25],
    'bad windows while it cools down are not counted',
  )
  test.strictSame(scalesOf({ ...half, patience: 1, minScale: 0.3 }, [3, 3, 3, 3]).map(Math.fround), [
    1,
    0.5,
    Math.fround(0.3),
    Math.fround(0.3),
  ])
  test.strictSame(
    scalesOf({ ...half, patience: 1, accumulationSize: 2 }, [4, 2, 9, -3.5, 3, 3, 1, 1]),
    [1, 1, 1, 1, 1, 0.5, 0.5, 0.5],
    'means of two count, at the second of them',
  )
  test.strictSame(scalesOf({ ...half, patience: 1 }, [NaN, 3, Infinity, NaN, 2]), [0.5, 0.5, 0.25, 0.125, 0.125])
  test.strictSame(
    scalesOf({ ...half, patience: 1 }, [3, 2, 1, 0]),
    [1, 1, 1, 1],
    'an improvement never reduces, as it does in optax with patience 0',
  )
  test.end()
})

onBackends(
  'value is a number or a scalar; what else it is, and that it is missing, is told before anything changes',
  test => {
    const drivers: readonly [name: string, tx: Tx][] = [
      ['scaleByPolyak', O.polyakSgd()],
      ['momo', O.momo()],
      ['momoAdam', O.momoAdam()],
      ['reduceOnPlateau', O.chain(O.adam(0.1), O.reduceOnPlateau())],
    ]
    for (const [name, tx] of drivers) {
      const [p, g] = [params(), some(1)]
      const state = tx.init(p)
      const before = [all([p, state]), tf.memory().numTensors]
      const step = O.makeStep(tx, { donate: true })
      const gone = tf.scalar(1)
      gone.dispose()
      for (const extra of [undefined, {}, { value: '1' }, { value: [1] }, { loss: 1 }, { value: null }] as const)
        for (const run of [() => tx.update(g, state, p, extra), () => step(p, g, state as never, extra as never)])
          test.throws(run, {
            name: 'TypeError',
            message: new RegExp(`^${name}: needs extra.value, .* minimize and fit pass the loss as value`),
          })
      const vector = tf.tensor1d([1, 2])
      const whole = tf.scalar(1, 'int32')
      for (const value of [vector, whole]) test.throws(() => step(p, g, state as never, { value }), /needs extra.value/)
      test.throws(() => step(p, g, state as never, { value: gone }), /extra\.value.*disposed/)
      O.disposeTree([vector, whole])
      test.strictSame([all([p, state]), tf.memory().numTensors], before, `${name}: nothing changed`)
      const loss = tf.scalar(2)
      const [byNumber] = tx.update(g, state, p, { value: 2 })
      const [byTensor] = tx.update(g, state, p, { value: loss })
      test.strictSame(all(byTensor), all(byNumber), `${name}: as a tensor`)
      O.disposeTree([p, g, state, loss, byNumber, byTensor])
    }
    test.end()
  },
)

onBackends('a value that is a cell or a parameter is read before the step writes over it', test => {
  const tx = O.reduceOnPlateau({ factor: 0.5, patience: 1, rtol: 0.5 })
  const twice = (donate: boolean): number[] => {
    const step = O.makeStep(tx, { donate })
    const run = () => {
      const g = params()
      let [p, state] = step(params(), g, tx.init(g), { value: 4 })
      for (let i = 0; i < 3; i++) [p, state] = step(p, g, state, { value: state.bestValue })
      return all([p, state])
    }
    return tf.tidy(run)
  }
  test.strictSame(twice(true), twice(false))
  const polyak = (donate: boolean): number[] =>
    tf.tidy(() => {
      const tx = O.chain(O.scaleByPolyak(), O.reduceOnPlateau({ patience: 1 }))
      let [p, state]: [{ x: tf.Tensor }, unknown] = [{ x: tf.scalar(3) }, tx.init({ x: tf.scalar(3) })]
      const step = O.makeStep(tx, { donate })
      for (let i = 0; i < 3; i++) [p, state] = step(p, { x: tf.scalar(1) }, state as never, { value: p.x })
      return all([p, state])
    })
  test.strictSame(polyak(true), polyak(false), 'or a parameter that is the loss')
  test.end()
})

onBackends('by path: rates of leaves where a leaf uses them, an error where the tree does', test => {
  tf.tidy(() => {
    const learningRate = O.byPath(path => (path === 'a' ? 0.5 : 0.25))
    const run = (tx: Tx) => tx.update(some(1), tx.init(params()), params(), { value: 2 })
    for (const tx of [O.prodigy({ learningRate, estimLr0: 0.1 }), O.momo({ learningRate }), O.dog({ learningRate })])
      test.ok(all(run(tx as Tx)).every(Number.isFinite))
    test.throws(() => run(O.momo({ learningRate, adaptLowerBound: true })), {
      name: 'ValueError',
      message: /^momo: .* must be the same for all leaves.*learningRate/,
    })
  })
  test.end()
})

onBackends('prodigy: weightDecayMask by function, patterns or tree', test => {
  tf.tidy(() => {
    const of = (weightDecayMask: O.Mask, weightDecay: O.Hyper = 0.5): number[] => {
      const tx = O.prodigy({ weightDecay, weightDecayMask, estimLr0: 0.1 })
      return all(tx.update(some(1), tx.init(params()), params())[0])
    }
    const [every, none] = [of(true), of(false)]
    const onlyA = [...every.slice(0, 3), ...none.slice(3)]
    test.notSame(every, none)
    for (const mask of [path => path === 'a', { a: true, b: false }, O.matching({ exclude: ['b'] })] as O.Mask[])
      test.strictSame(of(mask), onlyA)
    test.strictSame(of(O.matching({ exclude: ['b'], negate: true })), [...none.slice(0, 3), ...every.slice(3)])
    test.strictSame(
      of(
        { a: true, b: true },
        O.byPath(path => (path === 'a' ? 0.5 : 0)),
      ),
      onlyA,
    )
    test.throws(() => of({ a: true }), { name: 'TypeError', message: /^prodigy: .*b/ })
    const nested = O.prodigy({ weightDecay: 0.5, weightDecayMask: { x: { y: true }, z: [false, true] } })
    const tree = () => ({ x: { y: tf.scalar(1) }, z: [tf.scalar(1), tf.scalar(1)] as const })
    const [updates] = nested.update(
      O.mapTree(tree(), leaf => tf.zerosLike(leaf)),
      nested.init(tree()),
      tree(),
    )
    test.strictSame(
      all(updates).map(x => x !== 0),
      [true, false, true],
    )
  })
  test.end()
})

t.test('options out of range, unknown ones, and pairs that are none', test => {
  const wrong: readonly [run: () => unknown, message: RegExp][] = [
    [() => O.novograd(0.1, { b2: 1 }), /^novogradNorm: b2 must be in \[0, 1\), got 1/],
    [() => O.scaleByPolyak({ variant: 'sps++' as never }), /^scaleByPolyak: variant must be 'sps' or 'sps\+', got/],
    [() => O.scaleByPolyak({ maxLearningRate: 0 }), /^scaleByPolyak: maxLearningRate must be positive/],
    [() => O.polyakSgd({ learningRate: 1 } as never), /did you mean maxLearningRate/],
    [() => O.dog({ initStep: 'heuristic' as never }), /^dog: initStep must be \[kind, value\]/],
    [() => O.dog({ initStep: ['far', 1] as never }), /^dog: initStep must be .*heuristic, distance, learningRate/],
    [() => O.dog({ initStep: ['distance', -1] }), /initValue must be positive/],
    [() => O.dowg({ initEstimSqDist: 0 }), /initEstimSqDist must be positive/],
    [() => O.prodigy({ betas: [0.9, 0.99] } as never), /did you mean b1 or b2/],
    [() => O.prodigy({ beta3: 0.9 } as never), /did you mean b3/],
    [() => O.prodigy({ estimLr0: 0 }), /^prodigy: estimLr0 must be positive/],
    [() => O.dadaptAdamw({ b3: 0.9 } as never), /unknown option/],
    [() => O.momo({ weightDecay: -1 }), /^momo: weightDecay must be at least 0/],
    [() => O.momoAdam({ lowerBound: Infinity }), /^momoAdam: lowerBound must be finite/],
    [() => O.reduceOnPlateau({ patience: 0 }), /^reduceOnPlateau: patience must be a whole number from 1 on, got 0/],
    [() => O.reduceOnPlateau({ factor: 1 }), /^reduceOnPlateau: factor must be in \(0, 1\), got 1/],
    [() => O.reduceOnPlateau({ cooldown: 0.5 }), /cooldown must be a whole number from 0 on/],
    [() => O.reduceOnPlateau({ accumulationSize: 0 }), /accumulationSize must be a whole number from 1 on, got 0/],
    [() => O.reduceOnPlateau({ rtol: 0 }), /rtol or atol must be above 0/],
  ]
  for (const [run, message] of wrong) test.throws(run, { message })
  test.end()
})

const model = (name: string) =>
  sequential({
    layers: [
      layers.dense({ units: 2, inputShape: [2], name: `${name}1`, kernelInitializer: 'ones' }),
      layers.dense({ units: 1, name: `${name}2`, kernelInitializer: 'ones' }),
    ],
  })

onBackends('in fit: the loss arrives, rates are set, and a saved optimizer goes on to the bit', async test => {
  const [x, y] = [tf.tensor2d([[1, 2], [0, 1], [3, 1], [1, 1]]), tf.tensor2d([[1], [2], [3], [1]])] // prettier-ignore
  const fitting = { batchSize: 2, epochs: 2, shuffle: false, verbose: 0 } as const
  for (const [name, make] of Object.entries(recipes)) {
    const left = await leftBehind(async () => {
      const [one, two] = [model('m'), model('m')]
      const [optimizer, copy] = [O.asOptimizer(make()), O.asOptimizer(make())]
      one.compile({ optimizer, loss: 'meanSquaredError' })
      const { history } = await one.fit(x, y, fitting)
      test.ok(history['loss']!.every(Number.isFinite), name)
      test.equal(optimizer.iterations, 4)
      two.setWeights(one.getWeights())
      await copy.setWeights(await optimizer.getWeights())
      two.compile({ optimizer: copy, loss: 'meanSquaredError' })
      const hasRate = name !== 'L-DoG'
      if (hasRate) for (const each of [optimizer, copy]) each.learningRate = 0.05
      for (const each of [one, two]) await each.fit(x, y, fitting)
      const weights = (of: typeof one): number[] => of.getWeights().flatMap(numbers)
      test.strictSame(weights(two), weights(one), `${name}: goes on to the bit`)
      test.strictSame(all(copy.state), all(optimizer.state), `${name}: cells too`)
      ;[one, two, optimizer, copy].forEach(each => each.dispose())
    })
    test.equal(left, 0, `${name} leaves nothing`)
  }
  O.disposeTree([x, y])
})

onBackends('a variable that appears later keeps the cells, and has its own', test => {
  for (const [name, make] of Object.entries(recipes)) {
    const optimizer = O.asOptimizer(make())
    const [first, later] = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.tensor1d([3]))]
    const loss =
      (...variables: readonly tf.Variable[]) =>
      (): tf.Scalar =>
        tf.addN<tf.Scalar>(variables.map(v => tf.sum(tf.square(v))))
    for (let i = 0; i < 3; i++) optimizer.minimize(loss(first))
    const scalarsOf = (): Record<string, number> =>
      Object.fromEntries(
        O.tensorsOf(optimizer.state).flatMap(([path, tensor]) =>
          tensor.rank === 0 && !path.includes(later.name) ? [[path, numbers(tensor)[0]!]] : [],
        ),
      )
    const before = scalarsOf()
    const start = numbers(later)
    optimizer.applyGradients({ [first.name]: tf.zeros([2]) }, { value: 1 })
    const kept = Object.keys(scalarsOf())
    for (let i = 0; i < 10; i++) optimizer.minimize(loss(first, later))
    test.strictSame(Object.keys(scalarsOf()), kept, name)
    test.strictSame(kept, Object.keys(before), `${name}: cells of the tree stay`)
    test.ok([...numbers(first), ...numbers(later)].every(Number.isFinite), `${name}: finite`)
    test.notSame(numbers(later), start, `${name}: it moves`)
    optimizer.dispose()
    O.disposeTree([first, later])
  }
  test.end()
})

onBackends('1,000 steps leak nothing, and read nothing back', async test => {
  const tx = O.chain(
    O.scaleByNovograd({ weightDecay: 0.1 }),
    O.scaleByPolyak(),
    O.scheduleFree(O.sgd(0.01), 0.01),
    O.reduceOnPlateau({ accumulationSize: 10 }),
  )
  const g = some(1)
  const value = tf.scalar(1)
  const styles: Readonly<Record<string, () => void>> = {
    donated: () => {
      const step = O.makeStep(tx, { donate: true })
      let p = params()
      let state = tx.init(p)
      for (let i = 0; i < 1000; i++) [p, state] = step(p, g, state, { value })
      O.disposeTree([p, state])
    },
    pure: () => {
      let p = params()
      let state = tx.init(p)
      for (let i = 0; i < 1000; i++) {
        const [updates, next] = tx.update(g, state, p, { value: i })
        const moved = O.applyUpdates(p, updates)
        O.disposeTree([updates, state, p])
        ;[p, state] = [moved, next]
      }
      O.disposeTree([p, state])
    },
    minimize: () => {
      const optimizer = O.asOptimizer(tx)
      const v = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])))
      for (let i = 0; i < 1000; i++) optimizer.minimize(() => tf.sum<tf.Scalar>(tf.square(v)))
      optimizer.dispose()
      v.dispose()
    },
  }
  for (const [name, run] of Object.entries(styles)) {
    const before = jobs()
    test.equal(await leftBehind(run), 0, name)
    test.ok(jobs() - before >= 1000, `${name}: in kernels`)
  }
  O.disposeTree([g, value])
})
