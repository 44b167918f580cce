/** Transformations by norms, factored sums, averages of trees: their edges, what is wrong in optax, and wrong calls. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { cpu } from '../lib/backends/cpu/device.js'
import { wasm } from '../lib/backends/wasm/device.js'
import { meanOver, spread, sumOver } from '../lib/transforms/spread.js'
import { jobs, useCounted } from './backends/counted.js'
import { leftBehind, numbers, onBackends, useBackend } from './setup.js'

for (const device of [cpu, wasm]) useCounted(device)

/** The updates of one step from the state at first. */
const once = <P extends Readonly<Record<string, tf.Tensor>>>(
  tx: O.GradientTransformation,
  updates: P,
  params = updates,
): P => tx.update(updates, tx.init(params), params as never)[0] as P
const close = (got: readonly number[], want: readonly number[], rel = 1e-6): boolean =>
  got.length === want.length && got.every((x, i) => Math.abs(x - want[i]!) <= rel * Math.max(1e-3, Math.abs(want[i]!)))

onBackends('nothing but zeros: no NaN, where optax has some', test => {
  tf.tidy(() => {
    const zeros = { w: tf.zeros([2, 3]), b: tf.zeros([3]), s: tf.zeros([]) }
    const params = { w: tf.ones([2, 3]), b: tf.zeros([3]), s: tf.zeros([]) }
    const all = {
      'normalize, NaN in optax': O.normalize(),
      'normalizeByUpdateNorm without eps, NaN in optax': O.normalizeByUpdateNorm({ eps: 0 }),
      clipByGlobalNorm: O.clipByGlobalNorm(1e-30),
      clipByBlockRms: O.clipByBlockRms(1),
      scaleByTrustRatio: O.scaleByTrustRatio(),
      centralize: O.centralize(),
      adaptiveGradClip: O.adaptiveGradClip(0.1, { eps: 0 }),
      scaleByFactoredRms: O.scaleByFactoredRms({ minDimSizeToFactor: 2 }),
      'scaleBySm3, which fails for scalars in optax': O.scaleBySm3(),
      sm3: O.sm3(0.1),
      lars: O.lars(0.1, { weightDecay: 0.1 }),
    }
    for (const [name, tx] of Object.entries<O.GradientTransformation>(all)) {
      const made = once(tx, zeros, name === 'lars' ? zeros : params)
      for (const [path, u] of O.tensorsOf(made))
        test.ok(
          numbers(u).every(x => x === 0),
          `${name}: ${path} ${numbers(u).join()}`,
        )
    }
  })
  test.end()
})

onBackends('NaN and infinities are not hidden', test => {
  tf.tidy(() => {
    const broken = {
      w: tf.tensor2d([
        [NaN, 1],
        [2, 3],
      ]),
      b: tf.tensor1d([1, 2]),
    }
    const params = { w: tf.ones([2, 2]), b: tf.ones([2]) }
    const whole = { normalize: O.normalize(), normalizeByUpdateNorm: O.normalizeByUpdateNorm() }
    for (const [name, tx] of Object.entries(whole)) {
      const { w, b } = once(tx, broken, params)
      test.ok([...numbers(w), ...numbers(b)].every(Number.isNaN), `${name}: of the tree`)
    }
    const byLeaf = {
      clipByBlockRms: O.clipByBlockRms(1),
      scaleByTrustRatio: O.scaleByTrustRatio(),
      'scaleByTrustRatio minNorm': O.scaleByTrustRatio({ minNorm: 1 }),
    }
    for (const [name, tx] of Object.entries(byLeaf)) {
      const { w, b } = once(tx, broken, params)
      test.ok(numbers(w).every(Number.isNaN) && numbers(b).every(Number.isFinite), `${name}: of the leaf`)
      const turned = once(tx, { w: params.w, b: broken.b }, { w: broken.w, b: params.b })
      if (name.startsWith('scaleByTrustRatio')) test.ok(numbers(turned.w).every(Number.isNaN), `${name}: of p too`)
    }
    for (const tx of [O.scaleByParamBlockNorm(), O.scaleByParamBlockRms()])
      test.ok(numbers(once(tx, params, broken).w).every(Number.isNaN))
    const { w } = once(O.adaptiveGradClip(0.1), broken, params)
    test.strictSame(numbers(w).map(Number.isNaN), [true, false, true, false], 'of the unit, which is a column')
    test.ok(Number.isNaN(numbers(once(O.scaleBySm3(), broken, params).w)[0]))
    test.ok(numbers(once(O.scaleByFactoredRms(), broken, params).w).map(Number.isNaN)[0])
    const huge = once(O.clipByBlockRms(1), { w: tf.tensor1d([Infinity, 1]) })
    test.ok(numbers(huge.w).map(Number.isNaN)[0])
  })
  test.end()
})

