/** Stateful optimizers in tfjs-layers: training, memory, steps that fail, constraints, handles, logs. */
import * as tf from '@tensorflow/tfjs-core'
import { constraints, layers, sequential } from '@tensorflow/tfjs-layers'
import { adam, byPath, chain, disposeTree, injectHyperparams, multiSteps, scale, sgd } from '../../lib/index.js'
import { AdamWeightDecay, asOptimizer } from '../../lib/legacy.js'
import '../../lib/config.js'
import { numbers, onBackends } from '../setup.js'
import { chained, compiled, data, subjects, train, userLink, weightsOf } from './subjects.js'

/** All that a failed step must leave as it was. */
const snapshot = async (optimizer: tf.Optimizer, variables: readonly tf.Variable[]) => ({
  variables: variables.map(numbers),
  iterations: optimizer.iterations,
  weights: await weightsOf(optimizer),
})

const fail = (message: string): never => {
  throw new Error(message)
}

onBackends('fit, evaluate and 1,000 batches leave no tensor; dispose frees all', async test => {
  for (const { name, make, slots } of subjects) {
    const { x, y } = data()
    const empty = tf.memory()
    const optimizer = make()
    const one = compiled(optimizer)
    const first = await one.fit(x, y, { batchSize: 4, epochs: 1, verbose: 0 })
    await weightsOf(optimizer)
    const before = tf.memory()
    const { history } = await one.fit(x, y, { batchSize: 2, epochs: 500, verbose: 0, shuffle: false })
    disposeTree([one.evaluate(x, y) as tf.Scalar])
    await weightsOf(optimizer)
    const after = tf.memory()
    test.equal(optimizer.iterations, 1001, `${name}: iterations`)
    test.ok(Number(history['loss']!.at(-1)) < Number(first.history['loss']![0]), `${name}: it learns`)
    test.equal(after.numTensors, before.numTensors, `${name}: tensors`)
    test.equal(after.numBytes, before.numBytes, `${name}: bytes`)
    test.ok(before.numTensors - empty.numTensors >= 4 + 4 * slots, `${name}: slots are counted`)
    one.dispose()
    optimizer.dispose()
    test.strictSame(
      [tf.memory().numTensors, tf.memory().numBytes],
      [empty.numTensors, empty.numBytes],
      `${name}: all freed`,
    )
    test.throws(() => optimizer.applyGradients({}), { name: 'RuntimeError', message: /disposed/ })
    disposeTree([x, y])
  }
})

