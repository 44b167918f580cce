/** Random valid configs of every type, for one tree of parameters. */
import fc from 'fast-check'

type Options = Readonly<Record<string, unknown>>
type Arb<A = unknown> = fc.Arbitrary<A>

const steps = fc.integer({ min: 1, max: 40 })
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const record = (required: Readonly<Record<string, Arb>>, optional: Readonly<Record<string, Arb>> = {}): Arb<Options> =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required), noNullPrototype: true })
const typed = (type: string, options: Arb<Options>): Arb<Options> => options.map(given => ({ type, ...given }))

/** One of some types. */
const one = (types: Readonly<Record<string, Arb<Options>>>): Arb<Options> =>
  fc.oneof(...Object.entries(types).map(([type, options]) => typed(type, options)))

/** Schedules that stay between two numbers, by type; `min` may be above 0 or the negative of `max`. */
export const schedulesBetween = (min: number, max: number, depth = 1): Readonly<Record<string, Arb<Options>>> => {
  const value = between(min, max)
  const low = between(Math.max(min, 0), max)
  const part = between(0.5, 1)
  const scales = fc.dictionary(fc.nat({ max: 30 }).map(String), part, { maxKeys: 3, noNullPrototype: true })
  const begin = { transitionBegin: fc.nat({ max: 5 }) }
  const constants = { constantSchedule: record({ value }) }
  const inner = one(depth > 0 ? schedulesBetween(min, max, depth - 1) : constants)
  const keras = (name: string, config: Arb, extra: Readonly<Record<string, Arb>> = {}) =>
    fc.record({ class_name: fc.constant(name), config, ...extra }, { noNullPrototype: true })
  const halving = record(
    { initial_learning_rate: low, decay_steps: fc.integer({ min: 100, max: 200 }), decay_rate: part },
    { staircase: fc.boolean() },
  )
  const restarts = record(
    { initial_learning_rate: low, first_decay_steps: steps, alpha: part },
    { t_mul: between(1, 2) },
  )
  const warmupCosine = fc
    .tuple(value, low, fc.nat({ max: 10 }), steps, part)
    .map(([initValue, peak, warmupSteps, more, alpha]) => {
      const peakValue = Math.max(peak, 1e-3)
      return { initValue, peakValue, warmupSteps, decaySteps: warmupSteps + more, endValue: peakValue * alpha }
    })
  // Divided by both factors, the peak is still in the range.
  const factor = between(1, Math.sqrt(max / Math.max(min, max / 100)))
  const factors = { pctStart: between(0, 0.8), divFactor: factor, finalDivFactor: factor }
  const cycle = { transitionSteps: steps, peakValue: fc.constantFrom(max, ...(min < 0 ? [-max] : [])) }
  const weight = min > 0 ? fc.constant(1) : part
  return {
    constantSchedule: record({ value }),
    linearSchedule: record({ initValue: value, endValue: value, transitionSteps: steps }, begin),
    polynomialSchedule: record(
      { initValue: value, endValue: value, power: between(1, 3), transitionSteps: steps },
      begin,
    ),
    cosineDecaySchedule: record({ initValue: value, decaySteps: steps, alpha: part }, { exponent: between(1, 2) }),
    exponentialDecay: record(
      { initValue: low, transitionSteps: fc.integer({ min: 100, max: 200 }), decayRate: part },
      { ...begin, staircase: fc.boolean(), endValue: fc.constant(min) },
    ),
    piecewiseConstantSchedule: record({ initValue: value }, { boundariesAndScales: scales }),
    piecewiseInterpolateSchedule: record(
      { interpolateType: fc.constantFrom('linear', 'cosine'), initValue: value },
      { boundariesAndScales: scales },
    ),
    warmupConstantSchedule: record({ initValue: value, peakValue: value, warmupSteps: steps }),
    warmupCosineDecaySchedule: warmupCosine,
    warmupExponentialDecaySchedule: record(
      {
        initValue: value,
        peakValue: low,
        warmupSteps: fc.nat({ max: 10 }),
        transitionSteps: fc.integer({ min: 100, max: 200 }),
        decayRate: part,
      },
      { ...begin, staircase: fc.boolean(), endValue: fc.constant(min) },
    ),
    linearOnecycleSchedule: record(cycle, { ...factors, pctFinal: between(0.85, 1) }),
    cosineOnecycleSchedule: record(cycle, factors),
    sgdrSchedule: record({ cycles: fc.array(warmupCosine, { minLength: 1, maxLength: 3 }) }),
    multiplySchedules: record({ schedules: fc.tuple(inner, one({ constantSchedule: record({ value: weight }) })) }),
    repeatSchedule: record({ schedule: inner, period: steps }),
    byEpoch: record({ schedule: inner, stepsPerEpoch: steps }, { fractional: fc.boolean() }),
    joinSchedules: fc
      .tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.nat({ max: 5 }))
      .map(([schedules, first]) => ({ schedules, boundaries: schedules.slice(1).map((_, i) => first + 2 * i) })),
    keras: fc.oneof(
      keras('ExponentialDecay', halving),
      keras('CosineDecayRestarts', restarts, { strict: fc.boolean() }),
      keras(
        'WarmUp',
        record({
          initial_learning_rate: low,
          decay_schedule_fn: keras('ExponentialDecay', halving),
          warmup_steps: fc.constant(0),
        }),
      ),
    ),
  }
}