onBackends('by hand', test => {
  tf.tidy(() => {
    const u = { a: tf.tensor1d([3, 4]), b: tf.tensor1d([12]) }
    const p = { a: tf.tensor1d([6, 8]), b: tf.tensor1d([0]) }
    const see = (tx: O.GradientTransformation) => {
      const { a, b } = once(tx, u, p)
      return [...numbers(a), ...numbers(b)]
    }
    const rows: readonly (readonly [string, O.GradientTransformation, readonly number[]])[] = [
      ['normalize', O.normalize(), [3 / 13, 4 / 13, 12 / 13]],
      ['normalizeByUpdateNorm', O.normalizeByUpdateNorm({ scaleFactor: 7, eps: 1 }), [1.5, 2, 6]],
      ['clipByBlockRms', O.clipByBlockRms(Math.sqrt(12.5) / 2), [1.5, 2, Math.sqrt(12.5) / 2]],
      ['scaleByParamBlockNorm', O.scaleByParamBlockNorm({ minScale: 0.5 }), [30, 40, 6]],
      ['scaleByParamBlockRms', O.scaleByParamBlockRms({ minScale: 0.5 }), [3 * Math.sqrt(50), 4 * Math.sqrt(50), 6]],
      ['scaleByTrustRatio', O.scaleByTrustRatio({ trustCoefficient: 0.5, eps: 5 }), [1.5, 2, 12]],
      ['scaleByTrustRatio, least norm', O.scaleByTrustRatio({ minNorm: 6 }), [5, 40 / 6, 6]],
      ['adaptiveGradClip', O.adaptiveGradClip(0.1), [0.6, 0.8, 1e-4]],
      ['adaptiveGradClip, not reached', O.adaptiveGradClip(20), [3, 4, 0.02]],
      ['fromage', O.fromage(0.75, { minNorm: 0 }), [-4.8, -6.4, -7.2]],
    ]
    for (const [name, tx, want] of rows) test.ok(close(see(tx), want), `${name}: ${see(tx).join()}, ${want.join()}`)

    const m = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 9],
    ])
    const centred = (axis?: O.Axes) => numbers(once(O.centralize(axis === undefined ? {} : { axis }), { m }, { m }).m)
    test.strictSame(centred(), [-1, 0, 1, -2, -1, 3], 'as in optax')
    test.strictSame(centred(0), [-1.5, -1.5, -3, 1.5, 1.5, 3], 'as in the paper')
    test.strictSame([centred(-2), centred([1]), centred([0, 1])], [centred(0), centred(), [-3, -2, -1, 0, 1, 5]])
    const steady = once(O.clipByBlockRms(100), { m })
    test.strictSame(numbers(steady.m), numbers(m), 'what is not clipped keeps its bits')
  })
  test.end()
})

