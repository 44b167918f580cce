/**
 * What a reimplementation of optax gets wrong most easily, and the faults of optax itself: for each a test that it is
 * absent here. Those of losses are not here, since this library has none; golden numbers are in test/golden.
 */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { entry, extra } from './laws/entry.js'
import { inOps, made, rules } from './laws/table.js'
import { numbers, onBackends, useBackend, type Test } from './setup.js'

type Leaf = readonly number[]

/** The updates of one vector `w`, step by step, with the parameters that they lead to, and the last state. */
const run = (
  tx: unknown,
  gradients: readonly Leaf[],
  { p: start = [1, 1, 1], value = 1 }: { readonly p?: Leaf; readonly value?: number } = {},
) => {
  const { init, update } = tx as O.GradientTransformation
  let params = { w: tf.tensor1d([...start].slice(0, gradients[0]!.length)) }
  let state: unknown = init(params)
  const updates = gradients.map(g => {
    const [u, next] = update({ w: tf.tensor1d([...g]) }, state as never, params, { value })
    params = O.applyUpdates(params, u)
    state = next
    return numbers(u.w)
  })
  return { updates, params: numbers(params.w), state }
}
const times = (n: number, g: Leaf): readonly Leaf[] => Array.from({ length: n }, () => g)
const first = (tx: unknown, g: Leaf, p?: Leaf): number[] => run(tx, [g], p && { p }).updates[0]!
const close = (test: Test, got: readonly number[], want: readonly number[], says: string, rtol = 2e-6): void => {
  const isRight = (x: number, i: number): boolean =>
    Object.is(x, want[i]) || Math.abs(x - want[i]!) <= rtol * Math.abs(want[i]!)
  test.ok(got.length === want.length && got.every(isRight), `${says}: ${got.join(' ')}, not ${want.join(' ')}`)
}
const inTidy = (title: string, body: (test: Test) => void): void => {
  onBackends(title, test => {
    tf.tidy(() => {
      body(test)
    })
    test.end()
  })
}

inTidy('1. signs: what scales keeps the direction, a rate turns it, and no rate goes uphill', test => {
  for (const tx of [O.scaleByAdam(), O.scaleByRms(), O.scaleByLion(), O.scaleByFactoredRms(), O.scaleBySm3()])
    test.ok(first(tx, [2, 3])[0]! > 0, 'no rate, no turn')
  for (const tx of [O.adam(0.1), O.adadelta(0.1), O.adafactor(), O.adafactor(0.1), O.rprop(0.1), O.sm3(0.1)])
    test.ok(first(tx, [2, 3])[0]! < 0, 'downhill')
  close(test, first(O.scaleByLearningRate(0.5, { flipSign: false }), [2]), [1], 'flipSign: false')
  const withoutRate = O.adadelta as unknown as () => O.GradientTransformation
  test.throws(() => withoutRate(), /learningRate/, 'adadelta needs a rate; optax ascends without')
})

inTidy('2. counters: schedules from 0, corrections from 1, and no end at 2^31', test => {
  const rate = (count: number): number => [1, 10, 100][count] ?? NaN
  close(test, run(O.sgd(rate), times(3, [1])).updates.flat(), [-1, -10, -100], 'a rate')
  close(test, run(O.addDecayedWeights(rate), times(2, [0])).updates.flat(), [1, 20], 'a decay')
  close(test, run(O.ema(0.9), times(3, [5])).updates.flat(), [5, 5, 5], 'a correction')
  // NAdam corrects its mean as that of the step after this one.
  const nadam = (0.9 * 0.1 * 2) / (1 - 0.9 ** 2) + (0.1 * 2) / (1 - 0.9)
  close(test, first(O.scaleByNadam({ eps: 1e-30 }), [2]), [nadam / 2], 'nadam')
  close(test, first(O.scaleByFactoredRms(), [3, -4]), [1, -1], 'adafactor forgets all before the first step')
  close(test, run(O.scaleByAdopt(), [[3], [3]]).updates.flat(), [0, 0.1 * 1], 'adopt: nothing at first')
  close(test, first(O.scaleByAcprop(), [3]), [3], 'acprop: no denominator at first')
  close(test, first(O.scaleByNovograd({ eps: 1e-30 }), [3, 4]), [0.6, 0.8], 'novograd: the whole norm at first')
  close(test, first(O.scheduleFreeSgd(rate), [1]), [-1], 'schedule-free and its base count alike')
  const tx = O.scaleByAdam()
  const late = O.editState(tx.init({ w: tf.tensor1d([0]) }), draft => {
    draft.count = 2 ** 31 - 1
  })
  const [u, next] = tx.update({ w: tf.tensor1d([2]) }, late)
  test.equal(next.count, 2 ** 31)
  close(test, numbers(u.w), [(0.1 * 2) / Math.sqrt(0.001 * 4)], 'the correction is 1 by then', 1e-5)
})

