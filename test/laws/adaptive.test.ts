/** What adaptive rules do where formulas are at their edge, and where optax is known to go wrong. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { cbrt, tanh } from '../../lib/rule/approximate.js'
import { input, type Expr } from '../../lib/rule/expr.js'
import { ops } from '../../lib/backends/ops.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import { extra } from './entry.js'
import { made, rules } from './table.js'

/** The updates of some steps on one leaf that does not move, and the last state. */
const run = (tx: unknown, gradients: readonly (readonly number[])[], params = gradients[0]!.map(() => 1)) => {
  const { init, update } = tx as O.GradientTransformation
  const p = { w: tf.tensor1d([...params]) }
  let state: unknown = init(p)
  const updates = gradients.map(gradient => {
    const [made, next] = update({ w: tf.tensor1d([...gradient]) }, state, p, extra)
    state = next
    return numbers(made.w)
  })
  return { updates, state: state as Readonly<Record<string, { readonly w: tf.Tensor }>> }
}
const times = (n: number, gradient: readonly number[]) => Array.from({ length: n }, () => gradient)
const near = (got: number, right: number): boolean => Math.abs(got - right) <= 2e-6 * Math.abs(right)

onBackends('zero gradients give no NaN, with the numbers of the table and those by default', test => {
  const recipes: Readonly<Record<string, unknown>> = { ...O }
  const byDefault = [
    ...'acprop adabelief adadelta adagrad adam adamax adamaxw adamw adan ademamix adopt amsgrad'.split(' '),
    ...'cautiousAdamw cautiousLion kerasNadam lion madgrad mars nadam nadamw optimisticAdam radam rmsprop'.split(' '),
    ...'optimisticGradientDescent rprop sgd signSgd signum simplifiedAdemamix torchNadam torchRmsprop'.split(' '),
    ...'torchSgd yogi kerasAdamax torchAdagrad'.split(' '),
  ].map(name => ({ name, tx: (recipes[name] as (rate: number) => unknown)(0.1) }))
  const bare = [O.cocob(), O.grokfast(), O.orthoGrad(), O.scaleByStddev(), O.scaleByRss({ initialAccumulatorValue: 0 })]
  const all = [
    ...rules.map(entry => ({ name: entry.name, tx: made(entry) })),
    ...byDefault,
    ...bare.map((tx, i) => ({ name: `bare ${i}`, tx })),
  ]
  for (const { name, tx } of all)
    for (const params of [
      [0, 1, -2],
      [0, 0, 0],
    ]) {
      const { updates } = tf.tidy(() => run(tx, [...times(7, [0, 0, -0]), [1, 0, -1]], params))
      test.ok(updates.flat().every(Number.isFinite), `${name} on ${String(params)}: ${updates.join(' | ')}`)
    }
})

onBackends('yogi starts both means at 1e-6, which moves parameters without gradients; 0 does not', test => {
  tf.tidy(() => {
    const { updates, state } = run(O.scaleByYogi(), [[0]])
    test.ok(near(updates[0]![0]!, 9e-6 / (Math.sqrt(1e-3) + 1e-3)), String(updates))
    test.ok(near(numbers(state['mu']!.w)[0]!, 9e-7) && near(numbers(state['nu']!.w)[0]!, 1e-6))
    test.same(run(O.scaleByYogi({ initialAccumulatorValue: 0 }), times(3, [0])).updates, [[0], [0], [0]])
  })
})

onBackends("belief's epsRoot is stored, and accumulates", test => {
  tf.tidy(() => {
    const { state } = run(O.scaleByBelief({ b2: 0.9, epsRoot: 1e-3 }), times(3, [0]))
    test.ok(near(numbers(state['nu']!.w)[0]!, 1e-3 * (1 + 0.9 + 0.81)))
  })
})