onBackends(
  'sums along any axes, and spread again: what tfjs gives by broadcasting, to the bit of each element',
  test => {
    const shapes = [[], [1], [4], [1, 3], [3, 1], [2, 3], [2, 3, 4], [1, 3, 1], [2, 1, 3, 2], [2, 3, 1, 2, 2]]
    for (const shape of shapes)
      for (let choice = 0; choice < 2 ** shape.length; choice++)
        tf.tidy(() => {
          const axes = shape.flatMap((_, axis) => (choice & (1 << axis) ? [axis] : []))
          const name = `[${shape.join()}] over [${axes.join()}]`
          const size = shape.reduce((n, d) => n * d, 1)
          const x = tf.reshape(tf.add(tf.sin(tf.range(0, size)), 2), shape)
          const [sum, mean] = [tf.sum(x, axes, true), tf.mean(x, axes, true)]
          if (axes.length > 0) {
            test.strictSame(sumOver(x, axes).shape, sum.shape, name)
            test.ok(close(numbers(sumOver(x, axes)), numbers(sum)), `sum of ${name}`)
            test.ok(close(numbers(meanOver(x, axes)), numbers(mean)), `mean of ${name}`)
          }
          const odd = tf.reshape(
            tf.tensor(numbers(sum).map((v, i) => [v, Infinity, NaN, -0, 1e-45, 3e38][i % 6]!)),
            sum.shape,
          )
          const wide = spread(odd, shape)
          test.strictSame(wide.shape, shape)
          test.strictSame(
            numbers(wide).map(Math.abs),
            numbers(tf.broadcastTo(odd, shape)).map(Math.abs),
            `spread to ${name}`,
          )
        })
    test.end()
  },
)

onBackends('scaleByFactoredRms: an offset starts again from nothing, where optax has NaN', test => {
  tf.tidy(() => {
    const g = {
      w: tf.tensor2d([
        [1, 2],
        [3, -4],
      ]),
      b: tf.tensor1d([2]),
    }
    const [offset, plain] = [O.scaleByFactoredRms({ stepOffset: 3 }), O.scaleByFactoredRms()]
    let state = offset.init(g)
    for (let i = 0; i < 3; i++) {
      const [u, next] = offset.update(g, state)
      state = next
      test.ok(numbers(u.w).every(Number.isFinite), `step ${i + 1}`)
    }
    const [first] = offset.update(g, state)
    const [want] = plain.update(g, plain.init(g))
    test.strictSame(numbers(first.b), numbers(want.b), 'at the offset the past counts for nothing')
  })
  test.end()
})

onBackends('adafactor without a rate descends; lars has its rates in the momentum; fromage takes a schedule', test => {
  tf.tidy(() => {
    const p = { w: tf.tensor1d([2, -3]) }
    const sign = numbers(once(O.adafactor(), p).w).map(Math.sign)
    test.strictSame(sign, [-1, 1])
    const rates = O.piecewiseConstantSchedule(1, { 1: 0.5 })
    const lars = O.lars(rates, { trustCoefficient: 1, momentum: 0.5 })
    const [, s] = lars.update(p, lars.init(p), p)
    const [second] = lars.update(p, s, p)
    test.strictSame(numbers(second.w), [-2, 3], 'half a step, and half of the first one')
    const fromage = O.fromage(rates)
    const [, f] = fromage.update(p, fromage.init(p), p)
    const [turned] = fromage.update(p, f, p)
    test.ok(
      close(
        numbers(turned.w),
        [2, -3].map(x => x * (-0.5 / Math.sqrt(1.25) + 1 / Math.sqrt(1.25) - 1)),
      ),
    )
  })
  test.end()
})

const bowl = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.sub(x, tf.tensor1d([1, -1, 1]))))

