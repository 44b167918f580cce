/** Bad input: each a clear error, and nothing changed: no tensor left, no state advanced, nothing disposed. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { elementwise, lt, mul, select } from '../lib/rule.js'
import { childEnv } from './childEnv.js'
import { leftBehind, onBackends, useBackend, type Test } from './setup.js'

const untyped = O as unknown as Record<string, (...args: unknown[]) => O.GradientTransformation>
/** The symbol of another rule's slot. */
const stolen = (): unknown => {
  let symbol: unknown
  elementwise({
    name: 'other',
    slots: { other: 0 },
    step: ({ u, other }) => {
      symbol = other
      return { u, other }
    },
  })
  return symbol
}

const call =
  (name: string, ...args: unknown[]) =>
  () =>
    untyped[name]!(...args)

/** A cycle of `sgdrSchedule`. */
const cycle = { initValue: 0, peakValue: 1, warmupSteps: 2, decaySteps: 10 }

/** `run` throws exactly this, and leaves no tensor. */
const refuses = (test: Test, run: () => unknown, name: string, message: string): void => {
  const before = tf.memory().numTensors
  test.throws(run, { name, message }, message)
  test.equal(tf.memory().numTensors, before, 'nothing left behind')
}

t.test('options are checked when a transformation is made', async test => {
  await useBackend('cpu')
  const wrong: readonly (readonly [() => unknown, string, string])[] = [
    [call('scaleByAdam', { b1: 1.2 }), 'ValueError', 'scaleByAdam: b1 must be in [0, 1), got 1.2'],
    [call('scaleByAdam', { b2: 1 }), 'ValueError', 'scaleByAdam: b2 must be in [0, 1), got 1'],
    [call('scaleByAdam', { b1: -0.1 }), 'ValueError', 'scaleByAdam: b1 must be in [0, 1), got -0.1'],
    [call('scaleByAdam', { b1: NaN }), 'ValueError', 'scaleByAdam: b1 must be in [0, 1), got NaN'],
    [
      call('scaleByAmsgrad', { eps: 0 }),
      'ValueError',
      'scaleByAmsgrad: eps must be positive and finite in float32, got 0',
    ],
    [
      call('scaleByNadam', { epsRoot: -1 }),
      'ValueError',
      'scaleByNadam: epsRoot must be at least 0 and finite, got -1',
    ],
    [
      call('scaleByAdam', { b1: '0.9' }),
      'TypeError',
      'scaleByAdam: b1 must be a number or a schedule (count) => number, got "0.9"',
    ],
    [call('scaleByAdam', { beta1: 0.9 }), 'TypeError', 'scaleByAdam: unknown option beta1'],
    [
      call('adamw', 1e-3, { weight_decay: 0.1, b3: 1 }),
      'TypeError',
      'adamw: unknown options weight_decay (did you mean weightDecay?), b3 (did you mean b1 or b2?)',
    ],
    [call('adam', 1e-3, { weightDecay: 0.1 }), 'TypeError', 'adam: unknown option weightDecay'],
    [
      call('adam'),
      'TypeError',
      'scaleByLearningRate: learningRate must be a number or a schedule (count) => number, got undefined',
    ],
    [
      call('adamw', Infinity),
      'ValueError',
      'scaleByLearningRate: learningRate must be finite in float32, got Infinity',
    ],
    [call('sgd', 0.1, { momentum: 1 }), 'ValueError', 'trace: decay must be in [0, 1), got 1'],
    [call('sgd', 0.1, { momentun: 0.9 }), 'TypeError', 'sgd: unknown option momentun'],
    [call('trace', 0.9, { Nesterov: true }), 'TypeError', 'trace: unknown option Nesterov'],
    [call('clip', -1), 'ValueError', 'clip: maxDelta must be positive and finite in float32, got -1'],
    [call('clipByNorm', 0), 'ValueError', 'clipByNorm: maxNorm must be positive and finite in float32, got 0'],
    [
      call('clipByGlobalNorm', NaN),
      'ValueError',
      'clipByGlobalNorm: maxNorm must be positive and finite in float32, got NaN',
    ],
    [call('addDecayedWeights', NaN), 'ValueError', 'addDecayedWeights: weightDecay must be finite in float32, got NaN'],
    [call('addDecayedWeights', 0.1, { masc: true }), 'TypeError', 'addDecayedWeights: unknown option masc'],
    [call('scale', NaN), 'ValueError', 'scale: stepSize must be finite in float32, got NaN'],
    [
      call('scaleBySchedule', 0.1),
      'TypeError',
      'scaleBySchedule: stepSizeFn must be a schedule (count) => number, got 0.1',
    ],
    [
      call('scale', () => NaN),
      'ValueError',
      'scale: stepSize must be finite in float32, its schedule gave NaN at count 0',
    ],
    [
      call('masked', O.scale(1), 'dense'),
      'TypeError',
      'masked: mask must be a boolean, a tree of booleans, or a function, got "dense"',
    ],
    [call('masked', {}, true), 'TypeError', 'masked: inner must be a transformation {init, update}, got a record {}'],
    [
      call('chain', O.scale(1), O.scaleByAdam),
      'TypeError',
      'chain: link 1 must be a transformation {init, update}, got a function',
    ],
    [
      call('chain', { init: 1, update: 2 }),
      'TypeError',
      'chain: link 0 must be a transformation {init, update}, got a record {init, update}',
    ],
    [
      call('chain', O.scale(1), O.aggregate('sum')),
      'ValueError',
      'chain: aggregate takes one gradient tree per replica, so it must be the first link',
    ],
    [call('namedChain', ['a', O.scale(1)], ['a', O.scale(1)]), 'ValueError', 'namedChain: the name a is given twice'],
    [call('aggregate', 'median'), 'TypeError', "aggregate: how must be 'sum', 'mean' or a function, got \"median\""],
    [call('aggregate', 'sum', { axis: 0.5 }), 'TypeError', 'aggregate: axis must be a whole number, got 0.5'],
    [
      call('aggregate', 'sum', { each: O.scaleByAdam() }),
      'ValueError',
      'aggregate: each must be without slots, one for all replicas, but scaleByAdam has some',
    ],
    [call('makeStep', O.scale(1), { donated: true }), 'TypeError', 'makeStep: unknown option donated'],
    [
      call('makeStep', O.scale(1), true),
      'TypeError',
      'makeStep: takes (tx, {donate}), got (a record {program, init, update}, true)',
    ],
    [call('makeStep', O.scale(1), { donate: 'no' }), 'TypeError', 'makeStep: donate must be true or false, got "no"'],
    [call('clip', 1e39), 'ValueError', 'clip: maxDelta must be positive and finite in float32, got 1e+39'],
    [call('scale', 1e39), 'ValueError', 'scale: stepSize must be finite in float32, got 1e+39'],
    [call('makeStep', null), 'TypeError', 'makeStep: tx must be a transformation {init, update}, got null'],
    [
      call('scaleByAdam', { eps: 1e-46 }),
      'ValueError',
      'scaleByAdam: eps must be positive and finite in float32, got 1e-46',
    ],
    [
      call('masked', O.aggregate('sum', { axis: 0 }), true),
      'ValueError',
      'masked: aggregate takes one gradient tree per replica, so it must be the first link',
    ],
    [
      call('aggregate', 'sum', { each: O.aggregate('mean') }),
      'ValueError',
      'aggregate: aggregate takes one gradient tree per replica, so it must be the first link',
    ],
    [
      call('aggregate', 'sum', { each: O.chain({ init: () => 0, update: () => [0, 0] as const }) }),
      'ValueError',
      'aggregate: each must be without slots, one for all replicas, but link 0 has some',
    ],
    [
      call('aggregate', 'sum', { each: elementwise({ name: 'mover', step: ({ u, p }) => ({ u, p: mul(p, 2) }) }) }),
      'ValueError',
      'aggregate: each works on gradients, but mover moves the parameters',
    ],
    [
      call('namedChain', O.scale(1)),
      'TypeError',
      'namedChain: link 0 must be [name, transformation], got a record {program, init, update}',
    ],
    [call('valueAndGrad', () => 1, { hasaux: true }), 'TypeError', 'valueAndGrad: unknown option hasaux'],
    [call('chain', { init: () => 0, update: () => 0, program: 'mine' }), 'none', ''],
    [
      call('linearSchedule', 0, 1, 0),
      'ValueError',
      'linearSchedule: transitionSteps must be a whole number above 0, got 0',
    ],
    [call('linearSchedule', 0, NaN, 5), 'ValueError', 'linearSchedule: endValue must be a finite number, got NaN'],
    [call('polynomialSchedule', 0, 1, 2, 5, { begin: 3 }), 'TypeError', 'polynomialSchedule: unknown option begin'],
    [
      call('cosineDecaySchedule', 1, 2.5),
      'ValueError',
      'cosineDecaySchedule: decaySteps must be a whole number above 0, got 2.5',
    ],
    [
      call('exponentialDecay', 1, 10, 0),
      'ValueError',
      'exponentialDecay: decayRate must be a number above 0 and finite, got 0',
    ],
    [
      call('piecewiseConstantSchedule', 1, { 5: -1 }),
      'ValueError',
      'piecewiseConstantSchedule: scale at 5 must be at least 0 and finite, got -1',
    ],
    [
      call('piecewiseConstantSchedule', 1, { x: 1 }),
      'ValueError',
      'piecewiseConstantSchedule: boundary must be a whole number, at least 0, got "x"',
    ],
    [
      call('piecewiseInterpolateSchedule', 'cubic', 1),
      'TypeError',
      "piecewiseInterpolateSchedule: interpolateType must be 'linear' or 'cosine', got \"cubic\"",
    ],
    [
      call('joinSchedules', [], []),
      'TypeError',
      'joinSchedules: schedules must be a non-empty list of schedules, got an array of 0',
    ],
    [
      call('joinSchedules', [O.constantSchedule(1)], [5]),
      'TypeError',
      'joinSchedules: boundaries must be a list of 0, one less than schedules, got an array of 1',
    ],
    [
      call('joinSchedules', [Math.abs]),
      'TypeError',
      'joinSchedules: boundaries must be a list of 0, one less than schedules, got undefined',
    ],
    [
      call('joinSchedules', 'schedules', []),
      'TypeError',
      'joinSchedules: schedules must be a non-empty list of schedules, got "schedules"',
    ],
    [
      call('piecewiseConstantSchedule', 1, [0.5]),
      'TypeError',
      'piecewiseConstantSchedule: boundariesAndScales must be a record of scales by count, got an array of 1',
    ],
    [
      call('piecewiseInterpolateSchedule', 'linear', 1, null),
      'TypeError',
      'piecewiseInterpolateSchedule: boundariesAndScales must be a record of scales by count, got null',
    ],
    [
      call('joinSchedules', [Math.abs, Math.abs, Math.abs], [5, 5]),
      'TypeError',
      'joinSchedules: boundaries must be ascending, got "5, 5"',
    ],
    [
      call('warmupCosineDecaySchedule', 0, 1, 100, 100),
      'ValueError',
      'warmupCosineDecaySchedule: decaySteps must be above warmupSteps (100), got 100',
    ],
    [
      call('warmupCosineDecaySchedule', 0, 0, 10, 100, { endValue: 0.1 }),
      'ValueError',
      'warmupCosineDecaySchedule: endValue must be 0 where peakValue is 0, got 0.1',
    ],
    [
      call('warmupConstantSchedule', 0, NaN, 5),
      'ValueError',
      'warmupConstantSchedule: peakValue must be a finite number, got NaN',
    ],
    [
      call('warmupExponentialDecaySchedule', 0, 1, 2.5, 5, 0.5),
      'ValueError',
      'warmupExponentialDecaySchedule: warmupSteps must be a whole number, at least 0, got 2.5',
    ],
    [
      call('warmupExponentialDecaySchedule', 0, 1, 2, 0, 0.5),
      'ValueError',
      'warmupExponentialDecaySchedule: transitionSteps must be a whole number above 0, got 0',
    ],
    [
      call('warmupExponentialDecaySchedule', 0, NaN, 2, 5, 0.5),
      'ValueError',
      'warmupExponentialDecaySchedule: peakValue must be a finite number, got NaN',
    ],
    [
      call('warmupExponentialDecaySchedule', 0, 1, 2, 5, 0.5, { staircase: 1 }),
      'TypeError',
      'warmupExponentialDecaySchedule: staircase must be true or false, got 1',
    ],
    [
      call('linearOnecycleSchedule', 0, 1),
      'ValueError',
      'linearOnecycleSchedule: transitionSteps must be a whole number above 0, got 0',
    ],
    [
      call('linearOnecycleSchedule', 10, 1, { pctStart: 0.5, pctFinal: 0.4 }),
      'ValueError',
      'linearOnecycleSchedule: pctFinal must be at least pctStart (0.5), got 0.4',
    ],
    [
      call('linearOnecycleSchedule', 10, 1, { pctFinal: NaN }),
      'ValueError',
      'linearOnecycleSchedule: pctFinal must be a number from 0 to 1, got NaN',
    ],
    [
      call('cosineOnecycleSchedule', 10, NaN),
      'ValueError',
      'cosineOnecycleSchedule: peakValue must be a finite number, got NaN',
    ],
    [
      call('cosineOnecycleSchedule', 10, 1, { pctStart: 30 }),
      'ValueError',
      'cosineOnecycleSchedule: pctStart must be a number from 0 to 1, got 30',
    ],
    [
      call('cosineOnecycleSchedule', 10, 1, { divFactor: 0 }),
      'ValueError',
      'cosineOnecycleSchedule: divFactor must be a number above 0 and finite, got 0',
    ],
    [
      call('sgdrSchedule', []),
      'TypeError',
      'sgdrSchedule: cycles must be a non-empty list of {initValue, peakValue, warmupSteps, decaySteps, …}, got an array of 0',
    ],
    [
      call('sgdrSchedule', [cycle, { ...cycle, peakValue: NaN }]),
      'ValueError',
      'sgdrSchedule: cycles[1].peakValue must be a finite number, got NaN',
    ],
    [
      call('sgdrSchedule', [{ ...cycle, decaySteps: 2 }]),
      'ValueError',
      'sgdrSchedule: cycles[0].decaySteps must be above warmupSteps (2), got 2',
    ],
    [
      call('sgdrSchedule', [{ ...cycle, eta_min: 2 }]),
      'TypeError',
      'sgdrSchedule: cycles[0]: unknown option eta_min (did you mean endValue?)',
    ],
    [
      call('sgdrSchedule', [1]),
      'TypeError',
      'sgdrSchedule: cycles[0] must be a record of the arguments of a cycle, got 1',
    ],
    [
      call('multiplySchedules', [0.1, () => 1]),
      'TypeError',
      'multiplySchedules: schedules must be a non-empty list of schedules, got an array of 2',
    ],
    [
      call('repeatSchedule', 0.1, 5),
      'TypeError',
      'repeatSchedule: schedule must be a schedule (count) => number, got 0.1',
    ],
    [call('repeatSchedule', () => 1, 0), 'ValueError', 'repeatSchedule: period must be a whole number above 0, got 0'],
    [call('byEpoch', () => 1, NaN), 'ValueError', 'byEpoch: stepsPerEpoch must be a whole number above 0, got NaN'],
    [call('byEpoch', 1, 5), 'TypeError', 'byEpoch: schedule must be a schedule (count) => number, got 1'],
    [
      call('byEpoch', () => 1, 5, { fractional: 'yes' }),
      'TypeError',
      'byEpoch: fractional must be true or false, got "yes"',
    ],
  ]
  for (const [run, name, message] of wrong)
    if (name === 'none') test.doesNotThrow(run)
    else refuses(test, run, name, message)
})

