/** Sophia with and without a Hessian's diagonal, and the estimate of one. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { leftBehind, numbers, onBackends, useBackend } from './setup.js'

const params = () => ({ a: tf.tensor1d([1, -2]), b: tf.tensor2d([[3, 0.5]]) })
const diagonal = () => ({ a: tf.tensor1d([100, 400]), b: tf.tensor2d([[200, 50]]) })

onBackends('sophia: the diagonal counts from the step after it, and stays until the next', test => {
  tf.tidy(() => {
    const tx = O.scaleBySophia({ b1: 0, b2: 0, gamma: 0.1, clipThreshold: 5 })
    const g = { a: tf.tensor1d([20, -20]), b: tf.tensor2d([[1, 1]]) }
    const [first, one] = tx.update(g, tx.init(params()), params(), { hessian: diagonal() })
    test.strictSame(numbers(first.a), [5, -5], 'without one yet all is clipped')
    test.strictSame(numbers(one.nu.a), [100, 400])
    const [second, two] = tx.update(g, one, params())
    test.strictSame(numbers(second.a), [2, -0.5])
    test.strictSame(numbers(second.b), [Math.fround(1 / 20), Math.fround(1 / 5)])
    test.strictSame(numbers(two.nu.a), [100, 400], 'kept')
    const [, three] = tx.update(g, two, params(), { hessian: { ...diagonal(), a: null } })
    test.strictSame(numbers(three.nu.a), [100, 400], 'a leaf without one keeps its own')
  })
})

onBackends('sophia: donated, masked, in multiSteps and around a kernel; nothing is left', async test => {
  const left = await leftBehind(() => {
    const tx = O.chain(
      O.clip(3),
      O.masked(O.scaleBySophia({ gamma: 1 }), { a: true, b: false }),
      O.multiSteps(O.sgd(0.1), 2),
    )
    const step = O.makeStep(tx, { donate: true })
    let p = params()
    let state = tx.init(p)
    for (let i = 0; i < 50; i++) {
      const [g, hessian] = [O.tidy(() => ({ a: tf.mul(p.a, 2), b: tf.mul(p.b, 2) })), diagonal()]
      ;[p, state] = step(p, g, state, i % 10 === 0 ? { hessian } : undefined)
      test.ok(!hessian.a.isDisposed, "what the caller passes stays the caller's")
      O.disposeTree([g, hessian])
    }
    test.equal(state[1].nu.b, null)
    test.ok(numbers(state[1].nu.a!)[0]! > 1, 'the mean of five diagonals')
    O.disposeTree([p, state])
  })
  test.equal(left, 0)
})

t.test('sophia: a diagonal that does not fit names its place, and changes nothing', async test => {
  await useBackend('cpu')
  tf.tidy(() => {
    const tx = O.sophia(0.1)
    const p = params()
    const state = tx.init(p)
    const wrong = { ...diagonal(), a: tf.tensor1d([1, 2, 3]) }
    test.throws(() => tx.update(p, state, p, { hessian: wrong }), /scaleBySophia: .*\ba\b.*extra\.hessian/)
    test.throws(() => tx.update(p, state, p, { hessian: { a: p.a } }), /scaleBySophia: .*\bb\b/)
    test.throws(() => tx.update(p, state, p, { hessian: 3 }), /scaleBySophia: /)
    test.strictSame(numbers(state[0].nu.a), [0, 0])
  })
  test.throws(() => O.scaleBySophia({ gamma: 0 }), /gamma must be positive/)
  test.throws(() => O.scaleBySophia({ clipThreshold: -1 }), /clipThreshold must be positive/)
  test.throws(
    () => O.tensorwise({ name: 'odd', trees: 'h' as never, step: ({ u }) => ({ u }) }),
    /trees must be a list/,
  )
})

onBackends('the estimate of a diagonal: exact without mixed terms, right on average with them', async test => {
  const left = await leftBehind(() => {
    tf.tidy(() => {
      const squares = (p: { w: tf.Tensor; v: tf.Tensor }): tf.Scalar =>
        tf.add(tf.sum(tf.mul([1, 4, 9], tf.square(p.w))), tf.sum(tf.pow(p.v, 3)))
      const estimate = O.hutchinsonEstimatorDiagHessian(squares, 7)
      const at = { w: tf.tensor1d([1, 2, 3]), v: tf.scalar(2) }
      const { w, v } = estimate(at, 0)
      test.strictSame([numbers(w!), numbers(v!)], [[2, 8, 18], [12]])

      const matrix = tf.tensor2d([
        [3, 1, -1],
        [1, 2, 0.5],
        [-1, 0.5, 4],
      ])
      const mixed = (p: { w: tf.Tensor }): tf.Scalar => {
        const column = tf.reshape(p.w, [3, 1])
        return tf.mul(0.5, tf.sum(tf.mul(column, tf.matMul(matrix, column))))
      }
      const each = O.hutchinsonEstimatorDiagHessian(mixed, 42)
      const times = 400
      const all = Array.from({ length: times }, (_, count) => numbers(each({ w: tf.ones([3]) }, count).w!))
      for (const [i, want] of [3, 2, 4].entries()) {
        const mean = all.reduce((sum, h) => sum + h[i]!, 0) / times
        // A row's other elements, with random signs, have a deviation of at most 1.5: this is five of the mean's.
        test.ok(Math.abs(mean - want) < (5 * 1.5) / Math.sqrt(times), `${mean}, not ${want}`)
      }
      test.strictSame(all[3], numbers(each({ w: tf.ones([3]) }, 3).w!), 'by seed and count alone')
    })
  })
  test.equal(left, 0)
})

t.test('the estimate: what a loss takes besides, leaves that are no float32, wrong calls', async test => {
  await useBackend('cpu')
  tf.tidy(() => {
    const loss = (p: { w: tf.Tensor; n: tf.Tensor }, x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(x, tf.square(p.w)))
    const estimate = O.hutchinsonEstimatorDiagHessian(loss, 0)
    const at = { w: tf.tensor1d([1, 2]), n: tf.tensor1d([1], 'int32') }
    const { w, n } = estimate(at, 5, tf.tensor1d([3, 5]))
    test.strictSame([numbers(w!), n], [[6, 10], null])
    test.throws(() => estimate(at, -1, tf.scalar(1)), /count must be a whole number from 0 on, got -1/)
    test.throws(() => O.hutchinsonEstimatorDiagHessian(loss, 0.5), /seed must be a whole number from 0 on, got 0.5/)
  })
})