onBackends('a step that fails changes nothing', async test => {
  const bomb = {
    init: () => ({}),
    update: (u: object, state: object) => (armed ? fail('bomb') : ([u, state] as const)),
  }
  let armed = false
  const arms = [
    { name: 'asOptimizer', make: (rate: () => number) => asOptimizer(chain(sgd(rate), bomb)) },
    { name: 'logging', make: (rate: () => number) => asOptimizer(chain(scale(rate), bomb), { lastStep: true }) },
    { name: "a user's link", make: () => asOptimizer(chain(userLink(), bomb)) },
    {
      name: 'AdamWeightDecay',
      make: (learningRate: () => number) =>
        new AdamWeightDecay({ learningRate, gradientTransformers: [pairs => (armed ? fail('bomb') : pairs)] }),
    },
    { name: 'fused AdamWeightDecay', make: (learningRate: () => number) => new AdamWeightDecay({ learningRate }) },
  ]
  for (const { name, make } of arms) {
    armed = false
    let rate = 0.1
    const optimizer = make(() => rate)
    const [a, b, late] = [tf.variable(tf.ones([2]), true, 'a'), tf.variable(tf.ones([3])), tf.variable(tf.ones([2]))]
    const [good, bad, gone] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 2])]
    const dead = tf.variable(tf.ones([2]), true, 'dead')
    optimizer.applyGradients({ [a.name]: good, [b.name]: bad })
    gone.dispose()
    dead.dispose()
    const grows = name !== "a user's link"
    const wrong: Readonly<Record<string, () => unknown>> = {
      'a wrong shape': () => optimizer.applyGradients({ [a.name]: good, [b.name]: good }),
      'a wrong shape at a new variable': () => optimizer.applyGradients({ [a.name]: good, [late.name]: bad }),
      'a disposed gradient': () => optimizer.applyGradients({ [a.name]: gone }),
      'a disposed gradient at a new variable': () => optimizer.applyGradients({ [late.name]: gone }),
      'an unknown name': () => optimizer.applyGradients({ [a.name]: good, nobody: good }),
      'a disposed variable': () => optimizer.applyGradients({ [a.name]: good, dead: good }),
      'no tensor': () => optimizer.applyGradients({ [a.name]: [1, 2] as never }),
      int32: () => optimizer.applyGradients({ [a.name]: tf.tensor1d([1, 2], 'int32') }),
      twice: () =>
        optimizer.applyGradients([
          { name: 'a', tensor: good },
          { name: 'a', tensor: bad },
        ]),
      'a loss that fails': () => optimizer.minimize(() => fail('loss')),
      'a loss of a wrong shape': () => optimizer.minimize(() => tf.mul<tf.Scalar>(a, 2)),
      ...(grows || name.startsWith('fused')
        ? {}
        : { 'a new variable': () => optimizer.applyGradients({ [late.name]: good }) }),
      ...(name === "a user's link"
        ? {}
        : {
            'a rate that is NaN': () => {
              rate = NaN
              optimizer.applyGradients({ [a.name]: good, [late.name]: good })
            },
          }),
      ...(name === 'fused AdamWeightDecay'
        ? {}
        : {
            'a link that throws': () => {
              armed = true
              optimizer.applyGradients({ [a.name]: good })
            },
            'a link that throws in minimize': () => {
              armed = true
              optimizer.minimize(() => tf.sum(tf.square(a)), true, [a])
            },
          }),
    }
    const before = await snapshot(optimizer, [a, b, late])
    for (const [what, run] of Object.entries(wrong)) {
      const tensors = tf.memory().numTensors
      const leaks = what === 'a loss of a wrong shape' // tfjs forgets what its gradient function saved
      ;[armed, rate] = [false, 0.1]
      test.throws(() => tf.tidy(() => void run()), `${name}: ${what} throws`)
      ;[armed, rate] = [false, 0.1]
      if (!leaks) test.equal(tf.memory().numTensors, tensors, `${name}: ${what} leaks nothing in tidy`)
      test.throws(() => run(), `${name}: ${what} throws again`)
      ;[armed, rate] = [false, 0.1]
      if (!leaks)
        test.equal(tf.memory().numTensors, tensors + (what === 'int32' ? 1 : 0), `${name}: ${what} leaks nothing`)
      test.strictSame(await snapshot(optimizer, [a, b, late]), before, `${name}: ${what} changes nothing`)
    }
    optimizer.applyGradients({ [a.name]: good, [b.name]: bad })
    test.equal(optimizer.iterations, 2, `${name}: it goes on`)
    optimizer.dispose()
    disposeTree([a, b, late, good, bad])
  }
})

const constrained = () => {
  const made = sequential({
    layers: [
      layers.dense({ units: 3, inputShape: [2], kernelConstraint: constraints.nonNeg(), name: 'positive' }),
      layers.dense({ units: 3, kernelConstraint: constraints.maxNorm({ maxValue: 0.5, axis: 0 }), name: 'short' }),
      layers.dense({ units: 1, kernelConstraint: constraints.unitNorm({ axis: 0 }), name: 'unit' }),
    ],
  })
  tf.tidy(() => {
    made.setWeights(made.getWeights().map(w => tf.reshape(tf.cos(tf.range(0, w.size)), w.shape)))
  })
  return made
}
const norms = (kernel: tf.Tensor): number[] => tf.tidy(() => numbers(tf.norm(kernel, 'euclidean', 0)))