const timed = (min: number, max: number): Arb =>
  fc.oneof(
    { weight: 3, arbitrary: between(min, max) },
    { weight: 1, arbitrary: fc.constantFrom(max, ...(min < 0 ? ['-0', 0] : [])) },
    { weight: 2, arbitrary: one(schedulesBetween(min, max)) },
  )
const hyper = (min: number, max: number): Arb => {
  const value = timed(min, max)
  const patterns = fc.array(fc.tuple(fc.constantFrom('dense_1', 'bias', '^layer_norm', 'not_there'), value), {
    maxLength: 3,
  })
  return fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 1, arbitrary: record({ type: fc.constant('byPath'), patterns, otherwise: value }) },
  )
}
const [finite, above, rate] = [hyper(-2, 2), hyper(1e-3, 2), hyper(0.01, 0.99)]

/** parameters have these leaves, so tree masks fit */
export const shapes = { dense_1: { kernel: [2, 2], bias: [2] }, layer_norm: [[1], [3]] }
const source = fc.constantFrom('dense_1', 'bias', 'layer_norm', '^dense', 'kernel$', '_', 'not_there', '\\.[01]')
const text = fc.oneof(
  source,
  source.map(name => ({ name })),
)
const tree = fc.oneof(
  fc.record({ dense_1: fc.boolean(), layer_norm: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }) }),
  fc.record({ dense_1: fc.record({ kernel: fc.boolean(), bias: fc.boolean() }), layer_norm: fc.boolean() }),
)
const lists = { include: fc.array(text, { maxLength: 2 }), exclude: fc.array(text, { maxLength: 3 }) }
export const masks: Arb = fc.oneof(
  fc.boolean(),
  tree,
  tree.map(mask => ({ name: JSON.stringify(mask) })),
  fc.record(lists, { noNullPrototype: true }),
  fc.record({ ...lists, negate: fc.boolean() }, { noNullPrototype: true }),
)

