/** Weights in and out in every form, and what Keras's optimizers have besides: slots, gradients, updates of one's own. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, readSafetensors } from '../../lib/index.js'
import { AdamWeightDecay } from '../../lib/legacy.js'
import { numbers, onBackends } from '../setup.js'
import { step, subjects, variable, weightsOf } from './subjects.js'

onBackends("Python's weights go on to the bit, with and without the optimizer's name", async test => {
  const folder = 'test/golden/python_and_back'
  const { problem, begunInPython } = JSON.parse(readFileSync(`${folder}/keras.json`, 'utf8')) as {
    readonly problem: {
      readonly config: Readonly<Record<string, unknown>>
      readonly gradients: readonly Readonly<Record<string, number[]>>[]
      readonly shapes: Readonly<Record<string, number[]>>
    }
    readonly begunInPython: readonly Readonly<Record<string, number | number[]>>[]
  }
  const names = Object.keys(problem.shapes)
  for (const prefixed of [true, false]) {
    const { tensors } = readSafetensors(readFileSync(`${folder}/keras.safetensors`))
    const variables = names.map(name => tf.variable(tensors[name]!, true, name))
    const weights = Object.entries(tensors)
      .filter(([name]) => !names.includes(name))
      .map(([name, tensor]) => ({ name: prefixed ? `${name}:0` : name.replace('AdamWeightDecay/', ''), tensor }))
      .sort((a, b) => Number(b.name.includes('iter')) - Number(a.name.includes('iter')))
    const optimizer = AdamWeightDecay.fromConfig<AdamWeightDecay>(problem.config)
    await optimizer.setWeights(weights)
    disposeTree(tensors)
    test.equal(optimizer.iterations, 5)
    for (const [i, want] of begunInPython.entries()) {
      tf.tidy(() => {
        const gradients = Object.entries(problem.gradients[5 + i]!)
        optimizer.applyGradients(
          Object.fromEntries(gradients.map(([name, g]) => [name, tf.tensor(g, problem.shapes[name])])),
        )
      })
      const slots = Object.entries(await weightsOf(optimizer)).map(([name, value]) =>
        name === 'iter' ? ['AdamWeightDecay/iter', value] : [name, value],
      )
      const got: unknown = Object.fromEntries([...slots, ...variables.map(each => [each.name, numbers(each)])])
      test.strictSame(got, want, `step ${6 + i}`)
    }
    optimizer.dispose()
    disposeTree(variables)
  }
})

onBackends('setWeights takes what getWeights gives, and arrays, tensors, numbers', async test => {
  for (const { name, make } of subjects) {
    const empty = tf.memory().numTensors
    const [a, b] = [variable([1, 2], 'a'), variable([3], 'b')]
    const begin = (): void => tf.tidy(() => (a.assign(tf.tensor1d([1, 2])), b.assign(tf.tensor1d([3])), undefined))
    const gradients = { a: [1, -1], b: [0.5] }
    const run = (optimizer: tf.Optimizer, steps: number): void => {
      for (let i = 0; i < steps; i++) step(optimizer, gradients)
    }
    const [straight, source] = [make(), make()]
    run(straight, 4)
    const want = [numbers(a), numbers(b), await weightsOf(straight)]
    begin()
    run(source, 2)
    const halfway = [numbers(a), numbers(b)] as const
    const list = await source.getWeights()
    const copied = list.map(weight => ({ name: weight.name, tensor: weight.tensor.clone() }))
    const forms: Readonly<Record<string, readonly unknown[]>> = {
      'its own list': list,
      copies: copied,
      'no names': copied.map(({ tensor }) => tensor),
      'names with :0': copied.map(({ name: full, tensor }) => ({ name: `${full}:0`, tensor })),
      ...(name === 'AdamWeightDecay'
        ? {
            arrays: await Promise.all(copied.map(({ tensor }) => tensor.array())),
            'typed arrays': await Promise.all(copied.map(async ({ tensor }) => (await tensor.data()).slice())),
          }
        : {}),
    }
    for (const [form, weights] of Object.entries(forms)) {
      if (name === "a user's link" && form === 'no names') continue // nothing tells its numbers from its tensors
      for (const fresh of [true, false]) {
        if (fresh && form === 'typed arrays') continue // values without a shape need a place that has one
        begin()
        const optimizer = make()
        if (!fresh) run(optimizer, 3)
        const before = tf.memory().numTensors
        await optimizer.setWeights(weights as never)
        const once = tf.memory().numTensors
        await optimizer.setWeights(weights as never)
        test.equal(tf.memory().numTensors, once, `${name}, ${form}: twice leaks nothing`)
        if (!fresh) test.equal(once, before, `${name}, ${form}: nor once`)
        tf.tidy(() => (a.assign(tf.tensor1d(halfway[0])), b.assign(tf.tensor1d(halfway[1])), undefined))
        run(optimizer, 2)
        const got = [numbers(a), numbers(b), await weightsOf(optimizer)]
        test.strictSame(got, want, `${name}, ${form}, ${fresh ? 'before the first step' : 'later'}`)
        optimizer.dispose()
      }
    }
    disposeTree([copied, a, b])
    ;[straight, source].forEach(each => each.dispose())
    test.equal(tf.memory().numTensors, empty, `${name}: nothing is left`)
  }
})

onBackends('weights that do not fit are refused, and change nothing', async test => {
  for (const { name, make } of subjects) {
    const [a, b] = [variable([1, 2], 'a'), variable([3], 'b')]
    const optimizer = make()
    step(optimizer, { a: [1, 2], b: [3] })
    const list = await optimizer.getWeights()
    const other = tf.zeros([7])
    const iter = { name: 'iter', tensor: tf.scalar(5, 'int32') }
    const replaced = (i: number, tensor: tf.Tensor): unknown[] =>
      list.map((weight, k) => (k === i ? { ...weight, tensor } : weight))
    const bad: Readonly<Record<string, unknown>> = {
      'too few': list.slice(0, 2),
      'too many': [...list, { name: 'TransformOptimizer/c/m', tensor: other }],
      nothing: [],
      'no list': 3,
      'no iter': list.slice(1),
      'a wrong shape': replaced(2, other),
      'another wrong shape': replaced(4, other),
      'names twice': [list[0], list[1], list[1], ...list.slice(3)],
      'a negative count': [{ name: 'iter', tensor: tf.scalar(-1) }, ...list.slice(1)],
      'half a step': [{ name: 'iter', tensor: tf.scalar(0.5) }, ...list.slice(1)],
      null: [iter, null],
      ...(name === "a user's link" ? { 'a loose wrong shape': [iter, ...replaced(3, other).slice(1)] } : {}),
    }
    const before = [optimizer.iterations, await weightsOf(optimizer)]
    for (const [what, weights] of Object.entries(bad)) {
      const tensors = tf.memory().numTensors
      await test.rejects(optimizer.setWeights(weights as never), `${name}: ${what}`)
      test.equal(tf.memory().numTensors, tensors, `${name}: ${what} leaks nothing`)
      test.strictSame([optimizer.iterations, await weightsOf(optimizer)], before, `${name}: ${what} changes nothing`)
    }
    const fresh = make()
    await fresh.setWeights(replaced(2, other) as never)
    const waiting = [fresh.iterations, numbers(a), await weightsOf(fresh)]
    test.throws(() => step(fresh, { a: [1, 2], b: [3] }), { name: 'ValueError' }, `${name}: found at the first step`)
    test.strictSame([fresh.iterations, numbers(a), await weightsOf(fresh)], waiting, `${name}: and still waiting`)
    const c = variable([1, 2, 3, 4], 'c')
    test.throws(() => step(fresh, { c: [1, 2, 3, 4] }), { name: 'ValueError' }, `${name}: weights of another model`)
    ;[optimizer, fresh].forEach(each => each.dispose())
    disposeTree([a, b, c, other, Object.values(bad), iter])
  }
})

onBackends("slots and weights of one's own", async test => {
  const empty = tf.memory().numTensors
  const [a, b] = [variable([1, 2], 'a'), variable([3], 'b')]
  const optimizer = new AdamWeightDecay({ learningRate: 0.1 })
  test.strictSame([optimizer.getSlotNames(), optimizer.weights.length], [[], 1])
  test.throws(() => optimizer.getSlot(a, 'm'), { name: 'KeyError', message: /a has no slot m/ })
  const early = optimizer.addSlot(a, 'm', { initializer: 'ones' })
  const mine = optimizer.addSlot(a, 'mine', { initializer: 2, shape: [5] })
  const shaped = optimizer.addSlot(b, 'shaped', { initializer: shape => tf.fill(shape, 7), shape: [2, 1] })
  test.equal(optimizer.addSlot(a, 'mine'), mine, 'the one that is there')
  test.strictSame([mine.shape, shaped.shape, numbers(shaped)], [[], [2, 1], [7, 7]])
  test.throws(() => optimizer.addSlot(b, 'x', { initializer: 'nine' as never }), { name: 'ValueError' })
  test.throws(() => optimizer.addSlot({ name: 'b' } as never, 'x'), { message: /Variable/ })
  step(optimizer, { a: [1, 1], b: [1] })
  test.equal(optimizer.getSlot(a, 'm'), early)
  test.ok(Math.abs(numbers(early)[0]! - 0.9 - 0.1 * 0.577) < 1e-3, 'from where it began')
  test.strictSame([...optimizer.getSlotNames()].sort(), ['m', 'mine', 'shaped', 'v'])
  const weight = optimizer.addWeight('count', [2], { initializer: 'ones', dtype: 'int32' })
  test.strictSame([weight.dtype, numbers(weight), optimizer.weights.includes(weight)], ['int32', [1, 1], false])
  test.equal(optimizer.weights.length, 1 + 4 + 2)

  tf.tidy(() => mine.assign(tf.scalar(5)))
  const list = await optimizer.getWeights()
  for (const addFirst of [true, false]) {
    const copy = new AdamWeightDecay({ learningRate: 0.1 })
    const first = addFirst ? copy.addSlot(a, 'mine', { initializer: 0 }) : null
    await copy.setWeights(list)
    const got = copy.addSlot(a, 'mine', { initializer: 0 })
    test.strictSame(numbers(got), [5], addFirst ? 'a slot that is there gets its value' : 'a slot finds its value')
    if (first !== null) test.equal(first, got)
    step(copy, { a: [1, 1], b: [1] })
    const names = (await copy.getWeights()).map(({ name }) => name)
    test.equal(names.length, new Set(names).size, 'each once')
    test.strictSame([...names].sort(), list.map(({ name }) => name).sort())
    copy.dispose()
  }
  const [x, y] = [optimizer.addSlot(b, 'x'), optimizer.addSlot(b, 'y')]
  await optimizer.setWeights(
    (await optimizer.getWeights())
      .map(({ name, tensor }) => ({
        name,
        tensor: name.endsWith('/x') ? tf.tensor1d([10]) : name.endsWith('/y') ? tf.tensor1d([20]) : tensor,
      }))
      .sort((one, two) => Number(one.name.endsWith('/x')) - Number(two.name.endsWith('/x'))),
  )
  test.strictSame([numbers(x), numbers(y)], [[10], [20]], 'by name, in any order')

  a.dispose()
  const again = variable([1, 2], 'a')
  test.throws(() => optimizer.getSlot(again, 'mine'), { name: 'KeyError' }, 'a new variable of an old name')
  const anew = optimizer.addSlot(again, 'mine', { initializer: 3 })
  test.strictSame(numbers(anew), [3], 'has a slot of its own')
  step(optimizer, { a: [1, 1] })
  test.strictSame(numbers(optimizer.getSlot(again, 'mine')), [3])
  optimizer.dispose()
  disposeTree([again, b])
  test.equal(tf.memory().numTensors, empty + 2, 'nothing is left but the two tensors of this test')
})

onBackends('minimize in both forms, getGradients, getUpdates', async test => {
  const [a, b, c] = [variable([1, 2], 'a'), variable([3], 'b'), variable([4], 'c')]
  const optimizer = new AdamWeightDecay({ learningRate: 0.1, gradientClipNorm: 0 })
  const loss = (): tf.Scalar => tf.add(tf.sum(tf.square(a)), tf.sum(tf.mul(b, 2)))
  const elements = (): tf.Tensor => tf.mul(a, 5)
  const before = tf.memory().numTensors
  const gradients = optimizer.getGradients(loss, [b, [a]])
  test.strictSame(gradients.map(numbers), [[2], [2, 4]], 'in the order of the list')
  disposeTree(gradients)
  test.throws(() => optimizer.getGradients(loss, [a, c]), { name: 'ValueError', message: /does not depend on c/ })
  test.throws(() => optimizer.getGradients(loss, [a, 3 as never]), {
    name: 'ValueError',
    message: /must hold Variables/,
  })
  test.equal(tf.memory().numTensors, before, 'nothing leaks')

  test.strictSame(numbers(optimizer.minimize(loss, true, [a, b])!), [11])
  test.equal(optimizer.minimize(loss), null)
  test.equal(optimizer.minimize(loss, false), null)
  test.equal(optimizer.minimize(loss, a), null)
  test.equal(
    optimizer.minimize(loss, () => [a, [b]]),
    null,
  )
  test.equal(optimizer.minimize(elements, [a], { gradLoss: tf.tensor1d([1, -1]), name: 'mine' }), null)
  test.equal(optimizer.iterations, 6)
  const settled = tf.memory().numTensors
  const gradLoss = tf.tensor1d([3, -7])
  const sgd = new AdamWeightDecay({ learningRate: 0.1, gradientClipNorm: 0 })
  sgd.minimize(elements, [a], { gradLoss })
  test.ok(Math.abs(numbers(sgd.getSlot(a, 'm'))[0]! - 1.5) < 1e-5, 'gradLoss multiplies')
  test.ok(Math.abs(numbers(sgd.getSlot(a, 'm'))[1]! + 3.5) < 1e-5, 'element by element')
  sgd.dispose()
  gradLoss.dispose()
  test.equal(tf.memory().numTensors, settled)

  const values = numbers(a)
  const wrong: readonly (() => unknown)[] = [
    () => optimizer.minimize(3 as never),
    () => optimizer.minimize(loss, [3 as never]),
    () => optimizer.minimize(loss, () => 3 as never),
    () => optimizer.minimize(loss, [c]),
    () => optimizer.minimize(() => 3 as never, [a]),
  ]
  for (const [i, run] of wrong.entries()) test.throws(run, `wrong ${i}`)
  test.equal(tf.memory().numTensors, settled, 'nothing leaks')
  test.strictSame([numbers(a), optimizer.iterations], [values, 6], 'nothing changes')

  const updates = optimizer.getUpdates(loss, [a, b])
  test.equal(updates.length, 1)
  test.equal(updates[0]!(), 7, 'the count of finished steps')
  test.strictNotSame(numbers(a), values)
  test.equal(tf.memory().numTensors, settled)
  optimizer.dispose()
  disposeTree([a, b, c])
})