inTidy("3. bias corrections are float64: Adam's first step is the rate, to the last digits", test => {
  const exact = -0.1 / (1 + 1e-8)
  close(test, first(O.adam(0.1), [1]), [exact], 'optax is off by 6.7e-6', 1.2e-7)
  close(
    test,
    first(O.adam(0.1, { b2: 1 - 1e-7 }), [1]),
    [exact],
    'b2 next to 1, where float32 has no digit left',
    1.2e-7,
  )
})

inTidy('4. eps: each where it belongs', test => {
  const [eps, u] = [0.5, 2]
  const one = { b1: 0, b2: 0, eps }
  close(
    test,
    first(O.scaleByRss({ initialAccumulatorValue: 0, eps }), [u]),
    [u / Math.sqrt(4 + eps)],
    'adagrad, in the root',
  )
  close(test, first(O.scaleByRms({ decay: 0, eps }), [u]), [u / Math.sqrt(4 + eps)], 'rms, in the root')
  close(test, first(O.scaleByRms({ decay: 0, eps, epsInSqrt: false }), [u]), [u / (2 + eps)], 'rms, outside if asked')
  close(
    test,
    first(O.scaleByAdadelta({ rho: 0, eps }), [u]),
    [(u * Math.sqrt(eps)) / Math.sqrt(4 + eps)],
    'adadelta, in both roots',
  )
  for (const [name, tx] of Object.entries<unknown>({
    adam: O.scaleByAdam({ ...one, epsRoot: 3 }),
    amsgrad: O.scaleByAmsgrad({ ...one, epsRoot: 3 }),
    radam: O.scaleByRadam({ ...one, epsRoot: 3 }),
  }))
    close(
      test,
      first(tx, [u]),
      [name === 'radam' ? u : u / (Math.sqrt(4 + 3) + eps)],
      `${name}: outside; epsRoot inside`,
    )
  close(test, first(O.scaleByAdamax({ ...one }), [u]), [u / (2 + eps)], 'adamax: in the maximum')
  close(test, run(O.scaleByAdamax({ ...one, b2: 0.9 }), [[u], [0]]).updates[1]!, [0], 'and not behind it')
  close(test, first(O.scaleByNovograd({ b1: 0, eps, epsRoot: 3 }), [u]), [u / (Math.sqrt(4 + 3) + eps)], 'novograd')
  const belief = run(O.scaleByBelief({ b1: 0, b2: 0.9, epsRoot: 3 }), times(2, [u])).state as { nu: { w: tf.Tensor } }
  close(test, numbers(belief.nu.w), [3 * 0.9 + 3], 'adabelief stores its epsRoot at each step')
  close(
    test,
    run(O.scaleByAdopt({ b1: 0, eps: 8, useClipping: false }), [[u], [u]]).updates[1]!,
    [u / 8],
    'adopt: at least eps',
  )
  close(test, first(O.scaleByFactoredRms({ epsilon: 5 }), [u]), [u / Math.sqrt(4 + 5)], 'adafactor: on the squares')
})