const adam = { b1: rate, b2: rate, eps: above }
const moments = { ...adam, epsRoot: above }
const nesterov = { nesterov: fc.boolean() }
const decayed = { weightDecay: finite, mask: masks }
const coupled = { weightDecay: finite, weightDecayMask: masks }
const lion = { b1: rate, b2: rate }
const rms = {
  decay: rate,
  eps: above,
  initialScale: between(0, 1),
  epsInSqrt: fc.boolean(),
  biasCorrection: fc.boolean(),
}
const rss = { initialAccumulatorValue: between(0, 1), eps: above }
const yogi = { ...moments, initialAccumulatorValue: between(0, 1) }
const adan = { ...moments, b3: rate }
const adopt = { ...adam, ...nesterov, useClipping: fc.boolean(), clipValueFn: above }
const amsgrad = { ...moments, biasCorrectionMu: fc.boolean(), biasCorrectionNu: fc.boolean() }
const radam = { ...moments, ...nesterov, threshold: between(4, 6) }
const optimistic = { alpha: finite, beta: finite }
const rprop = { etaMinus: above, etaPlus: above, minStepSize: above, maxStepSize: above }
const madgrad = { momentum: rate, eps: above }
// One weight for the tree, so no rate by path.
const treeRate = { learningRate: between(1e-3, 1) }
const freed = { b1: between(0.5, 1), weightLrPower: between(0, 2) }
const start = { learningRate: between(1e-3, 1) }
const factored = { factored: fc.boolean(), decayRate: above, minDimSizeToFactor: fc.integer({ min: 1, max: 3 }) }
const count = fc.nat({ max: 9 })
const orNull = (some: Arb): Arb => fc.oneof({ weight: 4, arbitrary: some }, { weight: 1, arbitrary: fc.constant(null) })
const novograd = { ...moments, weightDecay: finite }
const polyak = {
  fMin: finite,
  maxLearningRate: above,
  eps: hyper(0.01, 1),
  variant: fc.constantFrom('sps', 'sps+'),
}
const everywhere = { above: timed(1e-3, 2), finite: timed(-2, 2), rate: timed(0.01, 0.99) }
const estimated = {
  learningRate: finite,
  b1: everywhere.rate,
  b2: everywhere.rate,
  eps: above,
  estimLr0: everywhere.above,
  weightDecay: above,
}
const model = {
  learningRate: everywhere.above,
  lowerBound: everywhere.finite,
  weightDecay: everywhere.above,
  adaptLowerBound: fc.boolean(),
}
const sophia = { ...adam, gamma: above, clipThreshold: orNull(above) }
const firstStep = fc.tuple(fc.constantFrom('heuristic', 'distance', 'learningRate'), everywhere.above)
const windows = fc.integer({ min: 1, max: 3 })
const layerwise = { weightDecay: finite, decayMask: masks, adaptMask: masks }

