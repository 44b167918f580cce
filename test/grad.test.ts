/** valueAndGrad over trees, models, and derivatives through an update. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { leftBehind, numbers, onBackends } from './setup.js'

onBackends('valueAndGrad: trees in, trees out; what is not connected gets zeros', test => {
  tf.tidy(() => {
    const params = { a: tf.tensor1d([1, 2]), list: [tf.scalar(3), tf.scalar(5)], none: null }
    const lossOf = (p: typeof params, k: tf.Tensor): tf.Tensor => tf.mul(tf.sum(tf.square(p.a)), tf.mul(p.list[0]!, k))
    const [loss, grads] = O.valueAndGrad(lossOf)(params, tf.scalar(2))
    test.equal(numbers(loss)[0], 30)
    test.strictSame(numbers(grads.a!), [12, 24])
    test.strictSame(
      grads.list.map(one => numbers(one!)),
      [[10], [0]],
    )
    test.equal(grads.none, null)
  })
})

onBackends('valueAndGrad: aux, ownership, leaks', async test => {
  const params = { w: tf.tensor1d([1, 2]) }
  const lossOf = (p: typeof params) => {
    const hidden = tf.mul(p.w, 2)
    return [tf.sum(hidden), { hidden, given: p.w, note: 'x' }] as const
  }
  const left = await leftBehind(() => {
    for (let i = 0; i < 100; i++) {
      const [[loss, aux], grads] = O.valueAndGrad(lossOf, { hasAux: true })(params)
      if (i === 0) {
        test.equal(numbers(loss)[0], 6)
        test.strictSame([numbers(aux.hidden), numbers(aux.given), aux.note], [[2, 4], [1, 2], 'x'])
        test.strictSame(numbers(grads.w!), [2, 2])
      }
      O.disposeTree([loss, aux, grads])
    }
  })
  test.equal(left, 0)
  const shared = { p: tf.tensor1d([1]), q: tf.tensor1d([2]) }
  const [, grads] = O.valueAndGrad(({ p, q }: typeof shared) => tf.sum(tf.add(p, q)))(shared)
  grads.p!.dispose()
  test.strictSame(numbers(grads.q!), [1], 'gradients can be disposed one by one')
  O.disposeTree([params, shared, grads])
})

onBackends('paramsOf: a tfjs-layers model trains through its own Variables', async test => {
  const model = sequential({
    layers: [layers.dense({ units: 4, activation: 'relu', inputShape: [3] }), layers.dense({ units: 1 })],
  })
  const params = O.paramsOf(model)
  test.match(Object.keys(params), [/^dense_Dense\d+\/kernel$/, /^dense_Dense\d+\/bias$/, /kernel$/, /bias$/])
  const tx = O.adamw(0.05, { mask: path => path.endsWith('/kernel') })
  const step = O.makeStep(tx, { donate: true })
  const x = tf.randomNormal([32, 3], 0, 1, 'float32', 1)
  const y = tf.sum(x, 1, true)
  const lossOf = (_: typeof params) => tf.losses.meanSquaredError(y, model.apply(x, { training: true }) as tf.Tensor)
  let state = tx.init(params)
  const losses: number[] = []
  const left = await leftBehind(() => {
    for (let i = 0; i < 40; i++)
      tf.tidy(() => {
        const [loss, grads] = O.valueAndGrad(lossOf)(params)
        losses.push(numbers(loss)[0]!)
        state = O.keepTree(step(params, grads, state)[1])
      })
  })
  test.equal(left, 0, 'the state is consumed and kept, nothing else is left')
  test.ok(losses.at(-1)! < losses[0]! / 5, `${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}`)
  O.disposeTree([state, x, y])
  model.dispose()
})

onBackends('a loop as in the README does what fit does: batch statistics and regularizers too', async test => {
  const build = () =>
    sequential({
      layers: [
        layers.dense({ units: 4, inputShape: [3], kernelRegularizer: 'l1l2', kernelInitializer: 'ones' }),
        layers.batchNormalization({ momentum: 0.5 }),
        layers.dense({ units: 1, kernelInitializer: 'ones' }),
      ],
    })
  const [ours, theirs] = [build(), build()]
  theirs.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' })
  const [x, y] = [tf.randomNormal([8, 3], 1, 2, 'float32', 1), tf.randomNormal([8, 1], 0, 1, 'float32', 2)]
  const params = O.paramsOf(ours)
  const tx = O.sgd(0.1)
  const lossOf = () =>
    tf.addN([tf.losses.meanSquaredError(y, ours.apply(x, { training: true }) as tf.Tensor), ...ours.calculateLosses()])
  for (let i = 0; i < 3; i++) {
    const right = (await theirs.trainOnBatch(x, y)) as number
    tf.tidy(() => {
      const [loss, grads] = O.valueAndGrad(lossOf)(params)
      O.makeStep(tx)(params, grads, tx.init(params))
      test.ok(Math.abs(numbers(loss)[0]! - right) < 1e-4, `loss ${numbers(loss)[0]}, of fit ${right}`)
    })
  }
  const [got, wanted] = [ours, theirs].map(one => one.getWeights().flatMap(numbers)) as [number[], number[]]
  test.equal(got.length, 3 * 4 + 4 + 4 * 4 + 4 + 1)
  got.forEach((w, i) => test.ok(Math.abs(w - wanted[i]!) < 1e-4, `weight ${i}: ${w}, of fit ${wanted[i]}`))
  O.disposeTree([x, y])
  ;[ours, theirs].forEach(one => one.dispose())
})

/** The derivative of `f` by differences, in float64 as far as float32 allows. */
const slope = (f: (x: number) => number, x: number, h = 1e-2): number => (f(x + h) - f(x - h)) / (2 * h)