t.test('recipes reach the bottom of a parabola', async test => {
  await useBackend('cpu')
  const falling = (rate: number) => O.cosineDecaySchedule(rate, 600)
  const recipes: Readonly<Record<string, O.GradientTransformation>> = {
    lamb: O.lamb(falling(0.05)),
    lars: O.lars(falling(0.1), { trustCoefficient: 0.1, momentum: 0.5 }),
    fromage: O.fromage(falling(0.03)),
    adafactor: O.adafactor(falling(0.3)),
    'adafactor, all': O.adafactor(falling(0.3), { momentum: 0.5, multiplyByParameterScale: false }),
    sm3: O.sm3(1),
    noisySgd: O.noisySgd(falling(0.1), { eta: 0.01 }),
    agc: O.chain(O.adaptiveGradClip(0.5), O.scale(-0.1)),
    normalize: O.chain(O.normalize(), O.scaleByLearningRate(falling(0.2))),
  }
  for (const [name, tx] of Object.entries(recipes)) {
    const step = O.makeStep(tx, { donate: true })
    let p = { x: tf.tensor1d([-1, 10, 1]) as tf.Tensor }
    let s: unknown = tx.init(p)
    for (let i = 0; i < 600; i++) {
      const [, g] = O.valueAndGrad(({ x }: typeof p) => bowl(x))(p)
      ;[p, s] = step(p, g, s as never)
      O.disposeTree(g)
    }
    const off = numbers(p.x).map((x, i) => Math.abs(x - [1, -1, 1][i]!))
    test.ok(Math.max(...off) < 0.06, `${name}: ${numbers(p.x).join()}`)
    O.disposeTree([p, s])
  }
})

onBackends('globalNorm', test => {
  tf.tidy(() => {
    test.equal(
      numbers(O.globalNorm({ a: tf.tensor1d([2, 4]), b: [tf.scalar(3), null], c: tf.tensor2d([[5]]) }))[0],
      Math.fround(Math.sqrt(54)),
    )
    test.strictSame(O.globalNorm(tf.scalar(-3)).shape, [])
    test.strictSame(
      [{}, [null], tf.zeros([0, 2])].map(tree => numbers(O.globalNorm(tree))[0]),
      [0, 0, 0],
    )
    test.ok(Number.isNaN(numbers(O.globalNorm([tf.scalar(NaN)]))[0]))
    const many = tf.fill([3000000], 0.1)
    test.ok(close(numbers(O.globalNorm(many)), [0.1 * Math.sqrt(3000000)], 1e-6), 'accurate for many elements')
    const clip = O.clipByGlobalNorm(1)
    const g = { a: tf.tensor1d([2, 4]), b: tf.scalar(3) }
    const norm = O.globalNorm(clip.update(g, clip.init(g))[0])
    test.ok(close(numbers(norm), [1]))
    const slope = tf.grad(x => O.globalNorm({ x }))(tf.tensor1d([3, 4]))
    test.ok(close(numbers(slope), [0.6, 0.8]), 'it can be differentiated')
    test.strictSame(numbers(tf.grad(x => O.globalNorm({ x }))(tf.zeros([2]))), [0, 0], 'at 0 too')
  })
  const before = tf.memory().numTensors
  test.throws(() => O.globalNorm({ a: { b: tf.scalar(1, 'int32') } }), {
    message: /^globalNorm: leaf a\.b has dtype int32 in tree/,
  })
  test.throws(() => O.globalNorm({ a: 3 }), { message: /^globalNorm: leaf a of tree must be a tensor, got 3/ })
  const own = { own: null as unknown }
  own.own = own
  test.throws(() => O.globalNorm(own), /is the root again/)
  const gone = tf.scalar(1)
  gone.dispose()
  test.throws(() => O.globalNorm({ gone }), /leaf gone of tree is disposed/)
  test.equal(tf.memory().numTensors, before + 1, 'nothing but the tensor that the first call was given')
  test.end()
})

