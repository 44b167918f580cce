/** Calls that are almost right, or come at the wrong moment: refused with words, and nothing has changed or leaked. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { adam, disposeTree } from '../../lib/index.js'
import { Adam, AdamWeightDecay, SGD, asOptimizer } from '../../lib/legacy.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import { step, variable, weightsOf } from './subjects.js'

onBackends('a step between setWeights and its end is kept; values are those of the call', async test => {
  const [a, b] = [variable([1, 2], 'a'), variable([3], 'b')]
  const empty = tf.memory().numTensors
  const other = new Adam()
  step(other, { a: [1, 1] })
  const list = (await other.getWeights()).map(({ name, tensor }) => ({
    name,
    tensor: tf.tidy(() => tf.mul(tensor, 1)),
  }))
  for (const make of [() => new Adam(), () => asOptimizer(adam(0.1))]) {
    const optimizer = make()
    step(optimizer, { a: [1, 1] })
    const before = await weightsOf(optimizer)
    const pending = optimizer.setWeights(await optimizer.getWeights())
    step(optimizer, { a: [5, 5], b: [1] })
    await test.rejects(pending, { name: 'ValueError' }, 'there are more slots now')
    const after = await weightsOf(optimizer)
    test.equal(optimizer.iterations, 2)
    test.equal(Object.keys(after).length, Object.keys(before).length + 2)
    optimizer.dispose()
  }
  const late = new Adam()
  const pending = late.setWeights(list)
  disposeTree(list.map(({ tensor }) => tensor))
  await pending
  step(late, { a: [0, 0] })
  test.equal(late.iterations, 2, 'disposing what was given does not matter')
  const gone = new Adam()
  const ended = gone.setWeights(await other.getWeights())
  gone.dispose()
  await test.rejects(ended, { name: 'RuntimeError', message: /disposed/ })
  ;[late, other].forEach(each => each.dispose())
  test.equal(tf.memory().numTensors, empty, 'nothing is left')
  disposeTree([a, b])
})

t.test('weights of another class, and anything after dispose, are refused', async test => {
  await useBackend('cpu')
  const a = variable([1, 2], 'a')
  const sgd = new SGD({ momentum: 0.9 })
  step(sgd, { a: [1, 1] })
  const fresh = new Adam()
  await sgd.getWeights() // makes the tensor of its count
  const before = tf.memory().numTensors
  await test.rejects(fresh.setWeights(await sgd.getWeights()), { name: 'ValueError', message: /momentum.*m, v/ })
  test.strictSame([fresh.iterations, tf.memory().numTensors], [0, before])
  const shell = asOptimizer(adam(0.1))
  ;[fresh, shell].forEach(each => each.dispose())
  const calls: readonly (() => unknown)[] = [
    () => fresh.weights,
    () => fresh.getSlot(a, 'm'),
    () => fresh.getSlotNames(),
    () => fresh.addSlot(a, 'mine'),
    () => fresh.addWeight('w', [1]),
  ]
  for (const [i, call] of calls.entries()) test.throws(call, { name: 'RuntimeError', message: /disposed/ }, `call ${i}`)
  for (const each of [fresh, shell])
    await test.rejects(each.getWeights(), { name: 'RuntimeError', message: /disposed/ })
  test.equal(tf.memory().numTensors, before)
  disposeTree([a])
  sgd.dispose()
})

t.test('unknown and positional options of methods', async test => {
  await useBackend('cpu')
  const a = variable([1, 2], 'a')
  const optimizer = new Adam()
  const loss = (): tf.Scalar => tf.sum(tf.square(a))
  const before = [numbers(a), tf.memory().numTensors]
  const g = tf.tensor1d([1, 1])
  const calls: readonly (readonly [call: () => unknown, message: RegExp])[] = [
    [
      () => optimizer.applyGradients([[g, a]], { experimental_aggregate_gradients: false } as never),
      /experimental_aggregate/,
    ],
    [() => optimizer.applyGradients([[g, a]], 'name' as never), /options must be a record/],
    [() => optimizer.minimize(loss, [a], { grad_loss: g } as never), /grad_loss/],
    [() => optimizer.addSlot(a, 's', 'ones' as never), /options must be a record/],
    [() => optimizer.addSlot(a, 's', { init: 'ones' } as never), /init/],
    [() => optimizer.addWeight('n', [1], 'float32' as never), /options must be a record/],
    ...['', 'a/b', 3, undefined].map(
      name => [() => optimizer.addSlot(a, name as never), /slot must be a string/] as const,
    ),
  ]
  for (const [call, message] of calls) test.throws(call, { message })
  g.dispose()
  test.strictSame([numbers(a), tf.memory().numTensors], before)
  test.equal(optimizer.iterations, 0)
  test.strictSame(numbers(optimizer.minimize(loss, true, a as never)!), [5], 'one Variable is as good as a list')
  optimizer.dispose()
  disposeTree([a])
})

t.test('the lists of AdamWeightDecay may be set; a model built twice decays what the first did', async test => {
  await useBackend('cpu')
  const names = ['l/kernel', 'l/bias', 'l/kernel_1', 'l/bias_1']
  const decayed = (optimizer: AdamWeightDecay): boolean[] => {
    const variables = names.map(name => variable([1], name))
    step(optimizer, Object.fromEntries(names.map(name => [name, [0]])))
    const moved = variables.map(each => numbers(each)[0]! < 1)
    disposeTree(variables)
    return moved
  }
  const options = { learningRate: 0.1, weightDecayRate: 0.5 }
  const optimizer = new AdamWeightDecay({ ...options, excludeFromWeightDecay: ['bias$'] })
  test.strictSame(decayed(optimizer), [true, false, true, false])
  optimizer.excludeFromWeightDecay = ['kernel']
  test.strictSame(optimizer.excludeFromWeightDecay, ['kernel'])
  test.strictSame(decayed(optimizer), [false, true, false, true])
  optimizer.includeInWeightDecay = ['kernel$']
  test.strictSame([optimizer.includeInWeightDecay, decayed(optimizer)], [['kernel$'], [true, true, true, true]])
  const strict = new AdamWeightDecay({ ...options, excludeFromWeightDecay: ['bias:0$'], strict: true })
  test.strictSame(decayed(strict), [true, false, true, false], 'as in TensorFlow, which names copies alike, with :0')
  test.equal(strict.strict, true)
  test.throws(() => Object.assign(strict, { strict: false }), { name: 'TypeError' })
  ;[optimizer, strict].forEach(each => each.dispose())
})

t.test('a schedule that Keras does not know is written as its value, which is said', async test => {
  await useBackend('cpu')
  const said: string[] = []
  const { warn } = console
  console.warn = (text: string) => said.push(text)
  const optimizer = new Adam({ learningRate: count => 0.5 / (1 + count) })
  const config = optimizer.getConfig()
  console.warn = warn
  test.equal(config['learning_rate'], 0.5)
  test.match(said, [/learningRate is a schedule that Keras does not know/])
  optimizer.dispose()
})