inTidy('5. defaults that differ between a recipe and its link', test => {
  const rate = O.scaleByLearningRate(0.1)
  const same = (a: unknown, b: unknown, says: string): void => {
    const gradients = [
      [1, -0.1, 1e-6],
      [0.3, -0.2, 2e-6],
      [-1, 0.2, 1e-6],
    ] as const
    test.strictSame(run(a, gradients).updates, run(b, gradients).updates, says)
  }
  same(O.adan(0.1), O.chain(O.scaleByAdan({ epsRoot: 1e-8 }), rate), 'adan')
  same(O.novograd(0.1), O.chain(O.scaleByNovograd({ eps: 1e-6 }), rate), 'novograd')
  same(O.ademamix(0.1), O.chain(O.scaleByAdemamix({ alpha: 5 }), rate), 'ademamix')
  same(O.optimisticAdam(0.1), O.chain(O.scaleByNadam(), O.scaleByOptimisticGradient(), rate), 'optimisticAdam')
  same(O.muon(0.1), O.nadamw(0.1, { weightDecay: 0 }), "vectors of muon, whose Adam is Nesterov's")
  const { mu, nu } = O.scaleByYogi().init({ w: tf.zeros([1]) })
  test.strictSame([mu.w, nu.w].map(numbers), [[Math.fround(1e-6)], [Math.fround(1e-6)]], 'yogi starts at 1e-6, mu too')
})

inTidy('6. order: momentum and rate, decay and scaling', test => {
  const rate = (count: number): number => [1, 10][count] ?? NaN
  close(test, run(O.sgd(rate, { momentum: 0.5 }), times(2, [1])).updates.flat(), [-1, -15], 'sgd: the rate is outside')
  const rmsprop = O.rmsprop(rate, { decay: 0, eps: 1e-30, momentum: 0.5 })
  close(test, run(rmsprop, times(2, [1])).updates.flat(), [-1, -10.5], 'rmsprop: the rate is inside')
  const lars = O.lars(rate, { trustCoefficient: 1, momentum: 0.5, trustRatioMask: false })
  close(test, run(lars, times(2, [1])).updates.flat(), [-1, -10.5], 'lars: the rate is inside')
  const zero = [0]
  close(test, first(O.adamw(0.1, { weightDecay: 0.5 }), zero, [2]), [-0.1], 'adamw: rate times decay')
  close(test, first(O.adafactor(0.1, { weightDecayRate: 0.5 }), zero, [2]), [-1], 'adafactor: the decay alone')
  // Coupled: the decay is scaled like a gradient, here to the length of a whole step.
  close(
    test,
    first(O.madgrad(1, { momentum: 0, weightDecay: 0.5, eps: 1e-30 }), zero, [2]),
    first(O.madgrad(1, { momentum: 0, eps: 1e-30 }), [1], [2]),
    'madgrad: coupled',
  )
  close(
    test,
    first(O.adadelta(1, { weightDecay: 0.5 }), zero, [2]),
    first(O.adadelta(1), [1], [2]),
    'adadelta: coupled',
  )
  const m = 1 / Math.sqrt(1 + 0.01)
  close(test, first(O.fromage(0.1), [3], [2]), [-0.1 * m * 2 + (m - 1) * 2], 'fromage: (m - 1) p behind the rate')
})

inTidy(
  '7. masked passes by, freeze gives zero, selectiveTransform saves slots; a group clips by its own norm',
  test => {
    const params = { a: tf.tensor1d([1]), b: tf.tensor1d([1]) }
    const g = { a: tf.tensor1d([3]), b: tf.tensor1d([4]) }
    const step = (tx: unknown): Readonly<Record<'a' | 'b', number>> => {
      const { init, update } = tx as O.GradientTransformation
      const [u] = update(g, init(params), params) as unknown as [typeof g]
      return { a: numbers(u.a)[0]! + 0, b: numbers(u.b)[0]! + 0 }
    }
    const onlyA = { a: true, b: false }
    test.strictSame(step(O.masked(O.scale(2), onlyA)), { a: 6, b: 4 })
    test.strictSame(step(O.chain(O.scale(2), O.freeze(onlyA))), { a: 0, b: 8 })
    test.strictSame(step(O.chain(O.freeze(onlyA), O.addDecayedWeights(1))), { a: 1, b: 5 }, 'so it belongs at the end')
    test.equal(O.selectiveTransform(O.trace(0.9), onlyA).init(params).train.trace.a, null, 'no slot of a frozen leaf')
    const inGroup = O.partition({ a: O.clipByGlobalNorm(1), b: O.identity() }, { a: 'a', b: 'b' })
    test.strictSame(step(inGroup), { a: 1, b: 4 })
    const asked: string[] = []
    const seen = O.masked(O.scale(1), (path, leaf) => asked.push(`${path} ${numbers(leaf).join()}`) > 0)
    step(seen)
    test.ok(
      asked.every(x => /^[ab] 1$/.test(x)),
      'a mask is asked about parameters, in init and in a step',
    )
  },
)