t.test('rules are checked when they are made', async test => {
  type Definition = Parameters<typeof elementwise>[0]
  const make = (definition: object) => () => elementwise(definition as Definition)
  const wrong: readonly (readonly [() => unknown, string, string])[] = [
    [
      make({ name: 'r', slots: { m: 0 }, step: () => ({ u: 1 }) }),
      'TypeError',
      'r: step must return m (a slot that stays must be returned too)',
    ],
    [make({ name: 'r', step: () => ({ u: 1, m: 1 }) }), 'TypeError', 'r: step returned m, which is none of u, p'],
    [
      make({ name: 'r', slots: { m: 0, "m'": 0 }, step: () => ({ u: 1, m: 1, "m'": 1 }) }),
      'TypeError',
      `r: the name "m'" must have no space and no ' at its end`,
    ],
    [
      make({ name: 'r', slots: { p: 0 }, step: () => ({ u: 1, p: 1 }) }),
      'TypeError',
      'r: the name p is taken by an input of every rule',
    ],
    [
      make({ name: 'r', slots: { m: 0 }, totals: { m: { over: 'tree', of: () => 1 } }, step: () => ({ u: 1, m: 1 }) }),
      'TypeError',
      'r: the name m is taken by a slot',
    ],
    [
      make({ name: 'r', step: () => ({ u: '1' }) }),
      'TypeError',
      'r: step\'s u failed: rule: an operand must be an expression or a number, got "1"',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: never }) => ({ u: lt(u, 0) }) }),
      'TypeError',
      "r: step's u failed: rule: an operand must be an expression or a number, got a record {op, rate, a, b}",
    ],
    [make({ step: () => ({ u: 1 }) }), 'TypeError', 'elementwise: name must be a non-empty string, got undefined'],
    [
      make({ name: 'r', hyper: { a: 0.1 }, step: () => ({ u: 1 }) }),
      'TypeError',
      'r: hyper.a must be made by finite, positive, nonNegative or decayRate, got 0.1',
    ],
    [
      make({ name: 'r', slots: { count: 0 }, step: () => ({ u: 1, count: 1 }) }),
      'TypeError',
      'r: the name count is taken by a field of every state',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: unknown }) => ({ u: Number(u) * 2 }) }),
      'TypeError',
      'r: step failed: rule: an expression has no value yet, so JavaScript cannot compare, add or print it; write select(lt(a, b), x, y), add, sub, mul, div',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: number }) => ({ u: u > 0 ? u : 0 }) }),
      'TypeError',
      'r: step failed: rule: an expression has no value yet',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: string }) => ({ u: `u: ${u}` === 'u: ' ? 0 : 1 }) }),
      'TypeError',
      'r: step failed: rule: an expression has no value yet',
    ],
    [
      make({ name: 'r', step: () => ({ u: stolen() }) }),
      'TypeError',
      "r: step's u reads other (element), which is no symbol that it was given; there are u, p",
    ],
    [
      make({ name: 'r', slots: { m: () => stolen() }, step: ({ m }: { m: unknown }) => ({ u: m, m }) }),
      'TypeError',
      'r: slots.m reads other (element), which is no symbol that it was given; there are p',
    ],
    [
      make({
        name: 'r',
        totals: { s: { over: 'leaf', of: () => stolen() } },
        step: ({ u }: { u: unknown }) => ({ u }),
      }),
      'TypeError',
      'r: totals.s reads other (element), which is no symbol that it was given; there are u, p',
    ],
    [make({ name: 'r' }), 'TypeError', 'r: step must be a function, got undefined'],
    [
      make({ name: 'r', step: () => undefined }),
      'TypeError',
      "r: step's result must be a record {u, …}, got undefined",
    ],
    [make({ name: 'r', slot: { m: 0 }, step: () => ({ u: 1 }) }), 'TypeError', 'r: unknown option slot'],
    [
      make({ name: 'r', step: ({ v }: { v: never }) => ({ u: mul(v, 2) }) }),
      'TypeError',
      'r: step failed: mul: an operand must be an expression or a number, got undefined',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: never }) => ({ u: mul(u, NaN) }) }),
      'TypeError',
      'r: step failed: mul: an operand must be an expression or a number, got NaN',
    ],
    [
      make({ name: 'r', step: ({ u }: { u: never }) => ({ u: select(u, 1, 2) }) }),
      'TypeError',
      'r: step failed: select: the condition must be one of lt or isFinite, got a record {op, rate, name}',
    ],
    [
      make({
        name: 'r',
        totals: { a: { over: 'tree', of: ({ b }: { b: never }) => b }, b: { over: 'tree', of: () => 1 } },
        step: () => ({ u: 1 }),
      }),
      'TypeError',
      'r: totals.a failed: rule: an operand must be an expression or a number, got undefined',
    ],
    [
      make({ name: 'r', totals: { a: { over: 'leaves', of: () => 1 } }, step: () => ({ u: 1 }) }),
      'TypeError',
      "r: totals.a.over must be 'tree' or 'leaf', got \"leaves\"",
    ],
    [
      make({ name: 'r', totals: { a: { over: 'tree', reduce: 'mean', of: () => 1 } }, step: () => ({ u: 1 }) }),
      'TypeError',
      "r: totals.a.reduce must be 'sum' or 'max', got \"mean\"",
    ],
    [
      make({ name: 'r', slots: { m: 0 }, scalars: () => ({ m: 1 }), step: () => ({ u: 1, m: 1 }) }),
      'TypeError',
      'r: the name m is taken by a slot',
    ],
    [
      make({ name: 'r', scalars: () => undefined, step: () => ({ u: 1 }) }),
      'TypeError',
      "r: scalars' result must be a record of numbers, got undefined",
    ],
    [
      make({ name: 'r', scalars: () => ({ k: NaN }), step: () => ({ u: 1 }) }),
      'ValueError',
      'r: scalar k must be a number other than NaN, got NaN at step 1',
    ],
  ]
  for (const [run, name, message] of wrong) refuses(test, run, name, message)
})

