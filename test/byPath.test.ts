/** Hyperparameters by leaf: one kernel, errors with paths, configs, and what is read back. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { configOf, transformFromConfig } from '../lib/config.js'
import { AdamWeightDecay } from '../lib/legacy.js'
import { either as E } from 'fp-ts'
import type { Job } from '../lib/backends/device.js'
import { deviceNow } from '../lib/backends/registry.js'
import { useDevice } from '../lib/backends/select.js'
import { onBackends, useBackend } from './setup.js'

/** The jobs of the present device while `run` runs. */
const counted = (run: () => void): { readonly jobs: readonly Job[] } => {
  const device = deviceNow()!
  const jobs: Job[] = []
  useDevice({ ...device, run: job => (jobs.push(job), device.run(job)) })
  try {
    run()
  } finally {
    useDevice(device)
  }
  return { jobs }
}

const flat = (tree: unknown): readonly number[] => O.tensorsOf(tree).flatMap(([, leaf]) => [...leaf.dataSync()])
const depthOf = (path: string): number => Number(/layer(\d+)/.exec(path)?.[1] ?? NaN)
const warnings = (run: () => void): readonly string[] => {
  const [before, seen] = [console.warn, [] as string[]]
  console.warn = (text: string) => seen.push(text)
  try {
    run()
  } finally {
    console.warn = before
  }
  return seen
}

onBackends('24 layers with rates of their own are one class of one kernel, equal to a chain for each', test => {
  const names = Array.from({ length: 24 }, (_, i) => `layer${i}`)
  const treeOf = (f: (i: number) => number[]) =>
    Object.fromEntries(names.map((name, i) => [name, { kernel: tf.tensor1d(f(i)) }]))
  const params = treeOf(i => [1, -2, i])
  const grads = treeOf(i => [0.5, -1, 0.1 * i])
  const rate = (path: string): number => 0.1 * 0.9 ** (24 - depthOf(path))
  const tx = O.adamw(O.byPath(rate), { weightDecay: 0.1 })
  let [state, now] = [tx.init(params), params]
  const step = O.makeStep(tx)
  const { jobs } = counted(() => {
    for (let i = 0; i < 3; i++) [now, state] = step(now, grads, state)
  })
  test.equal(jobs.length, 3, 'each step is one job')
  test.ok(
    jobs.every(({ plan }) => plan.classes.length === 1),
    'of one class',
  )
  names.forEach((name, i) => {
    const own = O.adamw(rate(name), { weightDecay: 0.1 })
    let [ownState, ownNow] = [own.init(params[name]!), params[name]!]
    for (let k = 0; k < 3; k++) [ownNow, ownState] = O.makeStep(own)(ownNow, grads[name]!, ownState)
    test.strictSame(flat(now[name]), flat(ownNow), `${name} ${i}`)
  })
})

t.test('a value by path is asked once for each path and shape, and sees first names', async test => {
  await useBackend('cpu')
  const asked: string[] = []
  const rate = O.byPath((path, leaf) => {
    asked.push(`${path} ${leaf.shape.join('x')}`)
    return path.endsWith('kernel') ? 0.5 : 1
  })
  const model = () =>
    sequential({ layers: [layers.dense({ units: 1, inputShape: [2], name: 'head', kernelInitializer: 'ones' })] })
  const [first, second] = [model(), model()]
  for (const one of [first, second]) {
    const optimizer = O.asOptimizer(O.sgd(rate), { lastStep: true })
    one.compile({ optimizer, loss: 'meanSquaredError' })
    await one.trainOnBatch(tf.ones([1, 2]), tf.zeros([1, 1]))
    await one.trainOnBatch(tf.ones([1, 2]), tf.zeros([1, 1]))
    test.strictSame(optimizer.lastStep?.learningRate, { 'head/kernel': 0.5, 'head/bias': 1 })
  }
  test.strictSame(asked.sort(), ['head/bias 1', 'head/kernel 2x1'])
})