inTidy('8. choices choose, they do not multiply by 0: what is not finite is forgotten in time', test => {
  const bad = [[1], [Infinity], [NaN], [1], [1], [1], [1]] as const
  for (const [name, tx, from] of [
    ['multiSteps', O.multiSteps(O.sgd(1), 2), 4],
    ['applyEvery', O.applyEvery(2), 4],
    ['conditionallyMask', O.conditionallyMask(O.adam(0.1), step => step > 2), 0],
  ] as const) {
    const { updates } = run(tx, bad)
    test.ok(updates.slice(from).flat().every(Number.isFinite), `${name}: ${updates.join(' ')}`)
    test.ok(updates.slice(from).flat().some(Boolean), `${name} moves again`)
  }
  test.strictSame(
    run(O.multiSteps(O.sgd(1), 2), bad)
      .updates.flat()
      .map(x => x + 0)[2],
    0,
    'a step that only gathers is 0, whatever came',
  )
  test.strictSame(first(O.zeroNans(), [NaN, Infinity, 1]), [0, Infinity, 1], 'and infinities stay where NaN is to go')
})

inTidy('9. clipByGlobalNorm: bits below the limit, infinities, zeros, and the sum of many squares', test => {
  const g = [0.1, 0.2, 0.3].map(Math.fround)
  test.strictSame(first(O.clipByGlobalNorm(1), g), g, 'the same bits below the limit')
  close(test, first(O.clipByGlobalNorm(5), [3, 4]), [3, 4], 'at the limit')
  test.strictSame(first(O.clipByGlobalNorm(1), [Infinity, 1]), [NaN, 0])
  test.ok(first(O.clipByGlobalNorm(1), [NaN, 1]).every(Number.isNaN), 'NaN is not hidden')
  test.strictSame(first(O.clipByGlobalNorm(1e-38), [0, 0]), [0, 0], 'a norm of 0')
  const many = tf.fill([3_000_000], 0.1)
  const [clipped] = O.clipByGlobalNorm(1).update({ many }, O.clipByGlobalNorm(1).init({ many }))
  close(test, [numbers(clipped.many)[7]!], [1 / Math.sqrt(3_000_000)], 'three million squares', 3e-7)
})

inTidy('10. trace has no (1-d), ema keeps its bias, LAMB has ratio 1 at norm 0, norms are of leaves', test => {
  close(test, run(O.trace(0.9), times(2, [1])).updates.flat(), [1, 1.9], 'trace')
  const { updates, state } = run(O.ema(0.9), [[5], [7]])
  close(test, updates.flat(), [5, 1.15 / 0.19], 'ema gives the corrected mean')
  close(test, numbers((state as { ema: { w: tf.Tensor } }).ema.w), [1.15], 'and keeps the other')
  close(test, first(O.lamb(0.1), [3], [0]), [-0.1], 'LAMB at zero parameters', 1e-5)
  test.strictSame(first(O.scaleByTrustRatio(), [0], [5]), [0], 'and at a zero update')
  const params = { a: tf.tensor1d([3, 4]), b: tf.tensor1d([1]) }
  const g = { a: tf.tensor1d([1, 0]), b: tf.tensor1d([2]) }
  const [u] = O.scaleByTrustRatio().update(g, O.scaleByTrustRatio().init(params), params)
  close(test, [...numbers(u.a), ...numbers(u.b)], [5, 0, 1], 'the ratio of each leaf')
})