onBackends('scalars keep their names', test => {
  const fickle = (later: Record<string, number>) =>
    elementwise({
      name: 'fickle',
      scalars: (t): Record<string, number> => (t < 2 ? { k: 1 } : later),
      step: ({ u }, k) => ({ u: mul(u, k['k'] ?? 1) }),
    })
  const params = { w: tf.ones([1]) }
  for (const [later, got] of [
    [{ j: 1 }, '{j}'],
    [{ k: 1, j: 1 }, '{k, j}'],
  ] as const) {
    const tx = fickle(later)
    const [updates, state] = tx.update(params, tx.init(params))
    const said = `fickle: scalars must be {k} as at step 1, got a record ${got} at step 2`
    refuses(test, () => tx.update(params, state), 'TypeError', said)
    O.disposeTree(updates)
  }
  O.disposeTree(params)
})

const tree = () => ({ dense: { kernel: tf.ones([3, 2]), bias: tf.ones([2]) } })

onBackends('trees that do not fit', test => {
  const params = tree()
  const other = { ...tree(), extra: tf.ones([1]) }
  const [wide, whole, list] = [tf.ones([2, 3]), tf.ones([3, 2], 'int32'), tf.ones([1])]
  const tx = O.chain(O.clipByGlobalNorm(1), O.scaleByAdam(), O.addDecayedWeights(0.1))
  const state = tx.init(params)
  const gone = tf.ones([2])
  gone.dispose()
  const { kernel, bias } = params.dense
  const update =
    (updates: unknown, given: unknown = state, to: unknown = params) =>
    () =>
      (tx.update as (...args: unknown[]) => unknown)(updates, given, to)
  const step =
    (updates: unknown, given: unknown = state, to: unknown = params) =>
    () =>
      (O.makeStep(tx, { donate: true }) as (...args: unknown[]) => unknown)(to, updates, given)
  const swapped = (
    change: (
      state: typeof tx extends O.GradientTransformation<infer F> ? O.Editable<O.At<F, typeof params>> : never,
    ) => void,
  ) => O.editState(state, change)

  const before = () =>
    JSON.stringify([state[1].count, ...O.tensorsOf([state, params]).map(([, x]) => Array.from(x.dataSync()))])
  const was = before()
  const cases: readonly (readonly [() => unknown, string, string])[] = [
    [
      update({ dense: { kernel: wide, bias } }),
      'ValueError',
      'update: leaf dense.kernel has shape [2,3] in updates, [3,2] in params',
    ],
    [
      step({ dense: { kernel: wide, bias: null } }),
      'ValueError',
      'makeStep: leaf dense.kernel has shape [2,3] in updates, [3,2] in params',
    ],
    [
      update({ dense: { kernel: whole, bias } }),
      'TypeError',
      'update: leaf dense.kernel has dtype int32 in updates, expected float32',
    ],
    [
      update({ dense: { kernel } }),
      'ValueError',
      'update: dense.bias is missing in updates but present in params (a gradient that sits out is null)',
    ],
    [
      update({ dense: { kernel, bias }, more: list }),
      'ValueError',
      'update: more is present in updates but missing in params',
    ],
    [update({ dense: [kernel, bias] }), 'ValueError', 'update: dense is an array of 2 in updates, a record in params'],
    [update({ dense: kernel }), 'ValueError', 'update: dense is a leaf in updates, a record in params'],
    [
      update({ dense: { kernel: { k: kernel }, bias } }),
      'ValueError',
      'update: dense.kernel is a record in updates, a leaf in params',
    ],
    [update({ dense: { kernel, bias: 1 } }), 'TypeError', 'update: leaf dense.bias of updates must be a tensor, got 1'],
    [
      update({ dense: { kernel, bias: gone } }),
      'RuntimeError',
      'update: leaf dense.bias of updates is disposed (was it donated to an earlier step?)',
    ],
    [
      update(params, state, { dense: { kernel, bias: gone } }),
      'RuntimeError',
      'update: leaf dense.bias of params is disposed (was it donated to an earlier step?)',
    ],
    [
      update(params, state, { dense: { kernel, bias: null } }),
      'ValueError',
      'update: leaf dense.bias is null in params but has an update',
    ],
    [
      update(params, state.slice(1)),
      'ValueError',
      'chain: state must be an array of 3, one entry per link, got an array of 2 (is it the state of another chain?)',
    ],
    [
      update(params, null),
      'ValueError',
      'chain: state must be an array of 3, one entry per link, got null (is it the state of another chain?)',
    ],
    [
      update(params, [state[0], state[0], state[2]]),
      'ValueError',
      'scaleByAdam: state[1] must be {count, mu, nu}, got a record {count} (is it the state of another chain?)',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].count = 1.5)),
      ),
      'ValueError',
      'scaleByAdam: state[1].count must be a whole number of steps, got 1.5',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].count = -1)),
      ),
      'ValueError',
      'scaleByAdam: state[1].count must be a whole number of steps, got -1',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].count = NaN)),
      ),
      'ValueError',
      'scaleByAdam: state[1].count must be a whole number of steps, got NaN',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].count = Infinity)),
      ),
      'ValueError',
      'scaleByAdam: state[1].count must be a whole number of steps, got Infinity',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].mu.dense.kernel = wide as never)),
      ),
      'ValueError',
      'scaleByAdam: leaf dense.kernel has shape [2,3] in state[1].mu, [3,2] in updates',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].nu.dense.bias = gone as never)),
      ),
      'RuntimeError',
      'scaleByAdam: leaf dense.bias of state[1].nu is disposed (was it donated to an earlier step?)',
    ],
    [
      update(
        params,
        swapped(draft => (draft[1].nu.dense.bias = null as never)),
      ),
      'ValueError',
      'scaleByAdam: state[1].nu has no value for leaf dense.bias, which takes part in this step (was it masked at init?)',
    ],
    [update({}, state, {}), 'ValueError', 'update: updates has no tensors'],
    [() => tx.init({}), 'ValueError', 'init: params has no tensors'],
    [() => tx.init({ a: null, b: [] }), 'ValueError', 'init: params has no tensors'],
    [() => tx.init({ a: new Map() }), 'TypeError', 'init: leaf a of params must be a tensor, got a Map'],
    [() => tx.init(undefined), 'ValueError', 'init: params has no tensors'],
    [
      update({ dense: { kernel, bias } }, state, { dense: { kernel: whole, bias } }),
      'TypeError',
      'update: leaf dense.kernel has dtype int32 in params, expected float32',
    ],
    [
      () => tx.update(params, state),
      'TypeError',
      'addDecayedWeights: reads the parameters, so update needs them as its third argument',
    ],
    [
      () => O.applyUpdates(params, { dense: { kernel: wide, bias } }),
      'ValueError',
      'applyUpdates: leaf dense.kernel has shape [2,3] in updates, [3,2] in params',
    ],
    [
      () => O.mapTree(params, x => x, { dense: kernel }),
      'ValueError',
      'mapTree: dense is a leaf in tree 2, a record in tree 1',
    ],
  ]
  for (const [run, name, message] of cases) refuses(test, run, name, message)
  test.equal(before(), was, 'nothing changed')

  const mask = (m: unknown) => () => O.masked(O.scale(1), m as O.Mask).init(params)
  refuses(test, mask({ dens: true }), 'ValueError', 'masked: dens is present in mask but missing in params')
  refuses(
    test,
    mask({ dense: { kernel: true } }),
    'ValueError',
    'masked: dense.bias is missing in mask but present in params (a gradient that sits out is null)',
  )
  refuses(
    test,
    mask({ dense: { kernel: true, bias: 1 } }),
    'TypeError',
    'masked: mask must be true or false at dense.bias, got 1',
  )
  refuses(test, mask([true]), 'ValueError', 'masked: the root is an array of 1 in mask, a record in params')
  refuses(
    test,
    mask({ dense: { kernel: { deep: true }, bias: true } }),
    'ValueError',
    'masked: dense.kernel is a record in mask, a leaf in params',
  )
  refuses(
    test,
    mask(() => 'yes'),
    'TypeError',
    'masked: mask must be true or false at dense.bias, got "yes"',
  )
  O.disposeTree([params, other, state, wide, whole, list])
})

