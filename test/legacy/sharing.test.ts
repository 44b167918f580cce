/**
 * State by variable name: layers frozen and freed, several models and optimizers, variables that come and go, settings
 * that change between steps. Beside it tf.train.adam, whose slots are by position, and which gets it wrong.
 */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { adamw, chain, clipByGlobalNorm, disposeTree } from '../../lib/index.js'
import { AdamWeightDecay, asOptimizer, type AdamWeightDecaySettings } from '../../lib/legacy.js'
import { numbers, onBackends, type Test } from '../setup.js'
import { Reference, type Arrays } from './reference.js'
import { compiled, subjects, train, valuesOf, weightsOf } from './subjects.js'

t.before(() => (console.warn = () => undefined)) // of variables without gradients

type Options = Omit<Partial<AdamWeightDecaySettings>, 'learningRate'> & { readonly learningRate: number }

/** Variables, an optimizer, and the same by hand. */
class Pair {
  readonly variables: Record<string, tf.Variable> = {}
  readonly hand: Reference
  readonly optimizer: AdamWeightDecay
  #options: Options

  constructor(options: Options, values: Arrays) {
    this.#options = options
    this.optimizer = new AdamWeightDecay(options)
    this.hand = new Reference({})
    for (const [name, value] of Object.entries(values)) this.add(name, value)
  }
  add(name: string, value: readonly number[]): void {
    this.variables[name] = tf.tidy(() => tf.variable(tf.tensor1d([...value]), true, name))
    this.hand.add(name, value)
  }
  set(change: Partial<Options>): void {
    Object.assign(this.optimizer, change)
    this.#options = { ...this.#options, ...change }
    if (change.amsgrad === true) Object.values(this.hand.slots).forEach(({ vhat }) => vhat.fill(0)) // it begins again
  }
  step(gradients: Arrays): void {
    tf.tidy(() => {
      const tensors = Object.entries(gradients).map(
        ([name, g]) => [tf.tensor1d([...g]), this.variables[name]!] as const,
      )
      this.optimizer.applyGradients(tensors)
    })
    this.hand.step(gradients, this.#options)
  }
  /** compares all there is, to the bit or within 1e-6 where a norm was taken */
  equal(test: Test, what: string, tolerance = 0): void {
    for (const [name, variable] of Object.entries(this.variables)) {
      const { amsgrad = false } = this.#options
      const slots = amsgrad ? (['m', 'v', 'vhat'] as const) : (['m', 'v'] as const)
      const got = [variable, ...slots.map(slot => this.optimizer.getSlot(variable, slot))].map(numbers)
      const want = [this.hand.values[name]!, ...slots.map(slot => this.hand.slots[name]![slot])]
      if (tolerance === 0) test.strictSame(got, want, `${what}: ${name}`)
      else {
        const apart = got.flatMap((list, i) => list.map((x, j) => Math.abs(x - want[i]![j]!)))
        test.ok(Math.max(...apart) <= tolerance, `${what}: ${name} ${Math.max(...apart)} apart`)
      }
    }
    test.equal(this.optimizer.iterations, this.hand.iterations, `${what}: iterations`)
  }
  dispose(): void {
    this.optimizer.dispose()
    disposeTree(this.variables)
  }
}

const free = { learningRate: 0.1, weightDecayRate: 0.2, gradientClipNorm: 0 }

onBackends('variables that sit out, come later, or replace others of their name', test => {
  const before = tf.memory().numTensors
  const pair = new Pair(free, { a: [1, -2], b: [0.5, 3] })
  pair.step({ a: [1, 2], b: [-1, 0.25] })
  pair.step({ b: [2, 2] })
  pair.step({ a: [0.5, -1] })
  pair.equal(test, 'taking turns')
  pair.add('c', [3, 4, 5])
  pair.step({ c: [1, 2, 3], a: [0, 1] })
  pair.step({ b: [1, 1], c: [3, 2, 1] })
  pair.equal(test, 'another one later')
  test.strictSame(pair.optimizer.weights.length, 1 + 6, 'two slots each')
  const moment = pair.optimizer.getSlot(pair.variables['a']!, 'm')
  pair.variables['a']!.dispose()
  pair.add('a', [7, 8, 9])
  test.throws(() => pair.optimizer.getSlot(pair.variables['a']!, 'm'), { name: 'KeyError' })
  pair.step({ a: [1, 1, 1], c: [0, 0, 0] })
  pair.equal(test, 'a new one of an old name begins afresh')
  test.ok(moment.isDisposed, "the old one's slots are freed")
  pair.dispose()
  test.equal(tf.memory().numTensors, before, 'nothing is left')
})

onBackends('settings that change between steps', test => {
  const pair = new Pair({ ...free }, { a: [1, -2], b: [0.5, 3] })
  const gradients = [
    { a: [1, 2], b: [-1, 0.25] },
    { a: [-3, 0.5], b: [1, 1] },
    { a: [0.1, 0.2], b: [8, -4] },
  ]
  const three = (): void => gradients.forEach(each => pair.step(each))
  three()
  pair.set({ weightDecayRate: 0 })
  three()
  pair.equal(test, 'no decay')
  pair.set({ amsgrad: true })
  three()
  pair.equal(test, 'amsgrad')
  test.strictSame(pair.optimizer.getSlotNames(), ['m', 'v', 'vhat'])
  pair.set({ weightDecayRate: 0.3, learningRate: 0.01, epsilon: 1e-3 })
  three()
  pair.equal(test, 'decay, rate, epsilon')
  pair.set({ clipvalue: 0.5 })
  three()
  pair.equal(test, 'clipvalue')
  pair.set({ amsgrad: false })
  three()
  pair.equal(test, 'amsgrad off')
  test.strictSame(pair.optimizer.getSlotNames(), ['m', 'v'])
  pair.optimizer.iterations = pair.hand.iterations = 100
  three()
  pair.equal(test, 'iterations')
  pair.set({ clipnorm: 0.4 })
  three()
  pair.equal(test, 'clipnorm', 1e-6)
  pair.set({ clipnorm: null, globalClipnorm: 0.3, clipvalue: null })
  three()
  pair.equal(test, 'globalClipnorm', 1e-6)
  pair.set({ globalClipnorm: null, gradientClipNorm: 0.2 })
  three()
  pair.equal(test, 'gradientClipNorm', 1e-6)
  pair.variables['a']!.dispose()
  delete pair.variables['a']
  pair.set({ amsgrad: true })
  pair.step({ b: [1, 2] })
  pair.equal(test, 'amsgrad after a variable is gone', 1e-6)
  test.equal(pair.optimizer.weights.length, 4, 'whose slots are freed')
  const tensors = tf.memory().numTensors
  pair.set({ amsgrad: false })
  test.equal(pair.optimizer.weights.length, 3, 'weights know the new settings at once')
  pair.set({ amsgrad: true })
  pair.step({ b: [1, 2] })
  test.equal(tf.memory().numTensors, tensors, 'no slot is left over')
  for (const [key, bad] of [
    ['weightDecayRate', -1],
    ['clipnorm', -1],
    ['amsgrad', 1],
    ['learningRate', NaN],
  ] as const)
    test.throws(() => pair.set({ [key]: bad }), { name: 'ValueError', message: new RegExp(key) })
  disposeTree(pair.variables)
  pair.set({ amsgrad: false })
  test.equal(pair.optimizer.weights.length, 1, 'all variables are gone')
  pair.optimizer.dispose()
  test.end()
})

/** Whether a run throws or leaves `b`, whose gradient was always 0, anywhere but at its place. */
const isWrong = (run: () => void, b: tf.Variable): boolean => {
  const before = numbers(b)
  try {
    run()
  } catch {
    return true
  }
  return numbers(b).some((value, i) => value !== before[i])
}

const mixing: Readonly<Record<string, (optimizer: tf.Optimizer, a: tf.Variable, b: tf.Variable) => void>> = {
  'a variable that replaces another in the list': (optimizer, a, b) => {
    for (let i = 0; i < 3; i++) optimizer.applyGradients({ a: tf.onesLike(a) })
    optimizer.applyGradients({ b: tf.zerosLike(b) })
  },
  'a variable that appears later, first in the list': (optimizer, a, b) => {
    optimizer.applyGradients({ a: tf.onesLike(a) })
    optimizer.applyGradients([
      { name: 'b', tensor: tf.zerosLike(b) },
      { name: 'a', tensor: tf.onesLike(a) },
    ])
  },
  'another order': (optimizer, a, b) => {
    const both = [
      { name: 'a', tensor: tf.onesLike(a) },
      { name: 'b', tensor: tf.zerosLike(b) },
    ]
    optimizer.applyGradients(both)
    optimizer.applyGradients([...both].reverse())
  },
}

onBackends('moments stay with their variables, of equal shapes or not; tf.train.adam mixes them or throws', test => {
  for (const [title, run] of Object.entries(mixing))
    for (const size of [2, 3]) {
      const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2]), true, 'a'), tf.variable(tf.ones([size]), true, 'b')])
      const wrong = (optimizer: tf.Optimizer): boolean => {
        const found = tf.tidy(() => isWrong(() => run(optimizer, a, b), b) as never) as boolean
        optimizer.dispose()
        return found
      }
      const undecayed = new AdamWeightDecay({ weightDecayRate: 0 })
      test.notOk(wrong(undecayed), `${title}, ${size}: AdamWeightDecay`)
      test.notOk(wrong(asOptimizer(chain(clipByGlobalNorm(1), adamw(0.01, { weightDecay: 0 })))), `${title}, ${size}`)
      test.ok(wrong(tf.train.adam(0.01)), `${title}, ${size}: tf.train.adam`)
      disposeTree([a, b])
    }
  test.end()
})

