/** What stands around a training: trees back into models, early stopping, charts, a rate finder. */
import fc from 'fast-check'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { leftBehind, numbers, onBackends, useBackend } from './setup.js'

const build = (names: readonly string[] = ['body', 'head']): LayersModel =>
  sequential({ layers: names.map((name, i) => layers.dense({ name, units: 2, ...(i === 0 && { inputShape: [2] }) })) })
const fill = (params: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(params).map(([name, p], i) => [name, tf.fill(p.shape, i + 1)]))
const valuesOf = (model: LayersModel): number[] => model.getWeights().flatMap(numbers)
const refuses = async (test: Test, run: () => unknown, name: string, says: string): Promise<void> => {
  const left = await leftBehind(() => test.throws(run, { name, message: says }, says))
  test.equal(left, 0, `${says}: leaks nothing`)
}

onBackends('setParams puts a tree into a model, by name, into one that is built a second time too', async test => {
  const [first, second] = [build(), build()]
  const tree = fill(O.paramsOf(first))
  const left = await leftBehind(() => {
    O.setParams(first, tree)
    O.setParams(second, O.paramsOf(first))
  })
  test.equal(left, 0)
  const expected = [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4]
  test.strictSame(valuesOf(first), expected)
  O.disposeTree([tree, O.paramsOf(first)])
  test.strictSame(valuesOf(second), expected, 'whatever becomes of the tensors')
  test.match(second.trainableWeights[0]?.name, /_\d+$/, 'though tfjs has named them anew')

  const tx = O.sgd(1)
  const params = O.paramsOf(second)
  const copy = O.mapTree(params, p => tf.clone(p))
  O.makeStep(tx, { donate: true })(
    params,
    O.mapTree(params, p => tf.ones(p.shape)),
    tx.init(params),
  )
  test.strictSame(
    valuesOf(second),
    expected.map(x => x - 1),
    'a step moves the model',
  )
  O.setParams(second, copy)
  test.strictSame(valuesOf(second), expected, 'and back, since a step writes over nothing that is held')

  O.setParams(second, { ...copy, 'head/kernel': null })
  test.strictSame(valuesOf(second), expected, 'null leaves a weight alone')
  const { 'body/kernel': a, 'head/kernel': b, ...rest } = O.paramsOf(second)
  O.setParams(second, { ...rest, 'body/kernel': b!, 'head/kernel': a! })
  test.strictSame(valuesOf(second).slice(0, 4), [3, 3, 3, 3], "the model's own weights, exchanged")
  test.strictSame(valuesOf(second).slice(6, 10), [1, 1, 1, 1])
  second.dispose()
})

t.test('setParams: weights that share a first name', async test => {
  await useBackend('cpu')
  const twice = (): LayersModel => {
    const inner = (): LayersModel => build(['block'])
    const outer = sequential({ layers: [] })
    outer.add(inner())
    outer.add(inner())
    return outer
  }
  const [first, second] = [twice(), twice()]
  const tree = fill(O.paramsOf(first))
  test.equal(Object.keys(tree).length, 4)
  O.setParams(first, tree)
  test.notSame(Object.keys(O.paramsOf(first)), Object.keys(O.paramsOf(second)), 'their names differ')
  O.setParams(second, O.paramsOf(first))
  test.strictSame(valuesOf(second), valuesOf(first))
  test.strictSame(valuesOf(second), [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4])
  const { [Object.keys(tree)[0]!]: _, ...fewer } = tree
  await refuses(test, () => O.setParams(second, fewer), 'ValueError', 'setParams: ')
})