onBackends('donation', test => {
  const tx = O.scaleByAdam()
  const step = O.makeStep(tx, { donate: true })
  const gradients = { a: tf.ones([2]), b: tf.ones([2]) }
  const fresh = () => ({ a: tf.ones([2]), b: tf.ones([2]) })
  const params = fresh()
  const state = tx.init(params)
  const [moved, next] = step(params, gradients, state)
  const again = 'makeStep: leaf a of params is disposed (was it donated to an earlier step?)'
  refuses(test, () => step(params, gradients, next), 'RuntimeError', again)
  refuses(
    test,
    () => step(moved, gradients, state),
    'RuntimeError',
    'scaleByAdam: leaf a of state.mu is disposed (was it donated to an earlier step?)',
  )
  test.throws(() => params.a.dataSync(), 'tfjs itself says so too')

  refuses(
    test,
    () => step({ a: moved.a, b: moved.a }, gradients, next),
    'ValueError',
    'makeStep: params.a and params.b are one tensor, which cannot be consumed twice',
  )
  const shared = O.editState(next, draft => (draft.mu.a = moved.b as never))
  refuses(
    test,
    () => step(moved, gradients, shared),
    'ValueError',
    'makeStep: params.b and state.mu.a are one tensor, which cannot be consumed twice',
  )
  refuses(
    test,
    () => step(moved, { a: moved.b, b: gradients.b }, next),
    'ValueError',
    'makeStep: params.b is consumed, but the same tensor is the gradient gradients.a',
  )
  const variable = tf.variable(gradients.a)
  refuses(
    test,
    () => step({ a: variable, b: variable }, gradients, next),
    'ValueError',
    'makeStep: params.a and params.b are one Variable, which cannot be assigned twice in a step',
  )

  const bad = O.chain(
    tx,
    O.scaleByLearningRate(count => (count < 1 ? 0.1 : NaN)),
  )
  const run = O.makeStep(bad, { donate: true })
  const [p, s] = run({ a: variable, b: tf.ones([2]) }, gradients, bad.init({ a: variable, b: gradients.b }))
  const value = Array.from(variable.dataSync())
  refuses(
    test,
    () => run(p, gradients, s),
    'ValueError',
    'scaleByLearningRate: learningRate must be finite in float32, its schedule gave NaN at count 1',
  )
  test.strictSame(Array.from(variable.dataSync()), value, 'the Variable did not move')
  test.ok(
    O.tensorsOf([p, s]).every(([, x]) => !x.isDisposed),
    'nothing was consumed',
  )
  O.disposeTree([p, s, moved, next, gradients])
})

