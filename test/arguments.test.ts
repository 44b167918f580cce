/** Calls from plain JavaScript: surplus arguments, what is no record of options, and unknown options, of every export. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as config from '../lib/config.js'
import * as core from '../lib/core.js'
import * as index from '../lib/index.js'
import * as legacy from '../lib/legacy.js'
import * as node from '../lib/node.js'
import * as mpi from '../lib/mpi.js'
import * as rule from '../lib/rule.js'
import * as testing from '../lib/testing.js'
import { useBackend, type Test } from './setup.js'

type Anything = (...args: unknown[]) => unknown
interface Call {
  /** arguments that are right, the options left out */
  readonly args: () => readonly unknown[]
  readonly options?: boolean
}

const call = (...args: readonly unknown[]): Call => ({ args: () => args })
const withOptions = (...args: readonly unknown[]): Call => ({ args: () => args, options: true })
const later = (args: () => readonly unknown[], options = false): Call => ({ args, options })

const tx = index.sgd(0.1)
const w = { w: 1 }
const tree = () => ({ w: tf.zeros([2]) })
const kerasRate = legacy.kerasPolynomialDecay({ initialLearningRate: 1, decaySteps: 10 })
const expr = { op: 'lit', rate: 'scalar', value: 1 } as const
const cond = rule.lt(expr, 2)
const each = (names: string, one: Call): Readonly<Record<string, Call>> =>
  Object.fromEntries(names.split(' ').map(name => [name, one]))