onBackends('differentiating through an update gives the right gradient', test => {
  const chains: Readonly<Record<string, O.GradientTransformation>> = {
    sgd: O.sgd(0.1),
    momentum: O.sgd(0.1, { momentum: 0.9, nesterov: true }),
    adam: O.adam(0.1, { epsRoot: 1e-2, eps: 1e-2 }),
    amsgrad: O.chain(O.scaleByAmsgrad({ epsRoot: 1e-2 }), O.scaleByLearningRate(0.1)),
    clipped: O.chain(O.clipByGlobalNorm(0.5), O.adamw(0.1, { weightDecay: 0.1, epsRoot: 1e-2 })),
    'clipped by leaf, not reached': O.chain(O.clipByNorm(100), O.clip(100), O.scale(-0.1)),
  } satisfies Record<string, unknown>
  for (const [name, tx] of Object.entries(chains)) {
    /** One inner step on the loss sum(w^4 / 4) / ... from `w = s x0`, then the outer loss sum(w'^2). */
    const outer = (s: tf.Tensor): tf.Scalar => {
      const params = { w: tf.mul(s, tf.tensor1d([0.9, -1.3])), b: tf.mul(s, tf.tensor1d([0.4])) }
      const inner = (p: typeof params): tf.Tensor => tf.add(tf.sum(tf.square(tf.square(p.w))), tf.sum(tf.mul(p.b, p.w)))
      const [, grads] = O.valueAndGrad(inner)(params)
      const [updates] = tx.update(grads, tx.init(params), params)
      const moved = O.applyUpdates(params, updates)
      return tf.add(tf.sum(tf.square(moved.w)), tf.sum(moved.b))
    }
    tf.tidy(() => {
      const at = 1.1
      const [derivative] = numbers(tf.grad(outer)(tf.scalar(at)))
      const difference = slope(x => tf.tidy(() => numbers(outer(tf.scalar(x)))[0]!), at)
      test.ok(
        Math.abs(derivative! - difference) < 2e-3 * Math.max(1, Math.abs(difference)),
        `${name}: ${derivative!.toFixed(5)}, by differences ${difference.toFixed(5)}`,
      )
    })
  }
})