inTidy('11. Adan, NovoGrad, RAdam, Lion: their first steps', test => {
  const adan = { b1: 0.9, b2: 0.8, b3: 0, eps: 1e-30 }
  const [one, two] = run(O.scaleByAdan(adan), [[1], [3]]).updates as [number[], number[]]
  close(test, one, [1], 'adan: no difference at the first step')
  // m = 0.1*0.9 + 0.1*3, corrected; v = 0.2*2, corrected; n = (3 + 0.2*2)^2
  close(test, two, [((0.09 + 0.3) / 0.19 + 0.2 * (0.4 / 0.36)) / 3.4], 'adan: then with it')
  const { state } = run(O.scaleByNovograd({ b1: 0.5, b2: 0.5 }), [
    [3, 4],
    [3, 4],
  ])
  const { norm, trace } = state as { norm: { nu: { w: tf.Tensor } }; trace: { trace: { w: tf.Tensor } } }
  const [nu, mu] = [norm.nu.w, trace.trace.w]
  test.strictSame([nu.shape, numbers(nu)], [[], [25]], 'novograd: a number for each leaf')
  close(test, numbers(mu), [0.6 * 1.5, 0.8 * 1.5], 'and no 1-b1 in its mean', 1e-5)
  const radam = run(O.scaleByRadam(), times(6, [2])).updates.flat()
  close(test, radam.slice(0, 5), times(5, [2]).flat(), 'radam: five plain steps by default')
  test.ok(radam[5]! < 0.2, 'and rectified ones then')
  const lion = run(O.scaleByLion({ b1: 0.5, b2: 0 }), [[1], [-0.5], [0.25]]).updates.flat()
  test.strictSame(lion, [1, 1, -1], 'lion: the direction has the old mean in it, the mean the raw gradient')
})

inTidy("12. states that are not of the parameter's shape: scalars, and squares, whose axes are equal", test => {
  const params = {
    s: tf.scalar(2),
    square: tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
  }
  const sm3 = O.scaleBySm3()
  const [u, next] = sm3.update(params, sm3.init(params), params)
  test.ok(numbers(u.s).every(Number.isFinite), 'a scalar, at which optax fails')
  test.ok(O.tensorsOf(next).length > 0)
  const factored = O.scaleByFactoredRms({ minDimSizeToFactor: 2, epsilon: 1e-30 })
  const [, { vRow, vCol, v }] = factored.update(params, factored.init(params), params)
  close(
    test,
    numbers(vRow.square!),
    [(1 + 4) / 2, (9 + 16) / 2],
    'of equal axes the last is the longest, which rows go along',
  )
  close(test, numbers(vCol.square!), [(1 + 9) / 2, (4 + 16) / 2], 'columns')
  test.strictSame([v.square, vRow.s, vCol.s], [null, null, null], 'what a leaf does not have is null')
})

inTidy('13. injectHyperparams: the state has the number that counts; schedules, masks and precision stay', test => {
  const params = { w: tf.tensor1d([1]), b: tf.tensor1d([1]) }
  const g = { w: tf.tensor1d([1]), b: tf.tensor1d([1]) }
  const tx = O.injectHyperparams(O.sgd(1))
  const state = O.editState(tx.init(params), draft => {
    draft.hyperparams['learningRate'] = 0.5
  })
  const [u, next] = tx.update(g, state, params)
  test.strictSame([numbers(u.w), next.hyperparams], [[-0.5], { learningRate: 0.5 }], 'a number that was edited')
  const asked: string[] = []
  const isKernel = (path: string): boolean => asked.push(path) > 0 && path === 'w'
  const withMask = O.injectHyperparams(O.adamw(0.1, { weightDecay: 1, mask: isKernel }))
  const [decayed] = withMask.update({ w: tf.tensor1d([0]), b: tf.tensor1d([0]) }, withMask.init(params), params)
  close(
    test,
    [...numbers(decayed.w), ...numbers(decayed.b)].map(x => x + 0),
    [-0.1, 0],
    'a mask is no schedule',
  )
  test.ok(
    asked.every(path => path === 'w' || path === 'b'),
    'and is asked about paths only',
  )
  const scheduled = O.injectHyperparams(O.sgd(O.linearSchedule(1, 0, 2)))
  test.strictSame(Object.keys(scheduled.init(params).hyperparams), [], 'a schedule is no number to edit')
  close(
    test,
    run(scheduled, times(3, [1]))
      .updates.flat()
      .map(x => x + 0),
    [-1, -0.5, 0],
    'and goes on',
  )
  test.equal(
    O.injectHyperparams(O.adam(0.1)).init(params).hyperparams['b2'],
    0.999,
    'not rounded to the dtype of a parameter',
  )
})