/** Options of the transformations that are not made of others, by type. */
export const simple: Readonly<Record<string, Arb<Options>>> = {
  identity: record({}),
  setToZero: record({}),
  zeroNans: record({}),
  keepParamsNonnegative: record({}),
  applyEvery: record({}, { k: fc.integer({ min: 1, max: 4 }) }),
  emaOfParams: record({ decay: rate }),
  clip: record({ maxDelta: above }),
  clipByNorm: record({ maxNorm: above }),
  clipByGlobalNorm: record({ maxNorm: above }),
  clipnorm: record({ c: above }),
  globalClipnorm: record({ c: above }),
  scale: record({ stepSize: finite }),
  scaleBySchedule: record({
    stepSizeFn: one(schedulesBetween(-2, 2)),
  }),
  scaleByLearningRate: record({ learningRate: finite }, { flipSign: fc.boolean() }),
  trace: record({ decay: rate }, nesterov),
  addDecayedWeights: record({}, { weightDecay: finite, mask: masks }),
  decayParams: record({ learningRate: finite, weightDecay: finite }, { mask: masks }),
  scaleByAdam: record({}, { ...moments, ...nesterov }),
  scaleByNadam: record({}, moments),
  scaleByAmsgrad: record({}, amsgrad),
  scaleByAcprop: record({}, moments),
  scaleByAdadelta: record({}, { rho: rate, eps: above }),
  scaleByAdamax: record({}, adam),
  scaleByAdan: record({}, adan),
  scaleByAdemamix: record({}, { ...adan, alpha: above }),
  scaleByAdopt: record({}, adopt),
  scaleByBelief: record({}, { ...moments, ...nesterov }),
  scaleByCautiousAdam: record({}, moments),
  scaleByCautiousLion: record({}, lion),
  scaleByCocob: record({}, { alpha: above, eps: between(1e-3, 1) }),
  scaleByLion: record({}, { ...lion, mode: fc.constantFrom('hard', 'smooth', 'refined'), smoothBeta: above }),
  scaleByMadgrad: record({ learningRate: above }, madgrad),
  scaleByMars: record({}, { b1: rate, gamma: above }),
  scaleByOptimisticGradient: record({}, optimistic),
  scaleByRadam: record({}, radam),
  scaleByRms: record({}, rms),
  scaleByRprop: record(start, rprop),
  scaleByRss: record({}, rss),
  scaleByScheduledNadam: record({}, { ...adam, momentumDecay: above }),
  scheduleFreeAverage: record(treeRate, freed),
  scaleBySign: record({}),
  scaleBySimplifiedAdemamix: record({}, { ...moments, alpha: finite }),
  scaleByStddev: record({}, rms),
  scaleByYogi: record({}, yogi),
  addCautiousDecayedWeights: record({ weightDecay: finite }, { mask: masks }),
  ema: record({ decay: rate }, { debias: fc.boolean() }),
  grokfast: record({}, { alpha: rate, lamb: above }),
  kerasAdamax: record({ learningRate: finite }, adam),
  orthoGrad: record({}),
  torchAdagrad: record({ learningRate: finite }, { ...rss, lrDecay: above }),
  torchMomentum: record({ momentum: rate }, { dampening: finite, ...nesterov }),
  adamEpsilonHat: record({ learningRate: finite }, adam),
  amsgradEpsilonHat: record({ learningRate: finite }, adam),
  kerasMomentum: record({ learningRate: finite }, { momentum: rate, ...nesterov }),
  kerasRmsprop: record({ learningRate: finite }, { rho: rate, momentum: rate, eps: above, centered: fc.boolean() }),
  kerasAdagrad: record({ learningRate: finite }, { initialAccumulatorValue: between(0, 1), eps: above }),
  kerasLamb: record({ learningRate: finite }, { ...adam, ...layerwise }),
  kerasLars: record(
    { learningRate: finite },
    { ...layerwise, momentum: rate, eeta: above, ...nesterov, classicMomentum: fc.boolean() },
  ),
  ...Object.fromEntries(
    Object.entries({
      acprop: { ...moments, ...decayed },
      adabelief: { ...moments, ...nesterov, ...coupled },
      adadelta: { rho: rate, eps: above, ...coupled },
      adagrad: rss,
      adamax: adam,
      adamaxw: { ...adam, ...decayed },
      adan: { ...adan, ...decayed },
      ademamix: { ...adan, alpha: above, ...decayed },
      adopt,
      amsgrad,
      cautiousAdamw: { ...moments, ...decayed },
      cautiousLion: { ...lion, ...decayed },
      kerasNadam: adam,
      lion: { ...lion, ...decayed },
      mars: { ...moments, gamma: above, ...decayed },
      nadam: moments,
      nadamw: { ...moments, ...decayed },
      optimisticAdam: { ...moments, ...nesterov, ...optimistic },
      optimisticGradientDescent: optimistic,
      radam,
      rmsprop: { ...rms, centered: fc.boolean(), momentum: rate, ...nesterov },
      signSgd: {},
      signum: { beta: rate },
      simplifiedAdemamix: { ...moments, alpha: finite, ...decayed },
      torchNadam: { ...adam, momentumDecay: above, weightDecay: finite },
      torchRmsprop: { alpha: rate, eps: above, momentum: rate, centered: fc.boolean(), weightDecay: finite },
      torchSgd: { momentum: rate, dampening: finite, ...nesterov, weightDecay: finite },
      yogi,
    }).map(([type, options]) => [type, record({ learningRate: finite }, options)]),
  ),
  cocob: record({}, { learningRate: finite, alpha: above, eps: between(1e-3, 1), ...decayed }),
  madgrad: record({ learningRate: above }, { ...madgrad, weightDecay: finite }),
  rprop: record(start, rprop),
  scheduleFreeAdamw: record(treeRate, { ...freed, warmupSteps: steps, weightDecay: finite, b2: rate, eps: above }),
  scheduleFreeSgd: record(treeRate, { ...freed, weightDecay: finite }),
  normalize: record({}),
  normalizeByUpdateNorm: record({}, { scaleFactor: finite, eps: above }),
  clipByBlockRms: record({ threshold: above }),
  scaleByParamBlockNorm: record({}, { minScale: above }),
  scaleByParamBlockRms: record({}, { minScale: above }),
  scaleByTrustRatio: record({}, { minNorm: above, trustCoefficient: above, eps: above }),
  centralize: record({}, { axis: fc.constantFrom(0, -1, [0, 1], [-2]) }),
  adaptiveGradClip: record({ clipping: above }, { eps: above, axis: fc.constantFrom(0, -1, [0]) }),
  scaleByFactoredRms: record({}, { ...factored, stepOffset: count, epsilon: above }),
  scaleBySm3: record({}, { b1: rate, b2: fc.oneof(rate, fc.constant(1)), eps: above }),
  addNoise: record({ eta: above, gamma: finite, seed: count }),
  lamb: record({ learningRate: finite }, { ...moments, weightDecay: finite, mask: masks }),
  lars: record(
    { learningRate: finite },
    {
      weightDecay: finite,
      weightDecayMask: masks,
      trustCoefficient: above,
      eps: above,
      trustRatioMask: masks,
      momentum: rate,
      ...nesterov,
    },
  ),
  fromage: record({ learningRate: finite }, { minNorm: above }),
  noisySgd: record({ learningRate: finite }, { eta: above, gamma: finite, seed: count }),
  sm3: record({ learningRate: finite }, { momentum: rate }),
  adafactor: record(
    {},
    {
      learningRate: finite,
      ...factored,
      decayOffset: count,
      multiplyByParameterScale: fc.boolean(),
      clippingThreshold: orNull(above),
      momentum: orNull(rate),
      weightDecayRate: orNull(finite),
      eps: above,
      weightDecayMask: masks,
    },
  ),
  scaleByNovograd: record({}, novograd),
  scaleByPolyak: record({}, polyak),
  scaleByDistanceOverGradients: record({}, { repsRel: above, eps: above, globalScale: finite }),
  reduceOnPlateau: record(
    {},
    {
      factor: timed(0.1, 0.9),
      patience: windows,
      rtol: timed(0.1, 1),
      atol: everywhere.above,
      cooldown: windows,
      accumulationSize: windows,
      minScale: everywhere.above,
    },
  ),
  novograd: record({ learningRate: finite }, novograd),
  polyakSgd: record({}, { ...polyak, scaling: finite }),
  dog: record({}, { learningRate: finite, initStep: firstStep, eps: everywhere.above, ...decayed }),
  dowg: record({}, { learningRate: finite, initEstimSqDist: everywhere.above, eps: everywhere.above, ...decayed }),
  prodigy: record(
    {},
    { ...estimated, b3: everywhere.rate, estimLrCoef: everywhere.above, safeguardWarmup: fc.boolean() },
  ),
  dadaptAdamw: record({}, estimated),
  momo: record({}, { ...model, beta: everywhere.rate }),
  momoAdam: record({}, { ...model, b1: everywhere.rate, b2: everywhere.rate, eps: everywhere.above }),
  scaleBySophia: record({}, sophia),
  sophia: record({ learningRate: finite }, { ...sophia, ...coupled }),
  sgd: record({ learningRate: finite }, { momentum: rate, ...nesterov }),
  adam: record({ learningRate: finite }, { ...moments, ...nesterov }),
  adamw: record({ learningRate: finite }, { ...moments, ...nesterov, weightDecay: finite, mask: masks }),
}