onBackends('layers frozen and freed, with and without compiling again', async test => {
  for (const { name, make } of subjects) {
    const optimizer = make()
    const one = compiled(optimizer)
    const compile = (): void => one.compile({ optimizer, loss: 'meanSquaredError' })
    await train(one, 2)
    for (const [how, again] of [
      ['with', compile],
      ['without', () => undefined],
    ] as const) {
      const [values, weights] = [valuesOf(one), await weightsOf(optimizer)]
      one.layers[0]!.trainable = false
      again()
      await train(one, 3)
      const now = await weightsOf(optimizer)
      test.strictSame(valuesOf(one).slice(0, 2), values.slice(0, 2), `${name}, ${how}: frozen weights stay`)
      test.strictNotSame(valuesOf(one)[2], values[2], `${name}, ${how}: others go on`)
      for (const key of Object.keys(weights).filter(each => /(kernel|bias)/.test(each)))
        (key.includes('first') ? test.strictSame : test.strictNotSame).call(
          test,
          now[key],
          weights[key],
          `${name}, ${how}: ${key}`,
        )
      one.layers[0]!.trainable = true
      again()
      await train(one, 1)
      test.strictNotSame(valuesOf(one)[0], values[0], `${name}, ${how}: freed, it goes on`)
    }
    test.equal(optimizer.iterations, 10, name)
    one.dispose()
    optimizer.dispose()
  }
  const adam = tf.train.adam(0.01)
  const one = compiled(adam)
  await train(one, 2)
  one.layers[0]!.trainable = false
  one.compile({ optimizer: adam, loss: 'meanSquaredError' })
  await test.rejects(train(one, 1), /broadcast/, 'tf.train.adam gives the second layer the slots of the first')
  one.dispose()
  adam.dispose()
})