t.test('patterns: the first that is found counts; one that is found nowhere is said once', async test => {
  await useBackend('cpu')
  const params = { embed: tf.ones([1]), block: { bias: tf.ones([1]), kernel: tf.ones([1]) } }
  const tx = O.scale(
    O.byPath(
      [
        ['bias', 2],
        ['^block', 3],
        ['mistyped', 4],
      ],
      O.linearSchedule(10, 20, 10),
    ),
  )
  const seen = warnings(() => {
    let state = tx.init(params)
    for (const embed of [10, 11]) {
      const [updates, next] = tx.update(params, state)
      test.strictSame(flat(updates), [2, 3, embed], 'block.bias, block.kernel, embed')
      state = next
    }
  })
  test.strictSame(seen, [
    'tfjs-optax: scale: no pattern of byPath (mistyped) is found in the name of any of the 3 leaves (block.bias, block.kernel, embed)',
  ])
  const config = configOf(tx)
  const again = E.isRight(config) ? transformFromConfig(JSON.parse(JSON.stringify(config.right))) : config
  test.ok(E.isRight(again))
  if (E.isRight(again))
    test.strictSame(flat(warningsOff(() => again.right.update(params, again.right.init(params))[0])), [2, 3, 10])
  test.match(configOf(O.scale(O.byPath(() => 1))), {
    left: { message: /stepSize: byPath of a function cannot be written/ },
  })
})
const warningsOff = <T>(run: () => T): T => {
  let made: T | undefined
  warnings(() => (made = run()))
  return made as T
}

onBackends('faults name the path, and change nothing', test => {
  const params = { dense: { kernel: tf.variable(tf.ones([2])), bias: tf.variable(tf.ones([1])) } }
  const grads = { dense: { kernel: tf.ones([2]), bias: tf.ones([1]) } }
  const nan = O.sgd(O.byPath(path => (path.endsWith('bias') ? NaN : 1)))
  const before = tf.memory().numTensors
  const state = nan.init(params)
  const failing = (tx: O.GradientTransformation) => () => O.makeStep(tx)(params, grads, state as never)
  const kept = warningsOff(() => {
    test.throws(failing(nan), {
      name: 'ValueError',
      message: 'scaleByLearningRate: learningRate of dense.bias must be finite in float32, got NaN',
    })
    test.throws(failing(O.sgd(O.byPath(() => '1' as never))), {
      message: /learningRate of dense.bias must be a number or a schedule .* got "1"/,
    })
    test.throws(failing(O.sgd(O.byPath(() => undefined as never))), {
      message: /learningRate of dense.bias must be a number or a schedule .* got undefined/,
    })
    test.throws(failing(O.sgd(O.byPath(() => count => (count === 0 ? Infinity : 1)))), {
      message: /learningRate of dense.bias must be finite in float32, its schedule gave Infinity at count 0/,
    })
    test.throws(
      failing(
        O.sgd(
          O.byPath(() => {
            throw new Error('mine')
          }),
        ),
      ),
      { message: 'mine' },
    )
    return tf.memory().numTensors
  })
  test.equal(kept, before)
  test.strictSame(flat(params), [1, 1, 1])
  tf.dispose([params, grads])
})

t.test('calls in plain JavaScript', test => {
  const { byPath } = O as unknown as { readonly byPath: (...args: readonly unknown[]) => unknown }
  test.throws(() => byPath(0.1), {
    message: 'byPath: values must be a function of path and leaf, or a list of [pattern, value], got 0.1',
  })
  test.throws(() => byPath([['a', 1]]), { message: /byPath: otherwise must be a number or a schedule/ })
  test.throws(() => byPath([['(', 1]], 1), { message: /byPath: values.0 must be \[pattern, value\]/ })
  test.throws(() => byPath([['a', '1']], 1), { message: /byPath: values.0.1 must be a number or a schedule/ })
  test.throws(() => byPath(() => 1, 2), { message: /byPath: otherwise must be absent/ })
  test.throws(
    () =>
      O.adamw(1e-3, { b1: O.byPath([['a', 0.5]], 2) }).update(
        { a: tf.ones([1]), b: tf.ones([1]) },
        O.adamw(1).init({ a: tf.ones([1]), b: tf.ones([1]) }),
        { a: tf.ones([1]), b: tf.ones([1]) },
      ),
    { message: 'scaleByAdam: b1 of b must be in [0, 1), got 2' },
  )
  test.end()
})