t.test('setParams refuses what does not fit, and changes nothing', async test => {
  await useBackend('cpu')
  const model = build()
  const tree = fill(O.paramsOf(model))
  const before = valuesOf(model)
  const { 'body/bias': bias, ...without } = tree
  const gone = tf.ones([2])
  gone.dispose()
  const odd: readonly (readonly [unknown, string, string])[] = [
    [without, 'ValueError', 'setParams: body/bias is missing in params but present in the model'],
    [{ ...tree, other: bias }, 'ValueError', 'setParams: other is present in params but missing in the model'],
    [{ ...tree, 'head/bias': tf.ones([3]) }, 'ValueError', 'leaf head/bias has shape [3] in params, [2] in the model'],
    [
      { ...tree, 'head/bias': tf.ones([2], 'int32') },
      'TypeError',
      'leaf head/bias has dtype int32 in params, expected float32',
    ],
    [{ ...tree, 'head/bias': [1, 2] }, 'TypeError', 'leaf head/bias of params must be a tensor, got an array of 2'],
    [{ ...tree, 'head/bias': gone }, 'RuntimeError', 'leaf head/bias of params is disposed'],
    [Object.values(tree), 'TypeError', 'setParams: params must be a record of tensors by the names of paramsOf'],
  ]
  for (const [params, name, says] of odd) await refuses(test, () => O.setParams(model, params as never), name, says)
  await refuses(
    test,
    () => tf.grad(x => (O.setParams(model, tree), tf.sum(x)))(bias!),
    'RuntimeError',
    'setParams: params.body/bias is a Variable, and tfjs cannot differentiate through its assignment',
  )
  test.strictSame(valuesOf(model), before)
})

/** What Keras's EarlyStopping does, as its source reads. */
const keras = (
  values: readonly number[],
  { patience = 0, minDelta = 0, baseline, startFromEpoch = 0 }: O.StopOptions,
) => {
  let [wait, best, bestEpoch, stopped]: [number, number, number | null, number | null] = [0, Infinity, null, null]
  for (const [epoch, value] of values.entries()) {
    if (epoch < startFromEpoch) continue
    wait += 1
    if (value < best - minDelta) {
      ;[best, bestEpoch] = [value, epoch]
      if (baseline === undefined || value < baseline - minDelta) wait = 0
      continue
    }
    if (wait >= patience && epoch > 0) {
      stopped = epoch
      break
    }
  }
  return { best, bestEpoch, stopped }
}

t.test('stopEarly is as Keras has it, whatever the numbers', test => {
  const option = fc.record(
    {
      patience: fc.nat(4),
      minDelta: fc.constantFrom(0, 1, 2),
      baseline: fc.integer({ min: -5, max: 5 }),
      startFromEpoch: fc.nat(4),
    },
    { requiredKeys: [] },
  )
  const value = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -8, max: 8 }) }, fc.constantFrom(NaN, Infinity))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), option, fc.boolean(), (values, options, turned) => {
      const said = keras(values, options)
      // The same for a number of which more is better, with all signs turned.
      const { baseline } = options
      const rule = O.stopEarly({
        ...options,
        mode: turned ? 'max' : 'min',
        ...(baseline !== undefined && { baseline: turned ? -baseline : baseline }),
      })
      let state = rule.init()
      let stopped: number | null = null
      for (const [epoch, value] of values.entries()) {
        const before = JSON.stringify(state)
        const next = rule.update(turned ? -value : value, state)
        if (JSON.stringify(state) !== before || !Object.isFrozen(next)) return false
        state = next
        if (!state.shouldStop) continue
        stopped = epoch
        break
      }
      const best = said.bestEpoch === null ? null : turned ? -said.best : said.best
      return (
        stopped === said.stopped &&
        state.bestAt === said.bestEpoch &&
        Object.is(state.best, best === 0 ? state.best : best)
      )
    }),
    { numRuns: 2000 },
  )
  test.throws(() => O.stopEarly({ patience: -1 }), {
    name: 'TypeError',
    message: 'stopEarly: patience must be a whole number from 0 on, got -1',
  })
  test.throws(() => O.stopEarly({ minDelta: NaN }), { message: 'minDelta must be a finite number from 0 on' })
  test.throws(() => O.stopEarly({ mode: 'least' as never }), { message: "mode must be 'min' or 'max'" })
  test.throws(() => O.stopEarly({ baseline: NaN }), { message: 'baseline must be a number' })
  test.throws(() => O.stopEarly({ startFromEpoch: 0.5 }), { message: 'startFromEpoch must be a whole number' })
  const rule = O.stopEarly()
  test.throws(() => rule.update('1' as never, rule.init()), { message: 'stopEarly: value must be a number' })
  test.end()
})