const calls: Readonly<Record<string, Call>> = {
  ...each('adam adamw sgd scaleByLearningRate adamEpsilonHat amsgradEpsilonHat', withOptions(0.1)),
  ...each('kerasAdagrad kerasLamb kerasLars kerasMomentum kerasRmsprop addDecayedWeights trace', withOptions(0.1)),
  ...each('lamb lars fromage noisySgd sm3 adafactor adaptiveGradClip muon sophia', withOptions(0.1)),
  ...each('scaleByParamBlockNorm scaleByParamBlockRms scaleByTrustRatio normalizeByUpdateNorm', withOptions()),
  ...each('centralize scaleByFactoredRms scaleBySm3 scaleBySophia', withOptions()),
  ...each('scaleByNovograd scaleByPolyak scaleByDistanceOverGradients reduceOnPlateau', withOptions()),
  ...each('polyakSgd dog dowg prodigy dadaptAdamw momo momoAdam', withOptions()),
  novograd: withOptions(0.1),
  addNoise: call(0.1, 0.5, 7),
  normalize: call(),
  clipByBlockRms: call(1),
  globalNorm: later(() => [tree()]),
  incrementalUpdate: later(() => [tree(), tree(), 0.5]),
  periodicUpdate: later(() => [tree(), tree(), 3, 2]),
  ...each('scaleByAdam scaleByAmsgrad scaleByNadam scaleByMuon matching registerOptimizers', withOptions()),
  ...each('acprop adabelief adadelta adagrad adamax adamaxw adan ademamix adopt amsgrad', withOptions(0.1)),
  ...each('cautiousAdamw cautiousLion kerasNadam lion madgrad mars nadam nadamw optimisticAdam', withOptions(0.1)),
  ...each('optimisticGradientDescent radam rmsprop rprop signum simplifiedAdemamix yogi', withOptions(0.1)),
  ...each('torchNadam torchRmsprop torchSgd torchAdagrad torchMomentum kerasAdamax', withOptions(0.1)),
  ...each('addCautiousDecayedWeights ema scaleByMadgrad scaleByRprop', withOptions(0.1)),
  ...each('scaleByAcprop scaleByAdadelta scaleByAdamax scaleByAdan scaleByAdemamix scaleByAdopt', withOptions()),
  ...each('scaleByBelief scaleByCautiousAdam scaleByCautiousLion scaleByCocob scaleByLion', withOptions()),
  ...each('scaleByMars scaleByOptimisticGradient scaleByRadam scaleByRms scaleByRss scaleByStddev', withOptions()),
  ...each('scaleByScheduledNadam scaleBySimplifiedAdemamix scaleByYogi cocob grokfast', withOptions()),
  ...each('scaleBySign orthoGrad', call()),
  ...each('scheduleFreeAdamw scheduleFreeSgd scheduleFreeAverage', withOptions(0.1)),
  scheduleFree: withOptions(tx, 0.1),
  scheduleFreeEvalParams: later(() => [{}, tree()]),
  signSgd: call(0.1),
  ...each('clip clipByNorm clipByGlobalNorm clipnorm globalClipnorm scale constantSchedule', call(0.1)),
  ...each('finite positive nonNegative decayRate', call(0.1)),
  ...each('neg square sign sqrt abs isFinite', call(expr)),
  ...each('add sub mul div max min lt', call(expr, 2)),
  ...each('rule.ema clamp', call(expr, 0, 1)),
  select: call(cond, expr, 0),
  decayParams: withOptions(0.1, 0.1),
  scaleBySchedule: call(() => 0.1),
  aggregate: withOptions('sum'),
  masked: call(tx, true),
  ...each('setToZero zeroNans keepParamsNonnegative', call()),
  applyEvery: call(2),
  emaOfParams: call(0.9),
  averagedParams: later(() => [index.emaOfParams(0.9), index.emaOfParams(0.9).init(tree())]),
  ...each('partition multiTransform', call({ a: tx }, 'a')),
  freeze: call(true),
  selectiveTransform: call(tx, true),
  ...each(
    'conditionallyTransform conditionallyMask',
    call(tx, () => true),
  ),
  injectHyperparams: call(tx),
  applyIfFinite: call(tx, 2),
  mechanize: withOptions(tx),
  lookahead: withOptions(tx, 2, 0.5),
  flatten: call(tx),
  sam: withOptions(tx, tx),
  monitor: call({ sum: (u: unknown) => u }),
  measureWithEma: withOptions((u: unknown) => u, 0.9),
  snapshot: call('sum', (u: unknown) => u),
  skipNotFinite: call(),
  skipLargeUpdates: call(1),
  withAverages: later(() => [index.asOptimizer(index.emaOfParams(0.9)), () => 0]),
  validateOnAverages: later(() => [index.asOptimizer(index.emaOfParams(0.9)), {}, () => 0]),
  stateless: call((updates: unknown) => updates),
  statelessWithTreeMap: call((update: unknown) => update),
  setHyper: call(tx, { learningRate: 1 }),
  hyperparamsOf: later(() => [tx, tx.init(tree()), tree()]),
  byPath: call([['bias$', 0]], 0.1),
  multiSteps: withOptions(tx, 2),
  tensorwise: call({ name: 'same', step: ({ u }: { u: unknown }) => ({ u }) }),
  identity: call(),
  asState: call(tx),
  elementwise: call({ name: 'same', step: ({ u }: { u: unknown }) => ({ u }) }),
  cosineDecaySchedule: withOptions(1, 10),
  exponentialDecay: withOptions(1, 10, 0.5),
  joinSchedules: call([() => 1], []),
  piecewiseConstantSchedule: call(1, { 10: 0.1 }),
  piecewiseInterpolateSchedule: call('linear', 1, { 10: 0.1 }),
  polynomialSchedule: withOptions(1, 0, 2, 10),
  linearSchedule: withOptions(1, 0, 10),
  warmupConstantSchedule: call(0, 1, 10),
  warmupCosineDecaySchedule: withOptions(0, 1, 10, 100),
  warmupExponentialDecaySchedule: withOptions(0, 1, 10, 100, 0.5),
  ...each('linearOnecycleSchedule cosineOnecycleSchedule', withOptions(10, 1)),
  sgdrSchedule: call([{ initValue: 0, peakValue: 1, warmupSteps: 1, decaySteps: 10 }]),
  multiplySchedules: call([() => 1]),
  repeatSchedule: call(() => 1, 10),
  byEpoch: withOptions(() => 1, 10),
  applyUpdates: later(() => [tree(), tree()]),
  makeStep: withOptions(tx),
  ready: withOptions(tx),
  explain: withOptions(tx),
  describe: later(() => [tx, tx.init(tree()), tree()]),
  valueAndGrad: withOptions(() => 1),
  hutchinsonEstimatorDiagHessian: call(() => 1, 7),
  paramsOf: call({ trainableWeights: [] }),
  setParams: call({ trainableWeights: [] }, {}),
  ...each('stopEarly terminalChart', withOptions()),
  earlyStopping: withOptions({ weights: [], stopTraining: false }),
  drawTraining: withOptions(() => undefined),
  tfvisChart: withOptions({ render: { linechart: () => undefined } }),
  findLearningRate: withOptions(() => 1),
  fileSystem: call('nowhere'),
  toSafetensors: later(() => [tree()], true),
  fromSafetensors: withOptions(new Uint8Array(8), w),
  readSafetensors: call(new Uint8Array(8)),
  saveTree: withOptions('nowhere/at all', w),
  loadTree: withOptions('nowhere/at all', w),
  toNamedTensors: later(() => [tree()]),
  fromNamedTensors: call([], {}),
  editState: call({}, () => undefined),
  ...each(
    'tensorsOf disposeTree keepTree',
    later(() => [tree()]),
  ),
  tidy: call(() => 1),
  treeGet: later(() => [tree(), 'w']),
  treeSet: later(() => [tree(), 'w', 1]),
  createTrainState: later(() => [{ params: tree(), tx }]),
  applyGradients: later(() => [index.createTrainState({ params: tree(), tx, optState: [] as never }), tree()], true),
  printRule: call(
    (rule.elementwise({ name: 'same', step: ({ u }) => ({ u }) }).program as unknown as { rule: unknown }).rule,
  ),
  printProgram: call(tx.program),
  refuseUnknown: call('somebody', {}, []),
  transformFromConfig: call({ type: 'identity' }),
  configOf: call(tx),
  registerTransform: call('mine', {}, () => tx),
  asOptimizer: withOptions(tx),
  createOptimizer: withOptions(1e-3, 100, 10),
  optimizerFromConfig: withOptions({}),
  serializeSchedule: withOptions(kerasRate),
  deserializeSchedule: withOptions({}),
  SLIDE: call({}),
  nest: call({ name: 'same', parts: { inner: tx } }),
  lawsOf: withOptions('sgd', () => tx),
  world: withOptions(),
  ...each('rank size localRank finalize', call()),
  ...each('barrier barrierAsync', withOptions()),
  ...each(
    'allReduce allReduceAsync broadcast broadcastAsync',
    later(() => [tree()], true),
  ),
  valueAndReducedGrad: withOptions(() => 1),
  gradientAggregator: withOptions(mpi.world()),
  shardState: call(tx, mpi.world()),
  ...each(
    'gatherState scatterState',
    later(() => [mpi.shardState(tx, mpi.world()), tx.init(tree()), tree()]),
  ),
  averagePerElementUpdates: withOptions(mpi.world()),
  processed: withOptions(mpi.world(), tx, tx),
  differentiallyPrivateAggregate: withOptions(mpi.world(), 1, 1, 1, 1),
}
/** They take any number of links or trees, which are checked themselves. */
const anyNumber = ['chain', 'namedChain', 'mapTree']
/** Their one argument is the record of what Keras's class takes. */
const isKeras = (name: string): boolean => name in legacy && name.startsWith('keras')
const isClass = (x: Anything): boolean => /^class\b/.test(Function.prototype.toString.call(x))