onBackends('a standard deviation is at least 0, whatever rounding makes of it; optax gives NaN', test => {
  tf.tidy(() => {
    const constant = times(30, [0.1, 0.3, 0.7, 1.1, 1.9, 3.3])
    for (const options of [{ biasCorrection: true }, { biasCorrection: true, epsInSqrt: false }, {}]) {
      const { updates } = run(O.scaleByStddev({ eps: 1e-20, ...options }), constant)
      test.ok(updates.flat().every(Number.isFinite), updates.join(' | '))
    }
  })
})

t.test('radam: the defaults rectify from step 6 on; a threshold that can give NaN is refused', async test => {
  await useBackend('cpu')
  tf.tidy(() => {
    const { updates } = run(O.scaleByRadam(), times(7, [2]))
    test.ok(
      updates.slice(0, 5).every(([u]) => near(u!, 2)),
      'the plain mean',
    )
    test.ok(
      updates.slice(5).every(([u]) => u! < 0.2),
      'a small part of the direction, 1',
    )
    const forever = run(O.scaleByRadam({ b2: 0.5 }), times(50, [2])).updates
    test.ok(
      forever.every(([u]) => near(u!, 2)),
      'a short memory of squares is never enough',
    )
  })
  for (const threshold of [3.9, NaN, Infinity])
    test.throws(() => O.radam(0.1, { threshold }), { name: 'ValueError', message: /threshold must be at least 4/ })
})

onBackends('rprop hands out the update of this step; optax that of the one before', test => {
  tf.tidy(() => {
    const { updates, state } = run(O.scaleByRprop(0.1), [
      [1, 1, 0],
      [1, -1, 1],
      [1, -1, 1e-30],
    ])
    const want = [0.1, 0.1, 0, 0.12, 0, 0.1, 0.144, -0.05, 0.12]
    test.ok(
      updates.flat().every((u, i) => u === want[i] || near(u, want[i]!)),
      updates.join(' | '),
    )
    test.ok(near(numbers(state['stepSizes']!.w)[1]!, 0.05))
  })
})

t.test('no recipe goes uphill for want of a rate, as adadelta(None) does in optax', test => {
  const recipes = O as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
  for (const name of ['adadelta', 'adam', 'lion', 'madgrad', 'rmsprop', 'rprop', 'torchSgd', 'kerasAdamax'])
    for (const args of [[], [undefined], [null]])
      test.throws(
        () => recipes[name]!(...args),
        { name: 'TypeError', message: /learningRate/ },
        `${name} ${args.length}`,
      )
  test.end()
})

onBackends('defaults that differ between a transformation and its recipe are those of optax', test => {
  const same = (a: unknown, b: unknown, says: string) =>
    tf.tidy(() => {
      const gradients = [
        [1, -0.1, 1e-4],
        [0.3, -0.2, 2e-4],
        [-1, 0.2, 1e-4],
      ]
      test.same(run(a, gradients).updates, run(b, gradients).updates, says)
    })
  const rate = O.scaleByLearningRate(0.1)
  same(O.adan(0.1), O.chain(O.scaleByAdan({ epsRoot: 1e-8 }), rate), 'adan: epsRoot 1e-8')
  same(O.ademamix(0.1), O.chain(O.scaleByAdemamix({ alpha: 5 }), rate), 'ademamix: alpha 5, not 6')
  same(
    O.optimisticAdam(0.1),
    O.chain(O.scaleByNadam(), O.scaleByOptimisticGradient(), rate),
    'optimisticAdam: Nesterov is on',
  )
  same(O.nadam(0.1), O.adam(0.1, { nesterov: true }), 'nadam')
  same(O.scaleByNadam(), O.scaleByAdam({ nesterov: true }), 'scaleByNadam')
})