onBackends('constraints of layers hold after every step, which tfjs leaves out', async test => {
  const broken = async (optimizer: tf.Optimizer, constrain: boolean): Promise<string[]> => {
    const { x, y } = data()
    const one = constrained()
    if (constrain) (optimizer as ReturnType<typeof chained>).constrain(one)
    one.compile({ optimizer, loss: 'meanSquaredError' })
    const found = new Set<string>()
    let settled = 0
    for (let i = 0; i < 20; i++) {
      await one.trainOnBatch(x, y)
      const [positive, , short, , unit] = one.weights.map(weight => weight.read())
      if (numbers(positive!).some(value => value < 0)) found.add('nonNeg')
      if (norms(short!).some(norm => norm > 0.5 + 1e-6)) found.add('maxNorm')
      if (norms(unit!).some(norm => Math.abs(norm - 1) > 1e-6)) found.add('unitNorm')
      if (i === 5) settled = tf.memory().numTensors
    }
    test.equal(tf.memory().numTensors, settled, 'nothing leaks')
    one.dispose()
    optimizer.dispose()
    disposeTree([x, y])
    return [...found]
  }
  for (const { name, make } of subjects) test.strictSame(await broken(make(), true), [], name)
  const all = ['nonNeg', 'maxNorm', 'unitNorm']
  test.strictSame(await broken(chained(), false), all, 'not without constrain')
  test.strictSame(await broken(tf.train.adam(0.01), false), all, 'tf.train.adam knows no constraints')
})

onBackends('a constraint that fails changes nothing', async test => {
  for (const { name, make } of subjects) {
    const optimizer = make()
    const [a, b] = [tf.variable(tf.tensor1d([1, 2]), true, 'a'), tf.variable(tf.tensor1d([3]), true, 'b')]
    const [da, db] = [tf.tensor1d([1, 1]), tf.tensor1d([1])]
    let apply = (value: tf.Tensor): tf.Tensor => value
    optimizer.constrain({ weights: [{ read: () => a }, { read: () => b, constraint: { apply: v => apply(v) } }] })
    optimizer.applyGradients({ a: da, b: db })
    const before = await snapshot(optimizer, [a, b])
    const bad: readonly (readonly [RegExp, typeof apply])[] = [
      [/oops/, () => fail('oops')],
      [/constraint of b gave shape \[2\], expected shape \[1\]/, value => tf.concat([value, value])],
      [/gave 1, expected shape \[1\]/, () => 1 as never],
      [/gave int32 of shape \[1\], expected shape \[1\]/, value => tf.cast(value, 'int32')],
      [/gave a disposed shape \[1\]/, value => (value.dispose(), value)],
    ]
    for (const [message, constraint] of bad) {
      apply = constraint
      const tensors = tf.memory().numTensors
      test.throws(() => optimizer.applyGradients({ a: da, b: db }), { message }, `${name}: ${String(message)}`)
      test.equal(tf.memory().numTensors, tensors, `${name}: nothing leaks`)
      test.strictSame(await snapshot(optimizer, [a, b]), before, `${name}: nothing changes`)
    }
    apply = value => tf.clipByValue(value, 0, 0.25)
    optimizer.applyGradients({ a: da, b: db })
    test.strictSame(numbers(b), [0.25], `${name}: then it goes on`)
    optimizer.dispose()
    disposeTree([a, b, da, db])
  }
})

onBackends('a constrained model may be disposed', async test => {
  for (const { name, make } of subjects.slice(0, 2)) {
    const optimizer = make()
    const first = constrained()
    optimizer.constrain(first)
    first.compile({ optimizer, loss: 'meanSquaredError' })
    await train(first, 1)
    first.dispose()
    const second = compiled(optimizer)
    await train(second, 1)
    test.equal(optimizer.iterations, 2, `${name}: it serves another model`)
    second.dispose()
    optimizer.dispose()
  }
})