onBackends('a link of a user that misbehaves', test => {
  const params = { w: tf.ones([2]) }
  const link = (update: () => unknown) => O.chain({ init: () => ({}), update: update as never })
  const wrong = tf.ones([3])
  const both = { w: params.w, b: tf.ones([1]) }
  const sits = (update: () => unknown) => () => link(update).update({ w: params.w, b: null }, [{}], both)
  refuses(
    test,
    sits(() => [both, {}]),
    'ValueError',
    'link 0: leaf b has a value in the updates it returned, but sat this step out',
  )
  refuses(
    test,
    sits(() => [{ w: null, b: null }, {}]),
    'ValueError',
    'link 0: leaf w is null in the updates it returned, but took part in this step',
  )
  refuses(
    test,
    sits(() => [{ w: params.w, b: null }, { cache: new Map() }]),
    'TypeError',
    'link 0: its state must be plain data with tensors at its leaves, got a Map at cache',
  )
  refuses(
    test,
    () => O.chain({ init: () => new Map(), update: () => [0, 0] as const }).init(params),
    'TypeError',
    'link 0: its state must be plain data with tensors at its leaves, got a Map at the root',
  )
  both.b.dispose()
  const run = (update: () => unknown) => () => link(update).update(params, [{}], params)
  refuses(
    test,
    run(() => params),
    'TypeError',
    'link 0: update must return [updates, state], got a record {w}',
  )
  refuses(
    test,
    run(() => [{ w: wrong }, {}]),
    'ValueError',
    'link 0: leaf w has shape [3] in the updates it returned, [2] in updates',
  )
  refuses(
    test,
    run(() => [[], {}]),
    'ValueError',
    'link 0: the root is an array of 0 in the updates it returned, a record in updates',
  )
  refuses(
    test,
    run(() => {
      tf.ones([5])
      throw new RangeError('mine')
    }),
    'RangeError',
    'mine',
  )
  O.disposeTree([params, wrong])
})