onBackends('first steps: ADOPT moves nothing, Adan and MARS have no difference yet, ACProp no denominator', test => {
  tf.tidy(() => {
    for (const options of [{}, { nesterov: true }, { useClipping: false }]) {
      const { updates, state } = run(O.scaleByAdopt(options), [[3, -1e30, 0]])
      test.ok(
        updates[0]!.every(u => u === 0),
        `adopt ${String(updates)}`,
      )
      test.ok(near(numbers(state['nu']!.w)[0]!, 9))
    }
    test.ok(run(O.scaleByAdan(), [[3, -2]]).updates[0]!.every((u, i) => near(u, i === 0 ? 1 : -1)))
    test.same(run(O.scaleByMars(), [[0.5, -0.25]]).updates, [[0.5, -0.25]])
    test.same(run(O.scaleByAcprop(), [[0.5, -0.25]]).updates, [[0.5, -0.25]])
    test.same(run(O.scaleByOptimisticGradient({ alpha: 2, beta: 5 }), [[1]]).updates, [[2]])
    test.same(run(O.grokfast({ lamb: 1 }), [[1]]).updates, [[2]])
    test.same(run(O.torchMomentum(0.5, { dampening: 1 }), times(2, [1])).updates, [[1], [0.5]])
  })
})

onBackends('COCOB divides by no product that is too small for a float', test => {
  tf.tidy(() => {
    const { updates } = run(O.scaleByCocob({ eps: 1e-30 }), times(3, [1e-30, -1e-30]))
    test.ok(
      updates.flat().every(u => Number.isFinite(u) && u !== 0),
      updates.join(' | '),
    )
  })
})

onBackends('cautious: what the gradient contradicts is left out, the rest makes up for it, NaN stays', test => {
  tf.tidy(() => {
    const [, second] = run(O.scaleByCautiousLion(), [
      [1, 1, 1, 1],
      [1, 1, -0.05, -0.05],
    ]).updates
    test.same(second, [2, 2, 0, 0])
    const none = run(O.scaleByCautiousLion(), [
      [1, 1],
      [-1e-3, -1e-3],
    ]).updates[1]
    test.same(none!.map(Math.abs), [0, 0], 'no division by the mean of an empty mask')
    test.same(run(O.scaleByCautiousAdam(), [[NaN, 1]]).updates[0]!.map(Number.isNaN), [true, false])
    const decayed = run(O.addCautiousDecayedWeights(0.5), [[1, -1, 0, 1e-30]], [2, 2, 2, 1e-30]).updates[0]!
    test.same(decayed.slice(0, 3), [2, -1, 1], 'not against the step; where there is none, yes')
    test.ok(near(decayed[3]!, 1.5e-30), 'a product too small for a float has a sign all the same')
  })
})

onBackends('OrthoGrad keeps the norm and turns only; what is along the parameter up to rounding is 0', test => {
  tf.tidy(() => {
    const [g, p] = [
      [1, 2, -3],
      [0.5, 1, 2],
    ]
    const u = run(O.orthoGrad(), [g], p).updates[0]!
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
    test.ok(Math.abs(dot(u, p)) < 1e-6 && near(dot(u, u), 14), String(u))
    test.same(run(O.orthoGrad(), [[0.3]], [0.7]).updates[0]!.map(Math.abs), [0], 'one element')
    test.same(run(O.orthoGrad(), [[0.1, 0.2, 0.3]], [0.7, 1.4, 2.1]).updates[0]!.map(Math.abs), [0, 0, 0])
    test.same(run(O.orthoGrad(), [g], [0, 0, 0]).updates[0]!.map(Math.round), g, 'parameters of zero')
  })
})