inTidy('14. multiSteps: plain mean, schedules by updates, and extras that pass', test => {
  close(
    test,
    run(O.multiSteps(O.sgd(1), 4), [[1], [2], [3], [4]])
      .updates.flat()
      .map(x => x + 0),
    [0, 0, 0, -2.5],
    'a mean without weights',
  )
  const rate = (count: number): number => [1, 10][count] ?? NaN
  close(
    test,
    run(O.multiSteps(O.sgd(rate), 2), times(4, [1]))
      .updates.flat()
      .map(x => x + 0),
    [0, -1, 0, -10],
    'a rate counts updates',
  )
  const counts: number[] = []
  const k = (count: number): number => (counts.push(count), 1 + count)
  const growing = run(O.multiSteps(O.sgd(1), k), times(6, [1]))
    .updates.flat()
    .map(x => x + 0)
  close(test, growing, [-1, 0, -1, 0, 0, -1], 'k by the count of updates')
  const polyak = O.chain(O.multiSteps(O.polyakSgd({ maxLearningRate: 9 }), 2), O.scale(1))
  const { updates } = run(polyak, times(2, [2]), { value: 3 })
  close(
    test,
    updates.flat().map(x => x + 0),
    [0, -3 / 2],
    'the loss reaches it inside a chain',
  )
})

inTidy('15. zero gradients: no NaN at first, in between, or after them', test => {
  const g = [
    [0, 0],
    [0, 0],
    [1, -2],
    [0, 0],
    [2, 1],
  ] as const
  for (const [name, tx] of Object.entries<unknown>({
    prodigy: O.prodigy(),
    dadaptAdamw: O.dadaptAdamw(),
    dog: O.dog(),
    dowg: O.dowg(),
    momo: O.momo(),
    momoAdam: O.momoAdam(),
    polyakSgd: O.polyakSgd(),
    normalize: O.normalize(),
    cocob: O.cocob(),
    novograd: O.novograd(0.1),
    lamb: O.lamb(0.1),
    muon: O.muon(0.1),
  })) {
    const { updates, params } = run(tx, g)
    test.ok([...updates.flat(), ...params].every(Number.isFinite), `${name}: ${updates.join(' | ')}`)
    test.ok(
      updates[2]!.some(x => x !== 0),
      `${name}: the first gradient moves it`,
    )
  }
})

t.test('16. the structure and the dtypes of a state are those of init, of every rule', async test => {
  await useBackend('cpu')
  const shapeOf = (tree: unknown): unknown =>
    JSON.parse(
      JSON.stringify(tree, (_key, x: unknown) =>
        x instanceof tf.Tensor
          ? `${x.dtype} ${(x as tf.Tensor).shape.join()}`
          : typeof x === 'number' || typeof x === 'boolean'
            ? typeof x
            : x,
      ),
    )
  for (const row of [...rules, ...inOps, entry('halves of muon', {}, () => O.multiSteps(O.muon(0.1), 2))])
    tf.tidy(() => {
      const tx = made(row)
      const params = { a: tf.ones([2, 3]), b: tf.ones([3]) }
      const state = tx.init(params)
      const [, next] = tx.update(params, state, params, extra)
      const [, last] = tx.update(params, next, params, extra)
      test.strictSame([shapeOf(next), shapeOf(last)], [shapeOf(state), shapeOf(state)], row.name)
    })
})

t.test(
  '17. every number of a state has one path, and a name that several have is told with all of them',
  async test => {
    await useBackend('cpu')
    tf.tidy(() => {
      const tx = O.chain(O.scaleByAdam(), O.scaleBySchedule(O.linearSchedule(1, 0, 9)))
      const state = tx.init({ w: tf.zeros([1]) })
      test.throws(() => O.treeGet(state, 'count'), { name: 'KeyError', message: /0\.count.*1\.count/ })
      test.equal(O.treeGet(state, '1.count'), 0)
      const set = O.treeSet(state, '1.count', 5)
      test.strictSame([O.treeGet(set, '0.count'), O.treeGet(set, '1.count')], [0, 5])
    })
  },
)

