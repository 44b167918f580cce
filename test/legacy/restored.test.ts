/** Weights come back by one rule, before the first step and after it: exactly, or refused with nothing changed. */
import { execFileSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import fc from 'fast-check'
import t from 'tap'
import { adam, aggregate, chain, cosineDecaySchedule, disposeTree, scaleByLearningRate, sgd } from '../../lib/index.js'
import {
  Adagrad,
  Adam,
  AdamWeightDecay,
  asOptimizer,
  LAMB,
  LARS,
  RMSprop,
  SGD,
  TransformOptimizer,
} from '../../lib/legacy.js'
import { childEnv } from '../childEnv.js'
import { numbers, onBackends } from '../setup.js'
import { step, variable, weightsOf } from './subjects.js'

type List = { name: string; tensor: tf.Tensor }[]
const shells = {
  Adam: () => new Adam({ learningRate: 0.1 }),
  asOptimizer: () => asOptimizer(adam(0.1)),
}
const gradients = { a: [1, -1], b: [0.5, 2] }
const copied = (list: readonly { readonly name: string; readonly tensor: tf.Tensor }[]): List =>
  list.map(({ name, tensor }) => ({ name, tensor: tensor.clone() }))

onBackends('counts that are none are refused, whole ones of any size come back', async test => {
  const variables = ['a', 'b'].map(name => variable([1, 2], name))
  const made = (): tf.Optimizer => asOptimizer(adam(0.1))
  const source = made()
  step(source, gradients)
  const list = await source.getWeights()
  const bad: Readonly<Record<string, tf.Tensor>> = {
    'a negative one': tf.scalar(-5, 'int32'),
    'a half as text': tf.scalar('1.5', 'string'),
    'NaN as text': tf.scalar('NaN', 'string'),
    'NaN as a number': tf.scalar(NaN),
    'a boolean': tf.scalar(true, 'bool'),
    'a list': tf.tensor1d([1, 2], 'int32'),
  }
  for (const fresh of [true, false])
    for (const [what, tensor] of Object.entries(bad)) {
      const one = made()
      if (!fresh) step(one, gradients)
      const before = [await weightsOf(one), tf.memory().numTensors]
      const weights = [...list, { name: 'TransformOptimizer/0.count', tensor }]
      const why = { name: 'ValueError', message: /0\.count counts steps/ }
      await test.rejects(one.setWeights(weights), why, `${what}, ${fresh ? 'before' : 'after'} the first step`)
      test.strictSame([await weightsOf(one), tf.memory().numTensors], before, `${what} changes nothing`)
      one.dispose()
    }
  for (const count of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])
    for (const make of Object.values(shells)) {
      const [from, to] = [make(), make()]
      step(from, gradients)
      from.iterations = count
      await to.setWeights(await from.getWeights())
      test.equal(to.iterations, count, `${count} steps`)
      ;[from, to].forEach(one => one.dispose())
    }
  source.dispose()
  disposeTree([variables, bad])
})