onBackends('second derivatives through two steps are right', test => {
  const adam = { epsRoot: 1e-2, eps: 1e-2 }
  const chains: Readonly<Record<string, O.GradientTransformation>> = {
    clip: O.clip(0.7),
    clipByNorm: O.clipByNorm(1),
    clipByGlobalNorm: O.clipByGlobalNorm(1),
    clipnorm: O.clipnorm(1),
    globalClipnorm: O.globalClipnorm(1),
    adamw: O.adamw(0.1, adam),
    nadam: O.adam(0.1, { nesterov: true, ...adam }),
    amsgrad: O.scaleByAmsgrad(adam),
    'decay and epsilon hat': O.chain(O.decayParams(0.1, 0.1), O.adamEpsilonHat(0.1, { eps: 0.1 })),
  }
  for (const [name, tx] of Object.entries(chains)) {
    const outer = (x: tf.Tensor): tf.Tensor => {
      let params = { w: tf.mul(x, tf.tensor1d([0.9, -1.3])) }
      let state = tx.init(params)
      for (const pull of [1, -0.7]) {
        const g = { w: tf.mul(tf.mul(tf.square(params.w), params.w), pull) }
        ;[params, state] = O.makeStep(tx)(params, g, state)
      }
      return tf.sum(tf.square(params.w))
    }
    tf.tidy(() => {
      const first = tf.grad(outer)
      const [second] = numbers(tf.grad((x: tf.Tensor) => tf.sum(first(x)))(tf.scalar(1.1)))
      const difference = slope(x => tf.tidy(() => numbers(first(tf.scalar(x)))[0]!), 1.1, 1e-2)
      const close = Math.abs(second! - difference) < 2e-2 * Math.max(1, Math.abs(difference))
      test.ok(close, `${name}: ${second!.toFixed(3)}, by differences ${difference.toFixed(3)}`)
    })
  }
  for (const tx of [O.clipByNorm(1), O.clipByGlobalNorm(1), O.clipnorm(1), O.globalClipnorm(1)])
    tf.tidy(() => {
      const f = (u: tf.Tensor): tf.Tensor => tf.sum(tf.square(tx.update({ u }, tx.init({ u }))[0].u))
      const twice = tf.grad((u: tf.Tensor) => tf.sum(tf.grad(f)(u)))(tf.zeros([2]))
      test.ok(numbers(twice).every(Number.isFinite), 'no NaN at a norm of zero')
    })
})

onBackends('one tensor at two leaves: each has its own gradient', test => {
  const zeros = tf.zeros([2])
  const params = { scale: zeros, shift: zeros }
  const x = tf.tensor1d([3, 4])
  const lossOf = ({ scale, shift }: typeof params): tf.Tensor => tf.sum(tf.add(tf.mul(scale, x), shift))
  const [loss, grads] = O.valueAndGrad(lossOf)(params)
  test.strictSame(
    [numbers(grads.scale!), numbers(grads.shift!)],
    [
      [3, 4],
      [1, 1],
    ],
  )
  test.notOk(zeros.isDisposed)
  const v = tf.variable(zeros)
  test.throws(() => O.valueAndGrad(lossOf as never)({ scale: v, shift: v }), {
    name: 'ValueError',
    message: 'valueAndGrad: params.scale and params.shift are one Variable, which has one gradient only',
  })
  O.disposeTree([zeros, x, loss, grads, v])
})