t.test(
  '18. schedules: boundaries belong to what follows, warmup to the decay steps, a peak of 0 hides no end',
  test => {
    const piecewise = O.piecewiseConstantSchedule(1, { 3: 0.5 })
    test.strictSame([2, 3].map(piecewise), [1, 0.5])
    const warm = O.warmupCosineDecaySchedule(0, 1, 4, 12, { endValue: 0.1 })
    test.strictSame(
      [0, 4, 12, 13].map(count => Number(warm(count).toPrecision(6))),
      [0, 1, 0.1, 0.1],
    )
    test.throws(
      () => O.warmupCosineDecaySchedule(1, 0, 2, 6, { endValue: 0.5 }),
      /endValue must be 0 where peakValue is 0/,
    )
    const cycle = O.linearOnecycleSchedule(7, 1, { pctStart: 0.3, pctFinal: 0.85 })
    test.equal(cycle(2), 1, 'the peak of 7 steps is at 2, the whole part of 2.1')
    const joined = O.joinSchedules([() => 7, count => count], [3])
    test.strictSame([2, 3, 4].map(joined), [7, 0, 1], 'each schedule of a join counts from its own beginning')
    const cold = O.scheduleFreeAdamw(0.1, { warmupSteps: 1 })
    tf.tidy(() => {
      test.ok(
        run(cold, times(3, [1]))
          .updates.flat()
          .some(x => x < 0),
        'a short warmup ends',
      )
    })
    test.throws(
      () => O.scheduleFreeAdamw(0.1, { warmupSteps: 0 }),
      /warmupSteps/,
      'one of 0 steps, which never ends in optax, is refused',
    )
    test.end()
  },
)

inTidy('19. axes: the mean keeps axis 0, a unit has one output, and other kernels say their axes', test => {
  const params = {
    w: tf.tensor2d([
      [1, 2],
      [3, 6],
    ]),
  }
  const step = (tx: unknown, g: tf.Tensor, p: tf.Tensor): number[] => {
    const { init, update } = tx as O.GradientTransformation
    return numbers((update({ w: g }, init({ w: p }), { w: p })[0] as typeof params).w)
  }
  close(test, step(O.centralize(), params.w, params.w), [-0.5, 0.5, -1.5, 1.5], 'centralize')
  close(test, step(O.centralize({ axis: 0 }), params.w, params.w), [-1, -2, 1, 2], 'by outputs')
  const [small, g] = [
    tf.ones([2, 2]),
    tf.tensor2d([
      [3, 0],
      [4, 0.01],
    ]),
  ]
  const limit = 0.1 * Math.SQRT2
  close(
    test,
    step(O.adaptiveGradClip(0.1), g, small),
    [3 * (limit / 5), 0, 4 * (limit / 5), 0.01],
    'a column is a unit',
  )
  const kernel = tf.ones([2, 2, 3, 4])
  const clipped = step(O.adaptiveGradClip(0.01), kernel, kernel)
  close(
    test,
    clipped,
    clipped.map(() => 0.01),
    'of a kernel all axes but the last',
  )
  close(
    test,
    step(O.adaptiveGradClip(0.1), tf.tensor2d([[3], [4]]), tf.ones([2, 1])),
    [3, 4].map(x => x * (limit / 5)),
    'a column alone is a vector',
  )
})

inTidy('20. noise: its variance by step, and the same numbers for the same seed', test => {
  const [n, eta, gamma] = [20_000, 0.3, 0.55]
  const noise = (seed: number, steps: number): number[] => {
    const tx = O.addNoise(eta, gamma, seed)
    let state = tx.init({ w: tf.zeros([n]) })
    let last: number[] = []
    for (let i = 0; i < steps; i++) {
      const [u, next] = tx.update({ w: tf.zeros([n]) }, state)
      ;[last, state] = [numbers(u.w), next]
    }
    return last
  }
  for (const steps of [1, 3]) {
    const variance = noise(7, steps).reduce((sum, x) => sum + x * x, 0) / n
    const want = eta / steps ** gamma
    // The variance of n squares of normal numbers is 2/n: this is five standard deviations.
    test.ok(Math.abs(variance / want - 1) < 5 * Math.sqrt(2 / n), `step ${steps}: ${variance}, not ${want}`)
  }
  test.strictSame(noise(7, 1), noise(7, 1))
  test.not(noise(7, 1)[0], noise(8, 1)[0])
  test.not(noise(7, 1)[0], noise(7, 2)[0])
})