onBackends('incrementalUpdate and periodicUpdate', async test => {
  const news = () => ({ a: tf.tensor1d([1, 2]), b: { c: tf.scalar(8) } })
  const olds = () => ({ a: tf.tensor1d([0, 4]), b: { c: tf.scalar(-8) } })
  const left = await leftBehind(() => {
    tf.tidy(() => {
      const before = jobs()
      const mixed = O.incrementalUpdate(news(), olds(), 0.25)
      test.strictSame([numbers(mixed.a), numbers(mixed.b.c)], [[0.25, 3.5], [-4]])
      test.equal(jobs(), before + 1, 'in one pass')
      const third = O.incrementalUpdate({ x: tf.tensor1d([0.7]) }, { x: tf.tensor1d([0.2]) }, 0.3).x
      const { fround } = Math
      const want = fround(fround(fround(0.3) * fround(0.7)) + fround(fround(0.7) * fround(0.2)))
      test.equal(numbers(third)[0], want, 'stepSize new + (1 - stepSize) old')
      const kept = O.incrementalUpdate({ ...news(), a: null }, olds(), 0.25)
      test.strictSame(numbers(kept.a), [0, 4], 'null leaves the old one')
      const same = O.incrementalUpdate(news(), olds(), 1)
      test.strictSame(numbers(same.a), [1, 2])

      const [given, old] = [news(), olds()]
      const renewed = O.periodicUpdate(given, old, 4, 2)
      const waits = O.periodicUpdate(given, old, 5, 2)
      O.disposeTree([given, old])
      test.strictSame(
        [numbers(renewed.a), numbers(waits.a)],
        [
          [1, 2],
          [0, 4],
        ],
        'handles of their own',
      )
      test.strictSame(numbers(O.periodicUpdate({ ...news(), a: null }, olds(), 0, 3).a), [0, 4])
    })
    tf.tidy(() => {
      const [a, c] = [tf.variable(tf.tensor1d([0, 4])), tf.variable(tf.scalar(-8))]
      const target = { a, b: { c } }
      const source = news()
      const came = O.incrementalUpdate(source, target, 0.5)
      test.ok(came.a === a && came.b.c === c, 'the Variables come back')
      test.strictSame([numbers(a), numbers(c)], [[0.5, 3], [0]])
      O.periodicUpdate(source, target, 1, 2)
      test.strictSame(numbers(a), [0.5, 3])
      test.equal(O.periodicUpdate(source, target, 2, 2).a, a)
      test.strictSame([numbers(a), numbers(c)], [[1, 2], [8]])
      const model = { a: tf.variable(tf.tensor1d([3, 3])), b: { c: tf.variable(tf.scalar(3)) } }
      const average = O.incrementalUpdate(model, olds(), 0.5)
      test.strictSame(numbers(average.a), [1.5, 3.5], 'of Variables, into tensors')
      O.disposeTree([target, model])
    })
  })
  test.equal(left, 0)
  test.end()
})

t.test('incrementalUpdate and periodicUpdate: wrong calls change nothing', async test => {
  await useBackend('cpu')
  const [w, v] = [tf.tensor1d([1, 2]), tf.variable(tf.tensor1d([3, 4]))]
  const before = tf.memory().numTensors
  for (const wrong of [NaN, Infinity, '0.5', undefined, null, () => 0.5])
    test.throws(() => O.incrementalUpdate({ w }, { w: v }, wrong as never), {
      name: 'TypeError',
      message: /^incrementalUpdate: stepSize must be a finite number/,
    })
  for (const [steps, period, says] of [
    [-1, 2, /steps must be a whole number from 0 on, got -1/],
    [1.5, 2, /steps must be/],
    [1, 0, /updatePeriod must be a whole number from 1 on, got 0/],
    [1, NaN, /updatePeriod must be/],
  ] as const)
    test.throws(() => O.periodicUpdate({ w }, { w: v }, steps, period), { name: 'TypeError', message: says })
  for (const steps of [1, 2]) {
    const run = (news: unknown, olds: unknown) => () => O.periodicUpdate(news, olds, steps, 2)
    test.throws(run({ w: tf.zeros([3]) }, { w: v }), /^periodicUpdate: leaf w has shape/)
    test.throws(run({ v: w }, { w: v }), /^periodicUpdate: /)
    test.throws(run({ w }, { w: null }), /^periodicUpdate: /)
    test.throws(run({ w }, undefined), /^periodicUpdate: oldTensors must be a tree of tensors, got undefined/)
    test.throws(run({ w: [w, w] }, { w: [v, v] }), /twice/)
  }
  test.strictSame(numbers(v), [3, 4])
  test.equal(tf.memory().numTensors, before + 2, 'nothing but the tensors of another shape')
  O.disposeTree([w, v])
})