const [x, y] = [tf.ones([4, 1]), tf.ones([4, 1])]
/** A model whose loss is known: it is (w - 1)^2, and `rate` moves w. */
const one = (rate: number): { model: LayersModel; optimizer: O.TransformOptimizer } => {
  const kernel = layers.dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: 'zeros' })
  const model = sequential({ layers: [layers.batchNormalization({ inputShape: [1] }), kernel] })
  const optimizer = O.asOptimizer(O.sgd(rate), { lastStep: true })
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['acc'] })
  return { model, optimizer }
}

onBackends('earlyStopping stops, and puts all weights of the best epoch back', async test => {
  const { model } = one(0.1)
  const epochs: { loss: number; weights: number[] }[] = []
  const noted = (value: (epoch: number) => number): object => ({
    onEpochEnd: (epoch: number, logs: Record<string, number>) => {
      logs['val_loss'] = value(epoch)
      epochs.push({ loss: value(epoch), weights: valuesOf(model) })
    },
  })
  const stopping = O.earlyStopping(model, { patience: 2 })
  const fit = (value: (epoch: number) => number, epochs = 10) =>
    model.fit(x, y, { epochs, verbose: 0, callbacks: [noted(value), stopping] as never })
  const left = await leftBehind(() => fit(epoch => [5, 3, 4, 4.5, 1][epoch] ?? 0))
  test.equal(left, 1, 'nothing is kept but the norm for `lastStep`')
  test.match(stopping, { best: 3, bestEpoch: 1, stoppedEpoch: 3 })
  test.equal(epochs.length, 4)
  test.notSame(epochs[1]?.weights, epochs[3]?.weights)
  test.strictSame(valuesOf(model), epochs[1]?.weights, 'the statistics of batch normalization too')

  epochs.length = 0
  test.equal(await leftBehind(() => fit(epoch => [5, 3, 4][epoch] ?? 0, 3)), 0)
  test.match(stopping, { best: 3, bestEpoch: 1, stoppedEpoch: null }, 'a second training, which comes to its end')
  test.strictSame(valuesOf(model), epochs[1]?.weights)

  const kept = O.earlyStopping(model, { monitor: 'acc', restoreBestWeights: false })
  await model.fit(x, y, { epochs: 9, verbose: 0, callbacks: kept })
  test.match(kept, { bestEpoch: 0, stoppedEpoch: 1 }, 'more accuracy is better')
  const fault = model.fit(x, y, { verbose: 0, callbacks: O.earlyStopping(model) })
  await test.rejects(fault, {
    name: 'ValueError',
    message: 'earlyStopping: the logs of the epoch must have val_loss, got loss, acc',
  })
  await refuses(
    test,
    () => O.earlyStopping({} as never),
    'TypeError',
    'earlyStopping: model must be a tfjs-layers model',
  )
  await refuses(test, () => O.earlyStopping(model, { patience: NaN }), 'TypeError', 'earlyStopping: patience must be')
  await refuses(
    test,
    () => O.earlyStopping(model, { mode: 'most' as never }),
    'TypeError',
    "mode must be 'auto', 'min' or 'max'",
  )
  await refuses(test, () => O.earlyStopping(model, { monitor: 3 as never }), 'TypeError', 'monitor must be the name')
  await refuses(test, () => O.earlyStopping(model, { restoreBestWeights: 1 as never }), 'TypeError', 'true or false')
  model.dispose()
})

t.test('earlyStopping after a fit that threw begins anew, and frees what it held', async test => {
  await useBackend('cpu')
  const { model } = one(0.1)
  const stopping = O.earlyStopping(model, { monitor: 'loss' })
  await model.fit(x, y, { verbose: 0 })
  const { numTensors } = tf.memory()
  stopping.onTrainBegin()
  stopping.onEpochEnd(0, { loss: 1 })
  test.equal(tf.memory().numTensors, numTensors + model.weights.length, 'a handle for each weight')
  stopping.onTrainBegin()
  test.equal(tf.memory().numTensors, numTensors)
  test.equal(stopping.best, null)
})