const muonOptions = {
  beta: rate,
  eps: above,
  ...nesterov,
  preconditioning: fc.constantFrom('frobenius', 'spectral', 'aol', 'schatten'),
  adaptive: fc.boolean(),
}
const iterations = fc.oneof(
  record({}, { nsSteps: fc.integer({ min: 1, max: 5 }), nsCoeffs: fc.constantFrom('standard', [2, -1.5, 0.5]) }),
  record({ nsCoeffs: fc.constantFrom('dion', [[2, -1.5, 0.5]]) }),
)
const dimensions = fc.constantFrom({}, { reductionAxis: 1, outputAxis: 0 }, { reductionAxis: [-1], outputAxis: [-2] })
const withIterations = (options: Arb<Options>): Arb<Options> =>
  fc.tuple(options, iterations).map(([some, more]) => ({ ...some, ...more }))
/** takes matrices only */
const muon = typed('scaleByMuon', withIterations(record({}, { ...muonOptions, weightDimensionNumbers: dimensions })))
const muonRecipe = withIterations(
  record(
    { learningRate: finite },
    {
      ...muonOptions,
      consistentRms: orNull(between(0.1, 1)),
      weightDecay: finite,
      weightDecayMask: masks,
      adamB1: rate,
      adamB2: rate,
      adamEpsRoot: above,
      adamWeightDecay: finite,
      adamLearningRate: finite,
    },
  ),
)
const onMatrix = { dense_1: { kernel: true, bias: false }, layer_norm: false }
const anySimple = fc.oneof(
  { weight: 9, arbitrary: one(simple) },
  { weight: 1, arbitrary: typed('muon', muonRecipe) },
  { weight: 1, arbitrary: muon.map(inner => ({ type: 'masked', inner, mask: onMatrix })) },
)
const names = ['clip', 'layer_norm', '_', 'adam_1', 'name'].map(name => fc.constant(name))

