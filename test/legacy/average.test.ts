/** The moving average around other optimizers: what is averaged, exact swaps, weights, configs, and training by tfjs-layers. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { chain, disposeTree, scaleByLearningRate } from '../../lib/index.js'
import { Adam, asOptimizer, ExponentialMovingAverage, LARS, registerOptimizers, SGD } from '../../lib/legacy.js'
import { leftBehind, numbers, onBackends } from '../setup.js'
import { fromDisk, loaded as loadedFrom, saved, toDisk } from './subjects.js'

const averageOf = (config: Readonly<Record<string, unknown>>): ExponentialMovingAverage =>
  ExponentialMovingAverage.fromConfig<ExponentialMovingAverage>(config)
const variable = (values: number[], name?: string, trainable = true): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor1d(values), trainable, name))

const modelOf = (): LayersModel =>
  sequential({
    layers: [layers.dense({ units: 2, inputShape: [3] }), layers.batchNormalization(), layers.dense({ units: 1 })],
  })
const data = () => ({ x: tf.randomNormal([4, 3], 0, 1, 'float32', 7), y: tf.randomNormal([4, 1], 0, 1, 'float32', 8) })

onBackends('swapping exchanges bits, and twice gives them back; assigning copies', async test => {
  const left = await leftBehind(() => {
    const odd = [0.1, 1e-30, -3e38, -0]
    const [w, frozen] = [variable(odd), variable([5], undefined, false)]
    const optimizer = new ExponentialMovingAverage(new SGD({ learningRate: 0 }), { averageDecay: 0.3, startStep: 1 })
    test.throws(() => optimizer.swapWeights(), { name: 'RuntimeError', message: /averages no variables yet/ })
    test.equal(optimizer.hasShadowCopy, false)
    optimizer.shadowCopy([w, frozen])
    const g = tf.tensor1d([1, 1, 1, 1])
    optimizer.applyGradients([[g, w]])
    const [before, average] = [numbers(w), numbers(optimizer.getSlot(w, 'average'))]
    test.notSame(before, average)
    optimizer.swapWeights()
    test.strictSame([numbers(w), numbers(optimizer.getSlot(w, 'average'))], [average, before])
    optimizer.swapWeights()
    test.strictSame([numbers(w), numbers(optimizer.getSlot(w, 'average'))], [before, average])
    optimizer.assignAverageVars([w, frozen])
    test.strictSame([numbers(w), numbers(frozen)], [average, [5]], 'one that is not trainable stays')
    test.throws(() => optimizer.assignAverageVars([variable([1])]), { name: 'KeyError' })
    tf.dispose([g, w])
    test.throws(() => optimizer.swapWeights(), { name: 'RuntimeError', message: /which has an average, is disposed/ })
    optimizer.dispose()
    test.throws(() => optimizer.shadowCopy([frozen]), { name: 'RuntimeError', message: /disposed/ })
    frozen.dispose()
  })
  test.equal(left, 1, 'but for the variable of the error')
})

onBackends('without shadowCopy the variables of the first step are averaged; strict wants it', async test => {
  const left = await leftBehind(() => {
    const [a, b] = [variable([1], 'a'), variable([2], 'b')]
    const g = tf.tensor1d([1])
    const optimizer = new ExponentialMovingAverage(new SGD({ learningRate: 1 }))
    optimizer.applyGradients({ a: g })
    optimizer.applyGradients({ b: g })
    test.strictSame(
      optimizer.weights.slice(1).map(slot => numbers(slot)[0]),
      [0],
      'a, which is 0, and not b',
    )
    optimizer.shadowCopy([a, b])
    optimizer.applyGradients({ b: g })
    test.equal(numbers(optimizer.getSlot(b, 'average')).length, 1, 'b on request')
    optimizer.dispose()
    const strict = new ExponentialMovingAverage(new SGD(), { strict: true })
    test.throws(() => strict.applyGradients({ a: g }), { name: 'RuntimeError', message: /call shadowCopy/ })
    test.equal(strict.iterations, 0)
    strict.shadowCopy([a])
    strict.applyGradients({ a: g })
    test.equal(strict.weights.length, 1, 'as upstream, without averages')
    strict.dispose()
    const refusing = new ExponentialMovingAverage(new LARS())
    const values = tf.tensor1d([1])
    test.throws(() => refusing.applyGradients([[{ indices: [0], values }, a]]), { name: 'RuntimeError' })
    test.equal(refusing.hasShadowCopy, false, 'a failed step leaves no averages')
    refusing.dispose()
    tf.dispose([a, b, g, values])
  })
  test.equal(left, 0)
})

onBackends('before startStep an average is the variable itself, from it on it lags behind', async test => {
  const left = await leftBehind(() => {
    for (const dynamicDecay of [true, false]) {
      const w = variable([8, -1], 'w')
      const settings = { averageDecay: 0.5, startStep: 3, dynamicDecay }
      const optimizer = new ExponentialMovingAverage(new SGD({ learningRate: 1 }), settings)
      optimizer.shadowCopy([w])
      const g = tf.tensor1d([1, 1])
      const seen: number[] = []
      const lag: number[] = []
      for (let i = 0; i < 4; i++) {
        optimizer.applyGradients({ w: g })
        const [value = NaN] = numbers(w)
        const [average = NaN] = numbers(optimizer.getSlot(w, 'average'))
        seen.push(value)
        lag.push(average - value)
      }
      test.same(seen, [7, 6, 5, 4])
      test.same(lag.slice(0, 2), [0, 0], 'steps 1 and 2')
      const decays = dynamicDecay ? [0.1, 2 / 11] : [0.5, 0.5]
      const [third = NaN, fourth = NaN] = decays
      const wanted = [third * (6 - 5), fourth * (5 + third * (6 - 5) - 4)]
      lag.slice(2).forEach((got, i) => test.ok(Math.abs(got - (wanted[i] ?? NaN)) < 1e-6, `step ${i + 3}: ${got}`))
      optimizer.dispose()
      tf.dispose([w, g])
    }
  })
  test.equal(left, 0)
})

onBackends('any optimizer inside: ours, a chain, one of tfjs; minimize in both forms', async test => {
  const inners = [
    () => new SGD({ learningRate: 0.5 }),
    () => asOptimizer(chain(scaleByLearningRate(0.5))),
    () => tf.train.sgd(0.5),
  ]
  for (const inner of inners) {
    const left = await leftBehind(() => {
      const w = variable([1, 2])
      const optimizer = new ExponentialMovingAverage(inner(), { dynamicDecay: false, averageDecay: 0.5 })
      const lossOf = (): tf.Scalar => tf.sum(tf.square(w))
      const loss = optimizer.minimize(lossOf, true, [w])
      test.strictSame([loss?.dataSync()[0], numbers(w)], [5, [0, 0]], optimizer.optimizer.getClassName())
      loss?.dispose()
      optimizer.minimize(lossOf, () => [w])
      optimizer.minimize(lossOf)
      test.equal(optimizer.hasShadowCopy, true)
      test.throws(() => optimizer.minimize(() => tf.tensor1d([1]) as never, false), Error)
      tf.dispose([w])
      optimizer.dispose()
    })
    test.ok(left <= 1, `${left} left`)
  }
  test.throws(() => new ExponentialMovingAverage({} as never), { name: 'TypeError', message: /must be a tf.Optimizer/ })
  const plain = new ExponentialMovingAverage(tf.train.sgd(0.5))
  test.throws(() => plain.weights, { name: 'RuntimeError', message: /the inner optimizer, SGD, has no weights/ })
})

t.test('settings and what is passed on', test => {
  const optimizer = new ExponentialMovingAverage(new Adam({ learningRate: 0.5 }), { startStep: 2 })
  optimizer.lr = 0.25
  optimizer.iterations = 7
  test.strictSame([optimizer.learningRate, optimizer.iterations, optimizer.lr], [0.25, 7, 0.25])
  test.strictSame([(optimizer.optimizer as Adam).lr, optimizer.settings.startStep], [0.25, 2])
  const refused = (options: object, error: { readonly name: string; readonly message: RegExp }): unknown =>
    test.throws(() => new ExponentialMovingAverage(new Adam(), options), error)
  refused({ averageDecay: 1 }, { name: 'ValueError', message: /averageDecay must be a number in \[0, 1\), got 1/ })
  refused({ startStep: 0.5, dynamicDecay: 1 }, { name: 'ValueError', message: /startStep .*\n.*dynamicDecay/ })
  refused({ clipnorm: 1 }, { name: 'TypeError', message: /unexpected argument clipnorm/ })
  test.throws(() => averageOf({ optimizer: { class_name: 'Odd', config: {} } }), {
    name: 'ValueError',
    message: /no optimizer is called Odd; there are SGD/,
  })
  test.throws(() => averageOf({}), { name: 'TypeError' })
  const custom = { Odd: (config: object): tf.Optimizer => new SGD(config) }
  const made = ExponentialMovingAverage.fromConfig<ExponentialMovingAverage>(
    { optimizer: { class_name: 'Odd', config: { learning_rate: 3 } }, start_step: 1 },
    custom,
  )
  test.strictSame([made.learningRate, made.settings.startStep], [3, 1])
  made.dispose()
  optimizer.dispose()
  test.end()
})

onBackends('weights: with averages or without, by name or in order; a refused list changes nothing', async test => {
  const left = await leftBehind(async () => {
    const w = variable([1, 2], 'dense/kernel')
    const g = tf.tensor1d([1, -1])
    const make = (): ExponentialMovingAverage => new ExponentialMovingAverage(new SGD({ momentum: 0.5 }))
    const optimizer = make()
    optimizer.applyGradients([[g, w]])
    const saved = await optimizer.getWeights()
    test.strictSame(
      saved.map(({ name }) => name),
      ['iter', 'SGD/dense/kernel/momentum', 'dense/kernel/average'],
    )
    const copies = saved.map(({ name, tensor }) => ({ name, tensor: tf.tidy(() => tf.mul(tensor, 1)) }))
    const values = copies.map(({ tensor }) => numbers(tensor))
    const next = make()
    await next.setWeights(copies)
    test.equal((await next.getWeights()).length, 3, 'they wait')
    next.shadowCopy([w])
    test.strictSame(
      (await next.getWeights()).map(({ tensor }) => numbers(tensor)),
      values,
    )
    next.applyGradients([[g, w]])
    await next.setWeights(copies.map(({ tensor }) => tensor))
    test.strictSame(
      (await next.getWeights()).map(({ tensor }) => numbers(tensor)),
      values,
      'in order',
    )
    next.applyGradients([[g, w]])
    const average = numbers(next.getSlot(w, 'average'))
    await next.setWeights(copies.slice(0, 2))
    test.strictSame([next.iterations, numbers(next.getSlot(w, 'average'))], [1, average], 'without averages')
    const wrong = tf.tensor1d([1, 2, 3])
    const bad = (i: number): unknown[] => copies.map((one, j) => (i === j ? { ...one, tensor: wrong } : one))
    next.applyGradients([[g, w]])
    const before = (await next.getWeights()).map(({ tensor }) => numbers(tensor))
    for (const i of [1, 2])
      await test.rejects(next.setWeights(bad(i) as typeof copies), { name: 'ValueError', message: /shape/ })
    test.strictSame(
      (await next.getWeights()).map(({ tensor }) => numbers(tensor)),
      before,
    )
    tf.dispose([copies.map(({ tensor }) => tensor), w, g, wrong])
    const unused = make()
    await unused.setWeights([{ name: 'iter', tensor: optimizer.weights[0]! }])
    unused.dispose()
    optimizer.dispose()
    next.dispose()
    next.dispose()
    await test.rejects(next.setWeights([]), { name: 'RuntimeError' })
  })
  test.equal(left, 0)
})

onBackends('a step averages all variables, those without a gradient in it too', test => {
  const [a, b] = [variable([1], 'all/a'), variable([2], 'all/b')]
  const g = tf.tensor1d([1])
  const optimizer = new ExponentialMovingAverage(new SGD({ learningRate: 0 }), {
    startStep: 0,
    dynamicDecay: false,
    averageDecay: 0.5,
  })
  optimizer.shadowCopy([a, b])
  optimizer.applyGradients([[g, a]])
  optimizer.applyGradients([[g, a]])
  test.strictSame(
    [a, b].map(one => numbers(optimizer.getSlot(one, 'average'))),
    [a, b].map(one => numbers(one).map(x => x * 0.75)),
  )
  optimizer.dispose()
  disposeTree([a, b, g])
  test.end()
})

onBackends('averages that wait for their variables are listed, saved and taken up', async test => {
  const [w, v] = [variable([1], 'wait/w'), variable([2], 'wait/v')]
  const g = tf.tensor1d([1])
  const make = () => new ExponentialMovingAverage(new SGD({ learningRate: 0.5 }), { startStep: 0 })
  const first = make()
  first.applyGradients([
    [g, w],
    [g, v],
  ])
  const second = make()
  await second.setWeights(await first.getWeights())
  second.shadowCopy([w])
  const listed = async (of: ExponentialMovingAverage) =>
    (await of.getWeights()).map(({ name, tensor }) => [name, numbers(tensor)[0]])
  const saved = await listed(first)
  test.strictSame((await listed(second)).sort(), saved.sort(), 'v, which no step has seen, has its average')
  test.equal(second.weights.length, saved.length)
  const third = make()
  await third.setWeights(await second.getWeights())
  third.shadowCopy([v, w])
  test.strictSame(numbers(third.getSlot(v, 'average')), numbers(first.getSlot(v, 'average')))
  test.strictSame(numbers(third.getSlot(w, 'average')), numbers(first.getSlot(w, 'average')))
  ;[first, second, third].forEach(each => each.dispose())
  disposeTree([w, v, g])
})

onBackends('fit trains, a saved model goes on with averages, and steps leak nothing', async test => {
  registerOptimizers()
  const { x, y } = data()
  const model = modelOf()
  const optimizer = new ExponentialMovingAverage(asOptimizer(chain(scaleByLearningRate(0.05))), { averageDecay: 0.9 })
  optimizer.shadowCopy(model)
  model.compile({ optimizer, loss: 'meanSquaredError' })
  await model.fit(x, y, { epochs: 2, batchSize: 2, shuffle: false })
  test.equal(optimizer.iterations, 4)
  const before = tf.memory().numTensors
  await model.fit(x, y, { epochs: 2, batchSize: 2, shuffle: false })
  test.equal(tf.memory().numTensors, before)
  test.equal(model.trainableWeights.length + 1, (await optimizer.getWeights()).length, 'one average each, and iter')
  const loaded = await loadedFrom(fromDisk(toDisk(await saved(model))))
  for (const one of [model, loaded]) await one.trainOnBatch(x, y)
  const other = loaded.optimizer as unknown as ExponentialMovingAverage
  test.strictSame([other.iterations, other.settings], [optimizer.iterations, optimizer.settings])
  const values = async (one: ExponentialMovingAverage): Promise<number[][]> =>
    (await one.getWeights()).map(({ tensor }) => numbers(tensor))
  test.strictSame(await values(other), await values(optimizer), 'the same bits')
  optimizer.dispose()
  other.dispose()
  const all = new ExponentialMovingAverage(new SGD(), { trainableWeightsOnly: false }).shadowCopy(model)
  test.equal(all.weights.length, model.weights.length + 1)
  all.dispose()
  model.dispose()
  loaded.dispose()
  tf.dispose([x, y])
})

onBackends('a step that cannot average is not taken; disposed variables are forgotten', async test => {
  const make = (values: number[], name: string): tf.Variable =>
    tf.tidy(() => tf.variable(tf.tensor1d(values), true, name))
  const empty = tf.memory().numTensors
  const v = make([1, 2], 'ema/v')
  const whole = tf.tidy(() => tf.variable(tf.tensor1d([1], 'int32'), false, 'ema/whole'))
  const g = tf.tensor1d([1, 1])
  const ema = new ExponentialMovingAverage(new SGD({ learningRate: 0.5 }), { startStep: 2 })
  test.throws(() => ema.shadowCopy([v, whole]), { message: /ema\/whole.*int32.*float32/ })
  test.equal(ema.hasShadowCopy, false)
  ema.applyGradients([[g, v]])
  ema.getSlot(v, 'average').dispose()
  test.throws(() => ema.applyGradients([[g, v]]), { name: 'RuntimeError', message: /average of ema\/v/ })
  test.strictSame([ema.iterations, [...v.dataSync()]], [1, [0.5, 1.5]], 'the inner optimizer has not moved')

  v.dispose()
  const again = make([3, 4], 'ema/v')
  ema.applyGradients([[g, again]])
  test.strictSame(
    (await ema.getWeights()).map(({ name }) => name),
    ['iter', 'ema/v/average'],
  )
  test.strictSame(
    numbers(ema.getSlot(again, 'average')).map(x => x.toFixed(4)),
    ['2.2500', '3.1500'],
  )
  ema.dispose()

  class Careless extends tf.Optimizer {
    static readonly className = 'Careless'
    override applyGradients(): void {
      // counts nothing
    }
    override getConfig(): tf.serialization.ConfigDict {
      return {}
    }
  }
  const counted = new ExponentialMovingAverage(new Careless(), { startStep: 2 })
  counted.applyGradients([[g, again]])
  counted.applyGradients([[g, again]])
  test.equal(counted.iterations, 2)
  counted.dispose()
  disposeTree([again, whole, g])
  test.equal(tf.memory().numTensors, empty)
})

onBackends("one of tfjs's own inside comes back as itself; names may begin like the inner optimizer's", async test => {
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, 'bert/kernel'))
  const g = tf.tensor1d([0.3, -1])
  for (const inner of [
    tf.train.adam(0.1, 0.9, 0.99, 1e-2),
    tf.train.sgd(0.1),
    tf.train.adagrad(0.1),
    tf.train.rmsprop(0.1),
  ]) {
    const ema = new ExponentialMovingAverage(inner)
    const again = ExponentialMovingAverage.fromConfig<ExponentialMovingAverage>(
      JSON.parse(JSON.stringify(ema.getConfig())) as tf.serialization.ConfigDict,
    )
    test.equal(again.optimizer.constructor, inner.constructor, inner.getClassName())
    test.strictSame(again.optimizer.getConfig(), inner.getConfig())
    ;[ema, again].forEach(each => each.dispose())
  }
  const make = () => new ExponentialMovingAverage(new Adam({ name: 'bert' }))
  const [one, two] = [make(), make()]
  one.applyGradients([[g, w]])
  await two.setWeights(await one.getWeights())
  two.applyGradients([[g, w]])
  const names = (await two.getWeights()).map(({ name }) => name)
  test.equal(new Set(names).size, names.length)
  test.ok(two.getSlot(w, 'average').dataSync()[0]! > 0.9, 'the average goes on')
  ;[one, two].forEach(each => each.dispose())
  disposeTree([w, g])
})