onBackends('what has no gradient sits out', async test => {
  for (const { name, make, slots } of subjects) {
    const optimizer = make()
    const [a, b] = [tf.variable(tf.tensor1d([1, 2]), true, 'a'), tf.variable(tf.tensor1d([3]), true, 'b')]
    const da = tf.tensor1d([1, 1])
    const before = tf.memory().numTensors
    optimizer.applyGradients({ a: da, b: null as never })
    optimizer.applyGradients([
      { name: 'b', tensor: undefined as never },
      { name: 'a', tensor: da },
    ])
    test.strictSame(numbers(b), [3], `${name}: untouched`)
    test.equal(tf.memory().numTensors - before, slots + (name === "a user's link" ? 1 : 0), `${name}: no slots`)
    const names = (await optimizer.getWeights()).map(weight => weight.name)
    test.notOk(
      names.some(one => one.includes('/b/')),
      `${name}: nor among the weights`,
    )
    optimizer.minimize(() => tf.sum(tf.square(a)), false, [a, b])
    test.strictSame([numbers(b), optimizer.iterations], [[3], 3], `${name}: nor what the loss does not reach`)
    const values = numbers(a)
    for (const nothing of [{}, [], { a: null, b: undefined }, [{ name: 'a', tensor: null }]] as never[]) {
      const step = (): unknown => optimizer.applyGradients(nothing)
      if (name === 'AdamWeightDecay') test.throws(step, { name: 'ValueError', message: /no gradients provided/ })
      else step()
    }
    test.strictSame(numbers(a), values, `${name}: no gradients, no change`)
    test.equal(optimizer.iterations, name === 'AdamWeightDecay' ? 3 : 7, `${name}: an empty step counts, as in tfjs`)
    optimizer.dispose()
    test.equal(tf.memory().numTensors, before, `${name}: nothing is left`)
    disposeTree([a, b, da])
  }
  const fresh = asOptimizer(sgd(0.1), { lastStep: true })
  fresh.applyGradients({})
  test.equal(await fresh.lastStep?.gradientNorm(), 0, 'the norm of no gradients')
  fresh.dispose()
})

onBackends('handles of weights stay valid and live', async test => {
  for (const { name, make } of subjects) {
    const optimizer = make()
    const [a, b] = [tf.variable(tf.tensor1d([1, 2]), true, 'a'), tf.variable(tf.tensor1d([3]), true, 'b')]
    const [da, db] = [tf.tensor1d([1, 1]), tf.tensor1d([1])]
    optimizer.applyGradients({ a: da, b: db })
    const handles = await optimizer.getWeights()
    const before = handles.map(({ tensor }) => Array.from(tensor.dataSync()))
    tf.tidy(() => {
      optimizer.applyGradients({ a: da, b: db })
    })
    const isSlot = (one: string): boolean => /\/[ab]\//.test(one) || one.endsWith('total')
    for (const [i, weight] of handles.entries()) {
      test.notOk(weight.tensor.isDisposed, `${name}: ${weight.name} is there`)
      if (isSlot(weight.name))
        test.strictNotSame(Array.from(weight.tensor.dataSync()), before[i], `${name}: ${weight.name} moved`)
    }
    const now = await optimizer.getWeights()
    handles.forEach((weight, i) => {
      test.equal(weight.tensor, now[i]!.tensor, `${name}: ${weight.name} is the same object`)
    })
    optimizer.dispose()
    disposeTree([a, b, da, db])
  }
})

