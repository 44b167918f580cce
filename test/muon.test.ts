/** Muon beyond optax's numbers: matrices inside a leaf, axes, preconditionings against their purpose, errors, configs. */
import t from 'tap'
import { either as E } from 'fp-ts'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { configOf, transformFromConfig } from '../lib/config.js'
import * as O from '../lib/index.js'
import { leftBehind, numbers, onBackends, useBackend } from './setup.js'

const wave = (shape: readonly number[], seed = 0): tf.Tensor =>
  tf.tensor(
    Array.from({ length: shape.reduce((n, size) => n * size, 1) }, (_, i) => Math.sin(1 + 7.3 * i * i + 3 * seed)),
    [...shape],
  )
const stepOf = (tx: O.GradientTransformation, w: tf.Tensor): tf.Tensor => {
  const [updates] = tx.update({ w }, tx.init({ w }), { w })
  return (updates as { readonly w: tf.Tensor }).w
}
const off = (a: tf.Tensor, b: tf.Tensor): number => Math.max(...numbers(tf.abs(tf.sub(a, b))))

/** Coefficients with which the iteration converges. */
const converging = { nsCoeffs: [2, -1.5, 0.5], nsSteps: 24 } as const

onBackends('muon: every preconditioning leads to the same orthogonal matrix', test => {
  tf.tidy(() => {
    for (const shape of [
      [3, 5],
      [5, 3],
      [4, 4],
      [1, 6],
    ]) {
      const w = wave(shape)
      // Rows scaled by 'aol' do not change the row space, but the nearest orthogonal matrix does: it is compared on its own.
      const [plain, spectral, schatten] = (['frobenius', 'spectral', 'schatten'] as const).map(preconditioning =>
        stepOf(O.scaleByMuon({ ...converging, preconditioning }), w),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor]
      test.ok(off(spectral, plain) < 2e-6, `spectral, [${shape.join(',')}]: ${off(spectral, plain)}`)
      test.ok(off(schatten, plain) < 2e-6, `schatten, [${shape.join(',')}]: ${off(schatten, plain)}`)
      const aol = stepOf(O.scaleByMuon({ ...converging, preconditioning: 'aol' }), w) as tf.Tensor2D
      const gram = shape[0]! > shape[1]! ? tf.matMul(tf.transpose(aol), aol) : tf.matMul(aol, tf.transpose(aol))
      test.ok(off(gram, tf.eye(gram.shape[0])) < 2e-6, `aol, [${shape.join(',')}]: orthonormal`)
    }
  })
  test.end()
})

onBackends('muon, spectral: the divisor is the greatest singular value, also beside an equal one', test => {
  tf.tidy(() => {
    // One iteration of `1 x` leaves the scaled matrix as it is; without momentum it is the gradient.
    const once = O.scaleByMuon({ nsCoeffs: [1, 0, 0], nsSteps: 1, preconditioning: 'spectral', beta: 0 })
    for (const values of [
      [3, 3, 1],
      [5, 4.999, 0],
      [2, 0, 0],
      [1e-3, 1e-3, 1e-3],
    ]) {
      const diagonal = tf.diag(tf.tensor1d(values))
      const want = tf.div(diagonal, Math.max(...values))
      test.ok(off(stepOf(once, diagonal), want) < 2e-5, values.join(' '))
    }
    test.strictSame(numbers(stepOf(once, tf.zeros([2, 2]))), [0, 0, 0, 0], 'a zero gradient gives a zero update')
  })
  test.end()
})