onBackends('replicas', test => {
  const tx = O.chain(O.aggregate('mean'), O.scale(-1))
  const [one, two] = [{ w: tf.ones([2]) }, { w: tf.ones([3]) }]
  const state = tx.init(one)
  const update = (replicas: unknown) => () => tx.update(replicas as never, state)
  refuses(
    test,
    update(one),
    'TypeError',
    'aggregate: updates must be a non-empty array with one gradient tree per replica, got a record {w}',
  )
  refuses(
    test,
    update([]),
    'TypeError',
    'aggregate: updates must be a non-empty array with one gradient tree per replica, got an array of 0',
  )
  refuses(test, update([one, two]), 'ValueError', 'aggregate: leaf w has shape [3] in replica 1, [2] in replica 0')
  refuses(
    test,
    update([one, { w: null }]),
    'ValueError',
    'aggregate: leaf w is null in replica 1 but not in all replicas',
  )
  refuses(
    test,
    update([one, {}]),
    'ValueError',
    'aggregate: w is missing in replica 1 but present in replica 0 (a gradient that sits out is null)',
  )
  const stacked = O.aggregate('sum', { axis: 0 })
  refuses(
    test,
    () => O.aggregate('sum', { axis: 3 }).update(one, {}),
    'ValueError',
    'aggregate: leaf w has no axis 3 to unstack',
  )
  const mine = O.chain(
    O.aggregate(() => ({})),
    O.scale(1),
  )
  refuses(
    test,
    () => mine.update([one], mine.init(one)),
    'ValueError',
    'aggregate: w is missing in the tree that how returned but present in replica 0 (a gradient that sits out is null)',
  )
  const twoLists = O.namedChain(['agg', O.aggregate('sum', { each: O.clip(1) })])
  refuses(
    test,
    () => twoLists.update([one], { agg: { other: 1 } } as never),
    'ValueError',
    'aggregate: state.agg must be {each}, got a record {other} (is it the state of another chain?)',
  )
  const uneven = { a: tf.ones([2, 1]), b: tf.ones([3, 1]) }
  refuses(test, () => stacked.update(uneven, {}), 'ValueError', 'aggregate: leaf b stacks 3 replicas, others 2')
  refuses(
    test,
    () => stacked.update(one, { count: 1 } as never),
    'ValueError',
    'aggregate: state must be {}, got a record {count} (is it the state of another chain?)',
  )
  O.disposeTree([one, two, uneven])
})