t.test('drawTraining draws loss, rate and gradient norm, by epoch, by batch and in a loop', async test => {
  await useBackend('cpu')
  const { model, optimizer } = one(0.1)
  const drawn: (readonly O.ChartRow[])[] = []
  const chart = O.drawTraining(rows => void drawn.push(rows), { optimizer })
  await model.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0, callbacks: chart })
  test.strictSame(
    drawn.map(({ length }) => length),
    [1, 2, 3],
  )
  test.strictSame(Object.keys(chart.rows[2]?.values ?? {}), ['loss', 'acc', 'learningRate', 'gradientNorm'])
  test.match(chart.rows[2], {
    at: 3,
    values: { learningRate: 0.1, gradientNorm: await optimizer.lastStep?.gradientNorm() },
  })

  const byBatch = O.drawTraining(() => undefined, { every: 'batch' })
  await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, callbacks: byBatch })
  test.strictSame(
    byBatch.rows.map(({ at }) => at),
    [1, 2, 3, 4],
  )
  test.strictSame(Object.keys(byBatch.rows[0]?.values ?? {}), ['loss', 'acc'], 'and neither batch nor size')

  const few = O.drawTraining(() => undefined, { most: 4 })
  for (let i = 1; i <= 100; i++) await few.add({ loss: i })
  test.ok(few.rows.length <= 4 && few.rows.length >= 2, `${few.rows.length} rows`)
  test.match(few.rows.at(-1), { at: 100, values: { loss: 100 } }, 'the last one stays')

  const rates = { learningRate: { a: 0.1, b: 0.3 }, iterations: 1, gradientNorm: () => Promise.resolve(2) }
  const layered = O.drawTraining(() => undefined, { optimizer: { lastStep: rates } })
  await layered.add({})
  test.strictSame(layered.rows[0]?.values, { learningRate: 0.3, gradientNorm: 2 }, 'the largest of the rates')
  const norm = O.drawTraining(() => undefined, { optimizer: { lastStep: { ...rates, learningRate: undefined } } })
  await norm.add({})
  test.strictSame(norm.rows[0]?.values, { gradientNorm: 2 }, 'a chain without a rate')

  const forgetful = O.drawTraining(() => undefined, { optimizer: O.asOptimizer(O.sgd(1)) })
  await test.rejects(forgetful.add({}), { name: 'ValueError', message: 'asOptimizer(tx, { lastStep: true })' })
  await test.rejects(O.drawTraining(() => Promise.reject(new Error('no paper'))).add({}), { message: 'no paper' })
  for (const [sink, options, says] of [
    [{}, {}, 'drawTraining: sink must be tfjs-vis, or a function of the rows'],
    [() => 1, { every: 'step' }, "every must be 'epoch' or 'batch'"],
    [() => 1, { most: 1 }, 'most must be a whole number from 2 on'],
    [() => 1, { optimizer: {} }, 'optimizer must be an optimizer of asOptimizer'],
  ] as const)
    await refuses(test, () => O.drawTraining(sink as never, options as never), 'TypeError', says)
})