onBackends('a copy unfrozen layer by layer gets its own slots, not those beside', async test => {
  const names = ['a', 'b']
  const variables = names.map(name => variable([1, 2], name))
  const copies = names.map(name => variable([1, 2], `${name}_1`))
  for (const [name, make] of Object.entries(shells)) {
    const [layered, other] = [make(), make()]
    step(layered, { a: [1, -1] })
    step(layered, gradients)
    step(other, { a_1: [3, 3], b_1: [3, 3] })
    await other.setWeights(await layered.getWeights())
    const [got, want] = [await weightsOf(other), await weightsOf(layered)]
    for (const [key, value] of Object.entries(want))
      if (key !== 'iter') test.strictSame(got[key.replace(/\/([ab])\//, '/$1_1/')], value, `${name}: ${key}`)
    ;[layered, other].forEach(one => one.dispose())
  }
  disposeTree([variables, copies])
})

onBackends('beside a variable with exactly the name of its weight, another of the stem is a new one', async test => {
  const variables = ['w', 'w_1', 'w_3'].map(name => variable([1, 2], name))
  const [one, two] = [
    { w: [1, -1], w_1: [3, 5] },
    { w_1: [0, 0], w_3: [0, 0] },
  ]
  for (const [name, make] of Object.entries(shells)) {
    const [source, target] = [make(), make()]
    step(source, one)
    await target.setWeights(await source.getWeights())
    step(target, two)
    const moments = Object.entries(await weightsOf(target)).filter(([key]) => key.includes('w_3'))
    test.ok(moments.length > 0, Object.keys(await weightsOf(target)).join())
    for (const [key, values] of moments) test.same(values, [0, 0], `${name}: ${key} begins at 0, not at that of w`)
    ;[source, target].forEach(optimizer => optimizer.dispose())
  }
  disposeTree(variables)
})

onBackends('lists with faults are refused with nothing changed, others come back exactly', async test => {
  const variables = ['a', 'b'].map(name => variable([1, 2], name))
  const faults: Readonly<Record<string, (list: List, at: number) => readonly unknown[]>> = {
    none: list => list,
    'another order': list => [list[0], ...list.slice(1).reverse()],
    'one missing': (list, at) => list.filter((_, i) => i !== at),
    'no iter': list => list.slice(1),
    'one twice': (list, at) => [...list, list[at]],
    'another shape': (list, at) => list.map((one, i) => (i === at ? { ...one, tensor: tf.zeros([3]) } : one)),
    'another kind': (list, at) => list.map((one, i) => (i === at ? { ...one, tensor: tf.zeros([2], 'int32') } : one)),
    'a stranger': list => [...list, { name: 'X/c/m', tensor: tf.zeros([2]) }],
    'another slot': (list, at) => list.map((one, i) => (i === at ? { ...one, name: `${one.name}x` } : one)),
    'another variable': (list, at) => list.map((one, i) => (i === at ? { ...one, name: 'Y/zz/m' } : one)),
    'a hole': (list, at) => list.map((one, i) => (i === at ? null : one)),
  }
  for (const [name, make] of Object.entries(shells)) {
    const source = make()
    step(source, gradients)
    step(source, { a: [2, 1], b: [0, 1] })
    const want = await weightsOf(source)
    const list = copied(await source.getWeights())
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(faults)),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (fault, at, fresh) => {
          const one = make()
          if (!fresh) step(one, { a: [5, 5], b: [1, 5] })
          const before = await weightsOf(one)
          const values = variables.map(numbers)
          const given = faults[fault]!(list, at) as never
          const failed = await one.setWeights(given).then(
            () => false,
            () => true,
          )
          const exact = fault === 'none' || fault === 'another order'
          if (failed) test.strictSame(await weightsOf(one), before, `${name}: ${fault} at ${at} changes nothing`)
          else if (!fresh || exact) test.strictSame(await weightsOf(one), want, `${name}: ${fault} at ${at} is exact`)
          test.equal(failed && exact, false, `${name}: ${fault} is taken`)
          if (!failed && fresh && !exact)
            test.throws(() => step(one, { a: [0, 0], b: [0, 0] }), `${name}: ${fault} at ${at}, at the first step`)
          test.strictSame(variables.map(numbers), values, `${name}: ${fault} moves no variable`)
          one.dispose()
        },
      ),
      { numRuns: 40 },
    )
    source.dispose()
    disposeTree(list)
  }
  disposeTree(variables)
})

onBackends('an optimizer without slots takes its own weights, and no others', async test => {
  const variables = ['a', 'b'].map(name => variable([1, 2], name))
  const momentum = new SGD({ momentum: 0.9 })
  step(momentum, gradients)
  for (const strict of [false, true]) {
    const plain = new SGD({ strict })
    step(plain, gradients)
    await plain.setWeights([7])
    test.equal(plain.iterations, 7, `strict ${strict}: iter alone`)
    await test.rejects(
      plain.setWeights(await momentum.getWeights()),
      { name: 'ValueError' },
      `strict ${strict}: surplus`,
    )
    plain.dispose()
  }
  const fresh = new SGD()
  await test.rejects(fresh.setWeights(await momentum.getWeights()), { name: 'ValueError', message: /momentum/ })
  ;[momentum, fresh].forEach(one => one.dispose())
  disposeTree(variables)
})