class Instance {
  readonly b1 = 0.9
}
const noRecords: readonly unknown[] = [true, 3, null, () => 1, [], new Date(0), new Instance(), 'text', new Map()]

const entries = { core, index, node, rule, config, legacy, testing, mpi }

/** The error of a call, thrown or by rejection. */
const failure = async (run: () => unknown): Promise<unknown> => {
  try {
    await run()
  } catch (cause) {
    return cause
  }
  return undefined
}
const refuses = async (test: Test, run: () => unknown, who: string, says: string): Promise<void> => {
  const before = tf.memory().numTensors
  const error = await failure(run)
  test.ok(error instanceof TypeError && error.message.startsWith(`${who}: `), `${who}: ${String(error)}`)
  test.match(String(error), says)
  test.equal(tf.memory().numTensors, before, `${who} leaves nothing behind`)
}

for (const [entry, exports] of Object.entries(entries))
  t.test(`${entry}: every function takes what it says, and no more`, async test => {
    await useBackend('cpu')
    for (const [name, value] of Object.entries<unknown>(exports)) {
      if (typeof value !== 'function' || isClass(value as Anything) || anyNumber.includes(name)) continue
      const run = value as Anything
      const known = isKeras(name) ? withOptions() : (calls[`${entry}.${name}`] ?? calls[name])
      if (known === undefined) {
        test.fail(`${entry} exports ${name}: say above how it is called`)
        continue
      }
      const args = known.args()
      const options = known.options === true
      await refuses(test, () => run(...args, ...(options ? [{}] : []), 7), name, 'takes (')
      await refuses(test, () => run(...args, ...(options ? [undefined] : []), undefined), name, 'takes (')
      if (!options) continue
      for (const odd of noRecords) await refuses(test, () => run(...args, odd), name, 'takes (')
      await refuses(test, () => run(...args, { qqq: 1 }), name, 'unknown option qqq; it takes (')
      tf.dispose(args.filter(arg => typeof arg === 'object') as tf.TensorContainer)
    }
    test.ok(anyNumber.every(name => name in index))
  })