t.test('hyperparamsOf, describe, setHyper', async test => {
  await useBackend('cpu')
  const params = { w: tf.ones([2]), b: tf.ones([1]) }
  const tx = O.adamw(O.linearSchedule(1, 0, 10), { weightDecay: O.byPath([['b', 0]], 0.1) })
  let state = tx.init(params)
  ;[, state] = O.makeStep(tx)(params, params, state)
  test.match(O.hyperparamsOf(tx, state), { '0.b1': 0.9, '1.weightDecay': { w: 0.1, b: 0 }, '2.learningRate': 0.9 })
  test.match(await O.describe(tx, state), /addDecayedWeights: count 1, weightDecay 0 \(b\), 0.1 \(w\)/)
  const plain = O.sgd(O.byPath(() => 1))
  test.match(await O.describe(plain, plain.init(params)), /learningRate by path$/)
  test.match(await O.describe(plain, plain.init(params), params), /learningRate 1 \(b, w\)$/)
  test.throws(() => O.hyperparamsOf(plain, plain.init(params)), {
    message: /learningRate of scaleByLearningRate is by path, and no slot/,
  })
  test.strictSame(O.hyperparamsOf(plain, plain.init(params), params), { '0.learningRate': { w: 1, b: 1 } })
  const partly = O.chain(
    O.trace(0.9),
    O.masked(O.scale(O.byPath(path => (path === 'w' ? 2 : NaN))), { w: true, b: false }),
  )
  test.strictSame(
    O.hyperparamsOf(partly, partly.init(params))['1.stepSize'],
    { w: 2 },
    'only leaves of the mask are asked',
  )
  const other = O.setHyper(tx, { learningRate: 5, b1: 0.5 })
  test.match(O.hyperparamsOf(other, state), { '0.b1': 0.5, '2.learningRate': 5 })
  test.throws(() => O.setHyper(tx, { lr: 1 }), { message: /setHyper.*lr \(did you mean learningRate\?\)/ })
  test.throws(() => O.setHyper(tx, { learningRate: NaN }), { name: 'ValueError' })
})

t.test('a rate that changes at each step makes no plan and compiles nothing', async test => {
  await useBackend('wasm')
  const params = { w: tf.ones([2000]) }
  const tx = O.adamw(1)
  let [now, state] = [params, tx.init(params)]
  const plansOf = (run: (i: number) => void): number => {
    const plans = new Set(counted(() => [0, 1, 2, 3].forEach(run)).jobs.map(({ plan }) => plan))
    return plans.size
  }
  test.equal(
    plansOf(i => ([now, state] = O.makeStep(O.setHyper(tx, { learningRate: i }))(now, params, state))),
    1,
    'setHyper',
  )
  test.equal(
    plansOf(i => ([now, state] = O.makeStep(O.adamw(i))(now, params, state))),
    1,
    'made anew',
  )
  const w = tf.variable(tf.ones([2000]))
  for (const optimizer of [O.asOptimizer(O.adamw(1)), new AdamWeightDecay({ weightDecayRate: 0.1 })])
    test.equal(
      plansOf(i => {
        optimizer.learningRate = 0.1 * i
        optimizer.applyGradients({ [w.name]: params.w })
      }),
      1,
      optimizer.name,
    )
})

t.test('Keras classes take rates by path, and write them', async test => {
  await useBackend('cpu')
  const make = () => ['kernel', 'bias'].map(name => tf.variable(tf.ones([1]), true, `byPath/${name}`))
  const [kernel, bias] = make()
  const optimizer = new AdamWeightDecay({ learningRate: O.byPath([['bias', 0]], 0.5), gradientClipNorm: 0 })
  optimizer.applyGradients([
    [tf.ones([1]), kernel!],
    [tf.ones([1]), bias!],
  ])
  test.ok(Math.abs(kernel!.dataSync()[0]! - 0.5) < 1e-5)
  test.equal(bias!.dataSync()[0], 1)
  const again = AdamWeightDecay.fromConfig<AdamWeightDecay>(
    JSON.parse(JSON.stringify(optimizer.getConfig())) as Record<string, unknown>,
  )
  test.strictSame(JSON.stringify(again.getConfig()), JSON.stringify(optimizer.getConfig()))
  test.throws(() => new AdamWeightDecay({ learningRate: O.byPath(() => 1) }).getConfig(), {
    message: /learningRate is byPath of a function/,
  })
})