onBackends('lastStep tells rate and norm; links see the loss', async test => {
  const optimizer = asOptimizer(
    sgd(k => 0.5 ** k),
    { lastStep: true },
  )
  const [a, b] = [tf.variable(tf.tensor1d([1, 2]), true, 'a'), tf.variable(tf.tensor1d([3]), true, 'b')]
  const [da, db] = [tf.tensor1d([2, 3]), tf.tensor1d([6])]
  test.equal(optimizer.lastStep, null)
  for (const rate of [1, 0.5, 0.25]) {
    const before = tf.memory().numTensors
    optimizer.applyGradients({ a: da, b: db })
    test.match(optimizer.lastStep, { learningRate: rate })
    test.equal(await optimizer.lastStep?.gradientNorm(), 7)
    test.equal(tf.memory().numTensors - before, rate === 1 ? 1 : 0, 'one norm is held')
  }
  test.equal(optimizer.lastStep?.iterations, 3)
  optimizer.dispose()

  const seen: number[] = []
  const listening = {
    init: () => ({}),
    update: (updates: object, state: object, _params?: unknown, extra?: { readonly value?: tf.Tensor }) => {
      seen.push(...(extra?.value ? numbers(extra.value) : [NaN]))
      return [updates, state] as const
    },
  }
  const listener = asOptimizer(chain(listening, scale(-0.1)))
  const losses = [listener.minimize(() => tf.sum(tf.square(a)), true, [a]), listener.minimize(() => tf.sum(a), true)]
  listener.applyGradients({ a: da }, { value: db })
  test.strictSame(seen, [...losses.flatMap(loss => numbers(loss!)), 6])
  disposeTree([losses, a, b, da, db])
  const one = compiled(listener)
  const { x, y } = data()
  seen.length = 0
  const { history } = await one.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 })
  test.strictSame(seen, history['loss'])
  one.dispose()
  listener.dispose()
  disposeTree([x, y])
})

onBackends('a rate that is set at every step is the schedule of these numbers, and makes no program', async test => {
  const rates = [0.1, 0.03, 0.3, 0.3, 0.007, 0.2]
  const recipes = {
    adam: (rate: number | ((count: number) => number)) => adam(rate),
    'rates by path before': (rate: number | ((count: number) => number)) =>
      adam(typeof rate === 'number' ? byPath(() => rate) : rate),
    multiSteps: (rate: number | ((count: number) => number)) => multiSteps(adam(rate), 1),
    injectHyperparams: (rate: number | ((count: number) => number)) =>
      typeof rate === 'number' ? injectHyperparams(adam(rate)) : adam(rate),
  }
  for (const [name, recipe] of Object.entries(recipes)) {
    const [set, scheduled] = [asOptimizer(recipe(1)), asOptimizer(recipe(count => rates[count] ?? 0))]
    const [w, v] = [1, 2].map(() => tf.variable(tf.tensor1d([1, -2, 3])))
    rates.forEach((rate, k) => {
      set.learningRate = rate
      test.equal(set.learningRate, rate, `${name}: it is there at once`)
      for (const [optimizer, variable] of [
        [set, w!],
        [scheduled, v!],
      ] as const) {
        const gradient = tf.tensor1d([0.3 * k, -1, 0.01])
        optimizer.applyGradients([{ name: variable.name, tensor: gradient }])
        gradient.dispose()
      }
      test.strictSame(numbers(w!), numbers(v!), `${name}: step ${k}`)
    })
    const { program } = set.tx
    test.equal(set.tx.program, program, `${name}: the chain is made once for a rate`)
    test.match(JSON.stringify(set.getConfig()), /0\.2/, `${name}: a config has the number`)
    test.throws(() => (set.learningRate = NaN), { name: 'ValueError', message: /learningRate must be finite/ })
    test.equal(set.learningRate, 0.2, `${name}: a refused rate changes nothing`)
    test.equal(set.tx.program, program, `${name}: nor the chain`)
    set.learningRate = () => 0.5
    test.type(set.learningRate, 'function', `${name}: a schedule takes its place`)
    set.learningRate = 0.25
    test.equal(set.learningRate, 0.25, `${name}: and a number that of the schedule`)
    set.dispose()
    scheduled.dispose()
    disposeTree([w, v])
  }
})