/** The arguments of a constructor before its options. */
const constructed: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(
    ['Adam', 'AdamWeightDecay', 'SGD', 'RMSprop', 'Adagrad', 'LAMB', 'LARS'].map(name => [name, []]),
  ),
  TransformOptimizer: [tx],
  ExponentialMovingAverage: [new legacy.SGD()],
}

t.test('every constructor takes what it says, and no more', async test => {
  await useBackend('cpu')
  for (const [entry, exports] of Object.entries(entries))
    for (const [name, value] of Object.entries<unknown>(exports)) {
      if (typeof value !== 'function' || !isClass(value as Anything) || value.prototype instanceof Error) continue
      const args = constructed[name]
      if (args === undefined) {
        test.fail(`${entry} exports ${name}: say above how it is constructed`)
        continue
      }
      const One = value as unknown as new (...args: readonly unknown[]) => legacy.SGD
      class Mine extends One {}
      for (const Class of [One, Mine]) {
        const make = (...more: readonly unknown[]) => new Class(...args, ...more)
        await refuses(test, () => make({}, 7), name, 'takes (')
        await refuses(test, () => make(undefined, undefined), name, 'takes (')
        await refuses(test, () => make(0.1, 0.9, 0.999), name, 'got (')
        for (const odd of noRecords) await refuses(test, () => make(odd), name, 'takes (')
        await refuses(test, () => make({ qqq: 1 }), name, 'qqq')
        make(undefined).dispose()
        make({}).dispose()
      }
    }
  test.end()
})

t.test('an unknown option names those that may be meant', async test => {
  const near: readonly (readonly [string, readonly unknown[], string, string])[] = [
    ['adamw', [0.1], 'beta1', 'b1'],
    ['adamw', [0.1], 'beta_2', 'b2'],
    ['adamw', [0.1], 'betas', 'b1 or b2'],
    ['adamw', [0.1], 'epsilon', 'eps'],
    ['adamw', [0.1], 'epsilon_root', 'epsRoot'],
    ['adamw', [0.1], 'weight_decay', 'weightDecay'],
    ['adamw', [0.1], 'weightDecayRate', 'weightDecay'],
    ['adamw', [0.1], 'wd', 'weightDecay'],
    ['adamw', [0.1], 'decay', 'weightDecay'],
    ['adamw', [], 'lr', 'learningRate'],
    ['adamw', [], 'learning_rate', 'learningRate'],
    ['adamw', [0.1], 'esp', 'eps'],
    ['adamw', [0.1], 'nestrov', 'nesterov'],
    ['adamw', [0.1], 'Nesterov', 'nesterov'],
    ['sgd', [0.1], 'mometnum', 'momentum'],
    ['sgd', [0.1], 'useNesterov', 'nesterov'],
    ['kerasRmsprop', [0.1], 'alpha', 'rho'],
    ['kerasLamb', [0.1], 'exclude_from_weight_decay', 'decayMask'],
    ['lars', [0.1], 'eeta', 'trustCoefficient'],
    ['adafactor', [0.1], 'scale_parameter', 'multiplyByParameterScale'],
    ['adafactor', [0.1], 'weight_decay', 'weightDecayRate'],
    ['makeStep', [tx], 'donated', 'donate'],
    ['valueAndGrad', [() => 1], 'has_aux', 'hasAux'],
    ['linearSchedule', [1, 0, 10], 'begin', 'transitionBegin'],
    ['exponentialDecay', [1, 10, 0.5], 'eta_min', 'endValue'],
    ['linearOnecycleSchedule', [10, 1], 'pct_start', 'pctStart'],
    ['cosineOnecycleSchedule', [10, 1], 'final_div_factor', 'finalDivFactor'],
    ['cosineOnecycleSchedule', [10, 1], 'warmup_ratio', 'pctStart'],
    ['byEpoch', [() => 1, 10], 'fraction', 'fractional'],
  ]
  const functions = index as unknown as Readonly<Record<string, Anything>>
  for (const [name, args, wrong, meant] of near) {
    const given = args.length === 0 ? [undefined] : args
    const error = await failure(() => functions[name]?.(...given, { [wrong]: 1 }))
    test.match(String(error), `${name}: unknown option ${wrong} (did you mean ${meant}?)`)
  }
  const many = Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`option${i}`, i]))
  test.ok(String(await failure(() => functions['sgd']?.(0.1, many))).length < 600, 'ten thousand, said shortly')
})