onBackends('the cube root is within 1 ulp, tanh within 6, and both are right at their ends', test => {
  const ulps = (of: (x: Expr) => Expr, right: (x: number) => number, xs: readonly number[]): number =>
    tf.tidy(() => {
      const like = tf.tensor1d([...xs])
      const got = numbers(ops.evaluate([of(input('u', 'element'))], { scalars: {}, values: { u: like }, like })[0]!)
      const off = numbers(like).map((x, i) => {
        const want = right(x)
        return Math.abs(got[i]! - want) / 2 ** (Math.floor(Math.log2(Math.abs(want))) - 23)
      })
      return Math.max(...off)
    })
  const grid = Array.from({ length: 20000 }, (_, i) => i / 20000)
  const cube = ulps(cbrt, Math.cbrt, [1, 8, 27, 3.4e38, ...grid.map(x => 2 ** (-122 + 249.9 * x))])
  test.ok(cube < 1, `cube root: ${cube} ulp`)
  const tangent = ulps(
    tanh,
    Math.tanh,
    grid.flatMap(x => [2 ** (-30 + 34 * x), -(2 ** (-30 + 34 * x))]),
  )
  test.ok(tangent < 6, `tanh: ${tangent} ulp`)
  tf.tidy(() => {
    const like = tf.tensor1d([0, -0, NaN, Infinity, -Infinity, -1])
    const values = { scalars: {}, values: { u: like }, like }
    const [root, hyperbolic] = ops.evaluate([cbrt(input('u', 'element')), tanh(input('u', 'element'))], values)
    test.same(numbers(root!).map(String), ['0', '0', 'NaN', 'Infinity', 'NaN', 'NaN'])
    test.same(numbers(hyperbolic!).slice(0, 5).map(String), ['0', '0', 'NaN', '1', '-1'])
  })
})

t.test('bad options are refused by name', test => {
  const say = (run: () => unknown, says: RegExp) => test.throws(run, { message: says })
  say(() => O.scaleByLion({ mode: 'soft' as 'hard' }), /scaleByLion: .*mode.*'hard', 'smooth' or 'refined'/)
  say(() => O.scaleByYogi({ initialAccumulatorValue: -1 }), /scaleByYogi: initialAccumulatorValue must be at least 0/)
  say(() => O.scaleByRss({ initialAccumulatorValue: NaN }), /scaleByRss: initialAccumulatorValue must be at least 0/)
  say(() => O.scaleByRms({ initialScale: Infinity }), /scaleByRms: initialScale must be at least 0 and finite/)
  say(() => O.scaleByCocob({ eps: 0 }), /scaleByCocob: .*eps.*positive/)
  say(() => O.rprop(0), /scaleByRprop: .*learningRate.*positive/)
  say(() => O.rprop((() => 1) as unknown as number), /scaleByRprop: .*learningRate.*a number/)
  say(() => O.ema(1), /ema: decay must be in \[0, 1\)/)
  say(() => O.optimisticAdam(0.1, { optimism: 0.1 } as object), /optimisticAdam: unknown option optimism/)
  test.end()
})

onBackends('schedule-free: the state tells the average, wherever it is in a chain, in new tensors', test => {
  const tx = O.chain(O.clip(100), O.scheduleFree(O.sgd(0.5), 0.5))
  const step = O.makeStep(tx, { donate: true })
  let p = { w: tf.tensor1d([1, 2]) }
  let state: unknown = tx.init(p)
  const gradients = { w: tf.tensor1d([1, 2]) }
  for (let i = 0; i < 2; i++) [p, state] = step(p, gradients, state as never) as unknown as [typeof p, unknown]
  const before = tf.memory().numTensors
  const model = O.scheduleFreeEvalParams(state, p)
  test.equal(tf.memory().numTensors, before + 1)
  test.same(numbers(model.w), [0.25, 0.5], 'the mean of 0.5 and 0, and twice that')
  test.throws(() => O.scheduleFreeEvalParams({}, p), { name: 'ValueError', message: /scheduleFreeAverage.*got none/ })
  test.throws(() => O.scheduleFreeEvalParams([state, state], p), { name: 'ValueError', message: /got 2/ })
  test.throws(() => O.scheduleFreeSgd(() => 1, { warmupSteps: 3 }), { name: 'TypeError', message: /learningRate/ })
  test.throws(() => O.scheduleFreeSgd(1, { b1: 0 }), { name: 'ValueError', message: /b1 must be above 0/ })
  O.disposeTree([model, p, state, gradients])
})