onBackends('losses', async test => {
  const params = { w: tf.ones([2]) }
  const grad =
    (loss: unknown, options = {}) =>
    () =>
      O.valueAndGrad(loss as () => tf.Tensor, options as never)(params)
  refuses(
    test,
    grad(({ w }: typeof params) => tf.square(w)),
    'ValueError',
    'valueAndGrad: the loss must be a scalar tensor, got shape [2]',
  )
  refuses(
    test,
    grad(() => 1),
    'ValueError',
    'valueAndGrad: the loss must be a scalar tensor, got 1',
  )
  refuses(
    test,
    grad(({ w }: typeof params) => tf.sum(w), { hasAux: true }),
    'TypeError',
    'valueAndGrad: with hasAux the loss function must return [loss, aux], got a Tensor',
  )
  refuses(test, () => O.valueAndGrad(() => tf.scalar(1))({}), 'ValueError', 'valueAndGrad: params has no tensors')
  const noGradient = grad(({ w }: typeof params) => tf.sum(tf.cast(tf.less(w, 2), 'float32')))
  test.throws(noGradient, {
    name: 'RuntimeError',
    message: /^valueAndGrad: tfjs has no gradient functions registered; import/,
  })
  test.equal(await leftBehind(() => test.throws(noGradient)), 0, 'not even what the tape saved')
  params.w.dispose()
})

t.test('no backend', async test => {
  const { execFileSync } = await import('node:child_process')
  const program = `
    import * as tf from '@tensorflow/tfjs-core'
    import { scaleByAdam } from './lib/index.ts'
    try { scaleByAdam().init({ w: { shape: [1] } }) } catch (error) { console.log(error.name + ': ' + error.message) }`
  const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: childEnv(),
    encoding: 'utf8',
  })
  test.match(
    printed,
    "RuntimeError: init: tfjs has no backend ready; import one, e.g. '@tensorflow/tfjs-backend-wasm', and `await tf.setBackend('wasm')` first",
  )
})