t.test('wrong calls, each an error that names who and what', async test => {
  await useBackend('cpu')
  const deep = { conv: { kernel: tf.zeros([1, 2, 1, 2, 1, 2]) } }
  const vector = { b: tf.zeros([3]), k: tf.zeros([2, 2]) }
  const before = tf.memory().numTensors
  const rows: readonly (readonly [() => unknown, string, RegExp])[] = [
    [() => O.normalizeByUpdateNorm({ eps: -1 }), 'ValueError', /^normalizeByUpdateNorm: eps must be at least 0/],
    [() => O.clipByBlockRms(0), 'ValueError', /^clipByBlockRms: threshold must be positive/],
    [() => O.clipByBlockRms(undefined as never), 'TypeError', /^clipByBlockRms: threshold/],
    [() => O.scaleByParamBlockRms({ minScale: -1 }), 'ValueError', /^scaleByParamBlockRms: minScale/],
    [() => O.scaleByTrustRatio({ trustCoefficient: -1 }), 'ValueError', /^scaleByTrustRatio: trustCoefficient/],
    [() => O.scaleByTrustRatio().update(vector, { count: 0 }), 'TypeError', /^scaleByTrustRatio: reads the parameters/],
    [
      () => O.adaptiveGradClip(0.1).update(vector, { count: 0 }),
      'TypeError',
      /^adaptiveGradClip: reads the parameters/,
    ],
    [() => O.adaptiveGradClip(0), 'ValueError', /^adaptiveGradClip: clipping must be positive/],
    [
      () => O.adaptiveGradClip(0.1).init(deep),
      'ValueError',
      /^adaptiveGradClip: leaf conv\.kernel of shape \[1,2,1,2,1,2\] has more than 5 axes; say by `axis`/,
    ],
    [
      () => O.adaptiveGradClip(0.1, { axis: 1 }).init(vector),
      'ValueError',
      /^adaptiveGradClip: leaf b of shape \[3\] has no axis 1; leave it out by `masked`/,
    ],
    [
      () => O.centralize({ axis: -3 }).init(vector),
      'ValueError',
      /^centralize: leaf k of shape \[2,2\] has no axis -3/,
    ],
    [() => O.centralize({ axis: [] }), 'TypeError', /^centralize: axis must be a whole number or a non-empty list/],
    [() => O.centralize({ axis: [0, 0] }), 'TypeError', /got \[0,0\]/],
    [() => O.centralize({ axis: 0.5 }), 'TypeError', /got 0\.5/],
    [() => O.adaptiveGradClip(1, { axis: ['a'] as never }), 'TypeError', /got \["a"\]/],
    [
      () => O.scaleByFactoredRms({ factored: 1 as never }),
      'TypeError',
      /^scaleByFactoredRms: factored must be true or/,
    ],
    [() => O.scaleByFactoredRms({ stepOffset: -1 }), 'TypeError', /stepOffset must be a whole number from 0 on/],
    [() => O.scaleByFactoredRms({ minDimSizeToFactor: 0 }), 'TypeError', /minDimSizeToFactor must be a whole number/],
    [() => O.scaleByFactoredRms({ epsilon: 0 }), 'ValueError', /epsilon must be positive/],
    [() => O.scaleBySm3({ b2: 1.1 }), 'ValueError', /^scaleBySm3: b2 must be in \[0, 1\], got 1\.1/],
    [() => O.sm3(0.1, { momentum: 1 }), 'ValueError', /b1 must be in \[0, 1\)/],
    [() => O.adafactor('fast' as never), 'TypeError', /learningRate/],
    [() => O.adafactor(0.1, { clippingThreshold: -1 }), 'ValueError', /threshold must be positive/],
    [() => O.lamb(undefined as never), 'TypeError', /learningRate/],
    [() => O.fromage(NaN), 'ValueError', /learningRate/],
  ]
  for (const [run, name, message] of rows) test.throws(run, { name, message })
  test.equal(tf.memory().numTensors, before)
  O.disposeTree([deep, vector])
})