onBackends('weights of tf.train go on where they mean the same, and are refused where they do not', async test => {
  const run = (optimizer: tf.Optimizer, steps: number): void => {
    for (let i = 0; i < steps; i++) step(optimizer, { a: [1, -1 - i], b: [0.5 * i, 2] })
  }
  const pairs: Readonly<Record<string, readonly [theirs: () => tf.Optimizer, ours: () => tf.Optimizer]>> = {
    adam: [() => tf.train.adam(0.01), () => new Adam({ learningRate: 0.01 })],
    sgd: [() => tf.train.sgd(0.01), () => new SGD({ learningRate: 0.01 })],
    adagrad: [() => tf.train.adagrad(0.01), () => new Adagrad({ learningRate: 0.01 })],
    rmsprop: [
      () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-8),
      () => new RMSprop({ learningRate: 0.01, momentum: 0.5, epsilon: 1e-8 }),
    ],
  }
  for (const [name, [theirs, ours]] of Object.entries(pairs)) {
    const variables = ['a', 'b'].map(each => variable([1, 2], each))
    const [one, other] = [theirs(), ours()]
    run(one, 3)
    await other.setWeights(await one.getWeights())
    const halfway = variables.map(each => each.clone())
    run(one, 3)
    const want = variables.flatMap(numbers)
    variables.forEach((each, i) => each.assign(halfway[i]!))
    run(other, 3)
    const got = variables.flatMap(numbers)
    test.ok(
      got.every((value, i) => Math.abs(value - want[i]!) < 1e-6),
      `${name}: ${got.join()} for ${want.join()}`,
    )
    ;[one, other].forEach(each => each.dispose())
    disposeTree([variables, halfway])
  }
  const variables = ['a', 'b'].map(each => variable([1, 2], each))
  const refused: readonly (readonly [string, tf.Optimizer, tf.Optimizer, RegExp])[] = [
    ['momentum in SGD', tf.train.momentum(0.1, 0.9), new SGD({ momentum: 0.9 }), /momentum.*tfjs.*rate/],
    ['momentum in LARS', tf.train.momentum(0.1, 0.9), new LARS(), /momentum.*tfjs.*rate/],
    ['adadelta in Adam', tf.train.adadelta(0.1), new Adam(), /accum/],
    ['adam in asOptimizer', tf.train.adam(0.1), asOptimizer(adam(0.1)), /slot m/],
    ['momentum in asOptimizer', tf.train.momentum(0.1, 0.9), asOptimizer(sgd(0.1, { momentum: 0.9 })), /slot momentum/],
  ]
  for (const [what, theirs, ours, message] of refused) {
    step(theirs, gradients)
    for (const fresh of [true, false]) {
      if (!fresh) step(ours, gradients)
      const before = await weightsOf(ours)
      await test.rejects(ours.setWeights(await theirs.getWeights()), { name: 'ValueError', message }, what)
      test.strictSame(await weightsOf(ours), before, `${what} changes nothing`)
    }
    ;[theirs, ours].forEach(one => one.dispose())
  }
  disposeTree(variables)
})

onBackends('what an optimizer says of itself', test => {
  const two = asOptimizer(chain(scaleByLearningRate(0.1), scaleByLearningRate(0.2)), { lastStep: true })
  test.throws(() => two.learningRate, { name: 'RuntimeError', message: /several learning rates/ })
  const v = variable([1, 2], 'a')
  step(two, { a: [1, 1] })
  test.equal(two.lastStep?.learningRate, undefined, 'no one rate')
  test.equal(asOptimizer(chain(scaleByLearningRate(0.1), scaleByLearningRate(0.1))).learningRate, 0.1, 'twice the same')
  test.throws(() => asOptimizer(aggregate('sum')), { name: 'ValueError', message: /per replica.*makeStep/ })
  for (const optimizer of [two, new SGD(), tf.train.sgd(1)]) {
    test.notOk(optimizer instanceof AdamWeightDecay, `${optimizer.getClassName()} is no AdamWeightDecay`)
    test.ok(optimizer instanceof tf.Optimizer, 'and what tfjs asks for')
  }
  test.ok(new AdamWeightDecay() instanceof AdamWeightDecay && new LAMB() instanceof LAMB)
  for (const optimizer of [two, new SGD()])
    for (const list of [[v], undefined])
      test.throws(() => optimizer.minimize(() => tf.scalar(1), false, list), {
        name: 'ValueError',
        message: /minimize: no gradients provided for any variable: .*a/,
      })
  v.dispose()
  test.end()
})

onBackends("schedules of this package in Keras's configs come back; strict writes the value of now", test => {
  const learningRate = cosineDecaySchedule(0.1, 10)
  const config = new AdamWeightDecay({ learningRate }).getConfig()
  test.match(config, { learning_rate: { type: 'cosineDecaySchedule', initValue: 0.1, decaySteps: 10 } })
  const again = AdamWeightDecay.fromConfig<AdamWeightDecay>(JSON.parse(JSON.stringify(config)) as never)
  const rate = again.learningRate as (count: number) => number
  test.strictSame([0, 3, 10].map(rate), [0, 3, 10].map(learningRate))
  test.equal(new AdamWeightDecay({ learningRate, strict: true }).getConfig()['learning_rate'], 0.1)
  test.end()
})