t.test('sinks: a line in a terminal, charts by tfjs-vis', async test => {
  const lines: string[] = []
  const draw = O.terminalChart({ write: line => lines.push(line), width: 4 })
  await draw([])
  const rows = [8, 4, NaN, 0, 1e-4].map((loss, i) => ({ at: i + 1, values: i === 0 ? { loss, early: 1 } : { loss } }))
  for (let i = 1; i <= rows.length; i++) await draw(rows.slice(0, i))
  test.strictSame(lines, [
    '1  loss 8.000 ▁  early 1.000 ▁',
    '2  loss 4.000 █▁',
    '3  loss NaN █▁×',
    '4  loss 0.000 █▅×▁',
    '5  loss 1.00e-4 █×▁▁',
  ])
  const { log } = console
  const said: unknown[] = []
  console.log = (...words: unknown[]) => said.push(...words)
  await O.terminalChart()([{ at: 7, values: { loss: 123456 } }])
  console.log = log
  test.strictSame(said, ['7  loss 1.23e+5 ▁'])

  const drawn: unknown[][] = []
  const tfvis = { render: { linechart: (...given: unknown[]) => void drawn.push(given) } }
  await O.drawTraining(tfvis).add({ loss: 1, rate: NaN })
  test.strictSame(drawn, [
    [
      { name: 'loss', tab: 'training' },
      { values: [[{ x: 1, y: 1 }]], series: ['loss'] },
      { xLabel: 'epoch', yLabel: 'loss', zoomToFit: true },
    ],
    [
      { name: 'rate', tab: 'training' },
      { values: [[]], series: ['rate'] },
      { xLabel: 'epoch', yLabel: 'rate', zoomToFit: true },
    ],
  ])
  for (const [run, says] of [
    [() => O.terminalChart({ width: 0 }), 'terminalChart: width must be a whole number from 1 on, got 0'],
    [() => O.terminalChart({ write: 'out' as never }), 'terminalChart: write must be a function of a line'],
    [() => O.tfvisChart({} as never), 'tfvisChart: tfvis must be tfjs-vis, or an object with render.linechart'],
    [
      () => O.tfvisChart(tfvis, { container: 'div' as never }),
      'tfvisChart: container must be a function of the series',
    ],
  ] as const)
    test.throws(run, { name: 'TypeError', message: says })
})

t.test('findLearningRate', async test => {
  await useBackend('cpu')
  // The loss of a parabola: it falls fastest where a step goes to its bottom, and grows beyond.
  const tried: number[] = []
  const parabola = (curvature: number) => {
    let w = 1
    return (rate: number): number => {
      tried.push(rate)
      const loss = (curvature * w * w) / 2
      w -= rate * curvature * w
      return loss
    }
  }
  for (const curvature of [0.1, 1, 10]) {
    tried.length = 0
    const { learningRate } = await O.findLearningRate(parabola(curvature), { from: 1e-4, to: 100 })
    const scaled = Number(learningRate) * curvature
    test.ok(scaled > 0.05 && scaled < 1, `${learningRate} for a curvature of ${curvature}`)
    test.equal(tried[0], 1e-4)
  }
  const all = await O.findLearningRate(() => 1, { from: 0.01, to: 1, steps: 5 })
  test.strictSame(
    all.tried.map(({ rate }) => rate.toFixed(3)),
    ['0.010', '0.032', '0.100', '0.316', '1.000'],
  )
  test.ok(
    all.tried.every(({ loss }) => Math.abs(loss - 1) < 1e-12),
    'a mean that is corrected for its start',
  )
  test.equal(all.learningRate, null, 'a loss that never falls has no rate')
  const early = await O.findLearningRate(rate => (rate < 0.1 ? 1 : rate < 0.5 ? 100 : NaN), { steps: 50, smoothing: 0 })
  test.equal(early.tried.at(-1)?.loss, 100, 'it ends where the loss explodes')
  const broken = await O.findLearningRate(rate => (rate < 0.1 ? 1 - rate : NaN), { steps: 50, smoothing: 0 })
  test.ok(broken.tried.every(({ loss }) => Number.isFinite(loss)) && broken.tried.length < 50, 'or is none')
  const left = await leftBehind(() => O.findLearningRate(() => Promise.resolve(tf.scalar(1))))
  test.equal(left, 0, 'losses that are tensors are disposed')
  for (const [step, options, says] of [
    ['rate', {}, 'findLearningRate: step must be a function of the rate, got "rate"'],
    [() => undefined, {}, 'findLearningRate: step must return the loss, a number or a scalar tensor, got undefined'],
    [() => x, {}, 'a scalar tensor, got shape [4,1]'],
    [() => 1, { from: 0 }, 'from must be a finite number above 0'],
    [() => 1, { from: 1, to: 1 }, 'to must be a finite number above from, which is 1'],
    [() => 1, { steps: 4 }, 'steps must be a whole number from 5 on'],
    [() => 1, { smoothing: 1 }, 'smoothing must be a number in [0, 1)'],
    [() => 1, { stopAt: 1 }, 'stopAt must be a finite number above 1'],
  ] as const)
    await test.rejects(O.findLearningRate(step as never, options), { name: 'TypeError', message: says })
})