/** Groups by a tree of labels, as JSON or not, or by patterns. */
const partitions = (inner: Arb): Readonly<Record<string, Arb<Options>>> => {
  const labels: Arb = fc.oneof(
    fc.constantFrom<unknown>('one', { dense_1: 'one', layer_norm: ['two_2', 'one'] }),
    fc.constant({ name: JSON.stringify({ dense_1: { kernel: 'two_2', bias: 'one' }, layer_norm: 'one' }) }),
    fc.array(source, { maxLength: 2 }).map(sources => {
      return { patterns: sources.map(pattern => [pattern, 'two_2']), otherwise: 'one' }
    }),
    fc.constantFrom<unknown>({ ranks: { 2: 'two_2' }, otherwise: 'one' }),
  )
  const groups = fc.tuple(inner, inner).map(([a, b]) => [
    { name: 'one', link: a },
    { name: 'two_2', link: b },
  ])
  return { partition: record({ groups, labels }), multiTransform: record({ groups, labels }) }
}

const plainRate = { learningRate: between(0, 1) }
const skipRules = one({ skipNotFinite: record({}), skipLargeUpdates: record({ maxSquaredNorm: between(1, 50) }) })

/** Options of what is made of others, by type. */
const nested = (inner: Arb): Readonly<Record<string, Arb<Options>>> => ({
  chain: record({ links: fc.array(inner, { maxLength: 3 }) }),
  namedChain: record({
    links: fc
      .tuple(
        fc.shuffledSubarray(names, { maxLength: 3 }).chain(some => fc.tuple(...some)),
        fc.array(inner, { minLength: 3, maxLength: 3 }),
      )
      .map(([some, links]) => some.map((name, i) => ({ name, link: links[i] }))),
  }),
  masked: record({ inner, mask: masks }),
  ...partitions(inner),
  flatten: record({ inner: one({ lamb: record(plainRate), novograd: record(plainRate) }) }),
  sam: fc.oneof(
    record({ optimizer: inner, advOptimizer: inner, resetState: fc.constant(false) }),
    record(
      { optimizer: inner, advOptimizer: one({ lamb: record(plainRate) }) },
      { syncPeriod: fc.integer({ min: 1, max: 3 }) },
    ),
  ),
  applyIfFinite: record({ inner: anySimple, maxConsecutiveErrors: fc.integer({ min: 0, max: 3 }) }),
  mechanize: record(
    { base: inner },
    {
      weightDecay: between(0, 1),
      eps: between(0.01, 1),
      sInit: between(0.01, 1),
      numBetas: fc.integer({ min: 1, max: 3 }),
    },
  ),
  freeze: record({ mask: masks }),
  selectiveTransform: record({ inner, mask: masks }),
  injectHyperparams: record({ inner }),
  lookahead: fc.oneof(
    record({ inner, syncPeriod: fc.integer({ min: 1, max: 3 }), slowStepSize: finite }),
    record({
      inner: one({ adam: simple['adam']!, dog: simple['dog']! }),
      syncPeriod: fc.integer({ min: 1, max: 3 }),
      slowStepSize: finite,
      resetState: fc.boolean(),
    }),
  ),
  scheduleFree: record({ base: inner, ...treeRate }, freed),
  multiSteps: record(
    { inner, everyK: fc.integer({ min: 1, max: 3 }) },
    { useGradMean: fc.boolean(), shouldSkipUpdate: skipRules },
  ),
})
const aggregate = record(
  { how: fc.constantFrom('sum', 'mean') },
  { axis: fc.constant(0), each: fc.oneof(...['clip', 'clipnorm', 'scale'].map(type => typed(type, simple[type]!))) },
)

/** Any config. */
export const configs: Arb<Options> = fc.letrec<{ any: Options }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 2, arbitrary: anySimple },
    { weight: 3, arbitrary: one(nested(tie('any'))) },
  ),
})).any

/** Any config, or one that takes the gradients of replicas. */
export const all: Arb<Options> = fc.oneof(
  { weight: 4, arbitrary: configs },
  {
    weight: 1,
    arbitrary: fc
      .tuple(typed('aggregate', aggregate), fc.array(anySimple, { maxLength: 2 }))
      .map(([first, rest]) => ({ type: 'chain', links: [first, ...rest] })),
  },
)

/** every type that is tried */
export const triedTransforms: readonly string[] = [
  ...Object.keys(simple),
  ...Object.keys(nested(anySimple)),
  'aggregate',
  'scaleByMuon',
  'muon',
]
export const triedSchedules: readonly string[] = Object.keys(schedulesBetween(0, 1))