onBackends('a loaded optimizer whose model was constrained says once if this one is not', test => {
  const v = variable([1, 2], 'a')
  const model = { weights: [{ read: () => v }] }
  const said: unknown[] = []
  test.capture(console, 'warn', (...args: unknown[]) => said.push(...args))
  for (const constrained of [true, false])
    for (const again of [true, false]) {
      const saved = asOptimizer(adam(0.1))
      if (constrained) saved.constrain(model)
      const config = JSON.parse(JSON.stringify(saved.getConfig())) as tf.serialization.ConfigDict
      const loaded = TransformOptimizer.fromConfig(TransformOptimizer, config) as TransformOptimizer
      if (again) loaded.constrain(model)
      said.length = 0
      step(loaded, { a: [1, 1] })
      step(loaded, { a: [1, 1] })
      test.equal(said.length, constrained && !again ? 1 : 0, `constrained ${constrained}, again ${again}`)
      loaded.dispose()
    }
  v.dispose()
  test.end()
})

onBackends('strict follows TensorFlow where it is odd', test => {
  const names = ['s/kernel', 's/bias']
  const variables = names.map(name => variable([1, 2], name))
  const begin = (): void => tf.tidy(() => variables.forEach(each => each.assign(tf.tensor1d([1, 2]))))
  const moved = (exclude: string): boolean[] => {
    begin()
    const one = new AdamWeightDecay({
      learningRate: 1,
      weightDecayRate: 0.5,
      excludeFromWeightDecay: [exclude],
      strict: true,
    })
    step(one, Object.fromEntries(names.map(name => [name, [0, 0]])))
    one.dispose()
    return variables.map(each => numbers(each)[0] !== 1)
  }
  test.strictSame(moved('bias$'), [true, true], 'names end in :0 there')
  test.strictSame(moved('bias:0$'), [true, false])
  const strict = new Adam({ epsilon: 0, strict: true })
  test.equal(strict.epsilon, 1e-7, 'the constructor takes 0 for the default')
  strict.epsilon = 0
  test.equal(strict.epsilon, 0, 'an assignment does not')
  for (const make of [() => new LAMB({ strict: true }), () => new LARS({ strict: true })]) {
    const one = make()
    one.decay = 0.5
    test.equal(one.getConfig()['decay'], 0.5, 'they write decay as it was set')
  }
  const adam = new Adam({ strict: true })
  adam.decay = 0.5
  test.equal(adam.getConfig()['decay'], 0, 'Adam as it was made')
  begin()
  const most = new Adam({ amsgrad: true })
  tf.tidy(() => {
    most.applyGradients([[{ indices: [0], values: tf.tensor1d([NaN]) }, variables[0]!]])
  })
  test.ok(Number.isNaN(numbers(most.getSlot(variables[0]!, 'vhat'))[0]!), 'the greatest of NaN and a number is NaN')
  ;[strict, adam, most].forEach(one => one.dispose())
  disposeTree(variables)
  test.end()
})

t.test('a bundle without the reader of configs writes them, says what brings it, and loads weights', async test => {
  const run = async (registered: string): Promise<string> => {
    const contents = `
      import '@tensorflow/tfjs-backend-cpu'
      import { adamw, asOptimizer, TransformOptimizer${registered && ', registerOptimizers'} } from './lib/index.ts'
      ${registered}
      const [one, other] = [asOptimizer(adamw(1e-3)), asOptimizer(adamw(1e-3))]
      one.iterations = 3
      await other.setWeights(await one.getWeights())
      const config = one.getConfig()
      console.log(other.iterations, config.name)
      try { console.log(TransformOptimizer.fromConfig(TransformOptimizer, config).name) }
      catch (error) { console.log(error.message) }`
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@tensorflow/*'],
      write: false,
    })
    const args = ['--input-type=module']
    return execFileSync(process.execPath, args, { encoding: 'utf8', env: childEnv(), input: outputFiles[0]!.text })
  }
  test.match(await run(''), /^3 TransformOptimizer\nfromConfig: .*registerOptimizers\(\)/)
  test.match(await run('registerOptimizers()'), /^3 TransformOptimizer\nTransformOptimizer\n$/)
})