onBackends('two models on one optimizer, several optimizers on one model, a model after another', async test => {
  for (const { name, make } of subjects) {
    if (name === "a user's link") continue // its loose tensor cannot grow, which it says
    const empty = tf.memory().numTensors
    const [optimizer, alone] = [make(), make()]
    const [first, second, third] = [compiled(optimizer), compiled(optimizer), compiled(alone)]
    for (let i = 0; i < 3; i++) {
      alone.iterations = optimizer.iterations
      await train(third, 1)
      await train(first, 1)
      await train(second, 1)
    }
    test.strictSame(valuesOf(first), valuesOf(third), `${name}: as if it were the only model, but for the count`)
    test.equal(optimizer.iterations, 6, name)
    test.equal((await optimizer.getWeights()).length, 17, `${name}: slots for both`)

    const other = make()
    const before = await weightsOf(optimizer)
    first.compile({ optimizer: other, loss: 'meanSquaredError' })
    await train(first, 2)
    test.strictSame(await weightsOf(optimizer), before, `${name}: another optimizer has slots of its own`)
    test.equal(other.iterations, 2, name)
    first.compile({ optimizer, loss: 'meanSquaredError' })
    await train(first, 1)
    test.equal(optimizer.iterations, 7, `${name}: the first one goes on`)

    second.dispose()
    const later = compiled(optimizer)
    await train(later, 1)
    test.equal((await optimizer.getWeights()).length, 17, `${name}: a disposed model's slots make place`)
    ;[first, third, later].forEach(each => each.dispose())
    ;[optimizer, alone, other].forEach(each => {
      each.dispose()
    })
    test.equal(tf.memory().numTensors, empty, `${name}: nothing is left`)
  }
  const optimizer = subjects[2]!.make()
  const [first, second] = [compiled(optimizer), compiled(optimizer)]
  await train(first, 1)
  await test.rejects(train(second, 1), { name: 'ValueError', message: /total of its state belongs to no variable/ })
  ;[first, second].forEach(each => each.dispose())
  optimizer.dispose()
})