onBackends('muon: a leaf of several matrices is as each alone; axes may be any', test => {
  tf.tidy(() => {
    const heads = wave([2, 4, 3])
    const tx = O.scaleByMuon({ weightDimensionNumbers: { reductionAxis: 1, outputAxis: -1 } })
    const alone = tf.stack(tf.unstack(heads).map(one => stepOf(O.scaleByMuon(), one)))
    test.equal(off(stepOf(tx, heads), alone), 0)

    const kernel = wave([2, 2, 3, 5])
    const whole = O.scaleByMuon({ weightDimensionNumbers: { reductionAxis: [0, 1, 2], outputAxis: 3 } })
    const asMatrix = tf.reshape(stepOf(O.scaleByMuon(), tf.reshape(kernel, [12, 5])), kernel.shape)
    test.equal(off(stepOf(whole, kernel), asMatrix), 0, 'the kernel of a convolution as one matrix')

    const swapped = O.scaleByMuon({ weightDimensionNumbers: { reductionAxis: 2, outputAxis: 0 } })
    const moved = tf.transpose(heads, [1, 2, 0])
    const byHand = tf.transpose(tf.stack(tf.unstack(moved).map(one => stepOf(O.scaleByMuon(), one))), [2, 0, 1])
    test.equal(off(stepOf(swapped, heads), byHand), 0, 'axes out of order')

    const empty = stepOf(O.muon(0.1), tf.zeros([0, 3]))
    test.strictSame(empty.shape, [0, 3], 'a matrix without rows')
  })
  test.end()
})

onBackends('muon: a thousand donated steps leave nothing behind', async test => {
  const left = await leftBehind(() => {
    const step = O.makeStep(O.muon(0.01), { donate: true })
    let p = { w: wave([3, 4]), b: wave([4]) }
    let state = O.muon(0.01).init(p)
    for (let i = 0; i < 1000; i++) {
      const g = { w: wave([3, 4], i), b: wave([4], i) }
      ;[p, state] = step(p, g, state)
      O.disposeTree(g)
    }
    O.disposeTree([p, state])
  })
  test.equal(left, 0)
})

t.test('muon: which leaves are whose, and the errors', async test => {
  await useBackend('cpu')
  const params = { dense: { kernel: wave([2, 3]), bias: wave([3]) }, conv: wave([2, 2, 1, 3]) }
  const owners = (tx: ReturnType<typeof O.muon>): Readonly<Record<string, string>> => {
    const { muon, adam } = tx.init(params)
    const has = (tree: unknown): readonly string[] => O.tensorsOf(tree).map(([path]) => path)
    return { muon: has(muon[0].mu).join(' '), adam: has(adam[0].mu).join(' ') }
  }
  test.strictSame(owners(O.muon(0.1)), { muon: 'dense.kernel', adam: 'conv dense.bias' })
  const byRank = (_path: string, { rank }: tf.Tensor): O.MuonDimensionNumbers | null =>
    rank === 1 ? null : { reductionAxis: Array.from({ length: rank - 1 }, (_, i) => i), outputAxis: -1 }
  test.strictSame(owners(O.muon(0.1, { muonWeightDimensionNumbers: byRank })), {
    muon: 'conv dense.kernel',
    adam: 'dense.bias',
  })
  const wrong: readonly (readonly [() => unknown, string | RegExp])[] = [
    [() => O.scaleByMuon({ nsCoeffs: [1, 2] as never }), /nsCoeffs must be three numbers, a list of such triples/],
    [() => O.scaleByMuon({ nsCoeffs: 'muon' as never }), /nsCoeffs must be three numbers.* got "muon"/],
    [() => O.scaleByMuon({ nsCoeffs: [] }), /nsCoeffs must be three numbers/],
    [() => O.scaleByMuon({ nsCoeffs: 'dion', nsSteps: 4 }), /nsSteps must be 5, the number of triples in nsCoeffs/],
    [() => O.scaleByMuon({ preconditioning: 'none' as never }), /preconditioning must be one of frobenius, spectral/],
    [() => O.scaleByMuon({ adaptive: 1 as never }), /adaptive must be true or false, got 1/],
    [() => O.scaleByMuon({ weightDimensionNumbers: { axis: 1 } as never }), /weightDimensionNumbers must be/],
    [() => O.scaleByMuon({ weightDimensionNumbers: { outputAxis: 0.5 } }), /axis must be a whole number/],
    [() => O.muon(0.1, { consistentRms: -1 }), /consistentRms must be above 0, or null, got -1/],
    [() => O.muon(0.1, { muonWeightDimensionNumbers: 3 as never }), /muon: muonWeightDimensionNumbers must be/],
    [
      () => O.muon(0.1, { muonWeightDimensionNumbers: {} }).init({ a: { b: wave([3]) } }),
      'scaleByMuon: leaf a.b must be a matrix, got shape [3]; leave it out by `masked`',
    ],
    [
      () => O.muon(0.1, { muonWeightDimensionNumbers: { outputAxis: 2 } }).init({ w: wave([2, 3]) }),
      'scaleByMuon: leaf w of shape [2,3] has no axis 2; leave it out by `masked`',
    ],
    [
      () => O.muon(0.1, { muonWeightDimensionNumbers: { outputAxis: -2 } }).init({ w: wave([2, 3]) }),
      'scaleByMuon: leaf w of shape [2,3] must have different axes for reductionAxis and outputAxis, got [0] and [0]',
    ],
    [
      () => O.partition({ a: O.adam(0.1) }, { ranks: { 2: 'b' }, otherwise: 'a' }),
      'partition: labels.ranks.2 has the label "b", and the groups are a',
    ],
  ]
  for (const [run, message] of wrong) test.throws(run, { message })
})