onBackends('clipping at a norm of zero has gradients, not NaN', test => {
  for (const tx of [
    O.clipByNorm(1),
    O.clipByGlobalNorm(1),
    O.chain(O.clipByNorm(1), O.clipByNorm(0.1)),
  ] as O.GradientTransformation[])
    tf.tidy(() => {
      const f = (x: tf.Tensor): tf.Tensor => {
        const gradients = { a: tf.mul(x, 0), b: tf.mul(x, 3) }
        return tf.sum(tf.add(...(Object.values(tx.update(gradients, tx.init(gradients))[0]) as [tf.Tensor, tf.Tensor])))
      }
      const [slopeAt0] = numbers(tf.grad(f)(tf.tensor1d([0])))
      test.equal(slopeAt0, 3)
      test.ok(numbers(tf.grad(f)(tf.tensor1d([2]))).every(Number.isFinite))
    })
})

onBackends('donation under a tape; Variables cannot be assigned there', async test => {
  const tx = O.sgd(0.1, { momentum: 0.9 })
  const step = O.makeStep(tx, { donate: true })
  const params = { w: tf.tensor1d([2]) } // at top level: no scope owns them
  const state = tx.init(params)
  let after: unknown
  const slope = tf.tidy(() =>
    numbers(
      tf.grad((x: tf.Tensor) => {
        const [moved, next] = step(params, { w: x }, state)
        after = O.keepTree([moved, next])
        return tf.sum(tf.square(moved.w))
      })(tf.tensor1d([3])),
    ),
  )
  test.equal(slope[0]!.toFixed(4), (2 * (2 - 0.3) * -0.1).toFixed(4))
  O.disposeTree(after)

  const variable = tf.variable(tf.tensor1d([2]))
  const given = tx.init({ w: variable })
  const left = await leftBehind(() =>
    test.throws(() => tf.grad((x: tf.Tensor) => tf.sum(step({ w: variable }, { w: x }, given)[0].w))(tf.scalar(1)), {
      name: 'RuntimeError',
      message: /^makeStep: params\.w is a Variable, and tfjs cannot differentiate through/,
    }),
  )
  test.ok(left <= 1, 'the argument of grad at most')
  test.strictSame(numbers(variable), [2])
  O.disposeTree([variable, given])
})

onBackends('a loss that is a tensor of the caller; leaves that are not float32', test => {
  const params = { x: tf.scalar(2), steps: tf.scalar(5, 'int32') }
  const [loss, grads] = O.valueAndGrad((p: typeof params) => p.x)(params)
  test.equal(grads.steps, null, 'sits a step out')
  O.disposeTree([loss, grads])
  test.strictSame([numbers(params.x), numbers(params.steps)], [[2], [5]], 'the parameter is not the loss')
  const tx = O.sgd(1)
  const [, g] = O.valueAndGrad((p: typeof params) => tf.square(p.x))(params)
  const [moved] = O.makeStep(tx, { donate: true })(params, g, tx.init(params))
  test.strictSame([numbers(moved.x), numbers(moved.steps)], [[-2], [5]])
  O.disposeTree([moved, g])
})

onBackends('the gradient of a maximum goes to the greatest element', test => {
  const tx = O.elementwise({
    name: 'divideByMost',
    totals: { most: { over: 'tree', reduce: 'max', of: ({ u }) => u } },
    step: ({ most }) => ({ u: most }),
  })
  tf.tidy(() => {
    const x = tf.tensor1d([1, 5, 2])
    const g = tf.grad((u: tf.Tensor) => tf.sum(tx.update({ u }, tx.init({ u }))[0].u))(x)
    test.strictSame(numbers(g), [0, 3, 0])
  })
})

t.test('second derivatives: valueAndGrad nests', async test => {
  await tf.setBackend('cpu')
  tf.tidy(() => {
    const cube = (p: { x: tf.Tensor }): tf.Tensor => tf.mul(p.x, tf.square(p.x))
    const slopeOf = (p: { x: tf.Tensor }): tf.Tensor => O.valueAndGrad(cube)(p)[1].x!
    const [value, second] = O.valueAndGrad(slopeOf)({ x: tf.scalar(2) })
    test.strictSame([numbers(value)[0], numbers(second.x!)[0]], [12, 12])
  })
})