t.test('muon: dimension numbers by path go by the names that the user gave', async test => {
  await useBackend('cpu')
  const build = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'hidden' })] })
  build() // the weights of the next model are called hidden/kernel_1
  const model = build()
  const seen = new Set<string>()
  const tx = O.muon(0.1, {
    muonWeightDimensionNumbers: path => {
      seen.add(path)
      return path === 'hidden/kernel' ? {} : null
    },
  })
  const optimizer = O.asOptimizer(tx)
  model.compile({ optimizer, loss: 'meanSquaredError' })
  await model.fit(tf.ones([4, 3]), tf.zeros([4, 2]), { epochs: 2, verbose: 0 })
  test.strictSame([...seen].sort(), ['hidden/bias', 'hidden/kernel'])
})

t.test('muon: configs come back, and a function of leaves says why it cannot', async test => {
  await useBackend('cpu')
  const tx = O.muon(O.linearSchedule(0.1, 0.01, 9), {
    nsCoeffs: 'dion',
    preconditioning: 'schatten',
    adaptive: true,
    consistentRms: 0.2,
    weightDecay: 0.1,
  })
  const json: unknown = JSON.parse(JSON.stringify(E.toUnion(configOf(tx))))
  const again = E.toUnion(transformFromConfig(json)) as typeof tx
  const params = { w: wave([2, 3]), b: wave([3]) }
  const [made, read] = [tx, again].map(one => O.tensorsOf(one.update(params, tx.init(params), params)))
  test.strictSame(
    read!.map(([, x]) => numbers(x)),
    made!.map(([, x]) => numbers(x)),
  )

  const old = { type: 'scaleByMuon', beta: 0.9, nsSteps: 3, nsCoeffs: [3.4445, -4.775, 2.0315] }
  test.ok(E.isRight(transformFromConfig(old)), 'a config of before')
  const recipe = {
    type: 'muon',
    learningRate: 0.1,
    nsCoeffs: [[2, -1.5, 0.5]],
    muonWeightDimensionNumbers: { outputAxis: [1] },
  }
  test.ok(E.isRight(transformFromConfig(recipe)), 'the recipe by name')
  const wrong = E.toUnion(transformFromConfig({ ...recipe, nsCoeffs: 'none', preconditioning: 'l2', consistentRms: 0 }))
  test.match(
    (wrong as Error).message,
    /nsCoeffs: expected three numbers.*\n.*preconditioning: expected .*\n.*consistentRms/,
  )

  const byLeaf = configOf(O.scaleByMuon({ weightDimensionNumbers: () => ({}) }))
  test.match(
    (E.toUnion(byLeaf) as Error).message,
    /weightDimensionNumbers: a function of path and leaf cannot be written/,
  )
})
