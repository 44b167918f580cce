/** Wrappers of a user's own, by `nest` of tfjs-optax/rule. */
import * as io from 'io-ts'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../lib/backends/cpu/device.js'
import { wasm } from '../lib/backends/wasm/device.js'
import { codecs, configOf, registerTransform } from '../lib/config.js'
import * as O from '../lib/index.js'
import { atCount } from '../lib/program/fold.js'
import { elementwise, nest } from '../lib/rule.js'
import { lawsOf } from '../lib/testing.js'
import { jobs, useCounted } from './backends/counted.js'
import { numbers, onBackends, useBackend } from './setup.js'

for (const device of [cpu, wasm]) useCounted(device)

const nothing = () => elementwise({ name: 'nothing', step: () => ({ u: 0 }) })

/** Skips every n-th step. */
const skipEvery = <T extends O.Link>(inner: T, n: number) =>
  nest({
    name: 'skipEvery',
    parts: { inner, skipped: nothing() },
    own: { step: 0 },
    options: { n },
    arms: {
      step: { runs: ['inner'], next: ({ step }) => ({ step: step + 1 }) },
      skip: { runs: ['skipped'], next: () => ({ step: 0 }) },
    },
    pick: ({ step }) => (step + 1 < n ? 'step' : 'skip'),
  })

onBackends('the arm that is picked runs, in a kernel; the other parts keep their states', test =>
  tf.tidy(() => {
    const [tx, inner] = [skipEvery(O.adam(0.1), 3), O.adam(0.1)]
    const params = { w: tf.tensor1d([1, -2]) }
    const gradients = [1, 2, 3, 4, 5, 6, 7].map(k => ({ w: tf.tensor1d([k, -0.5]) }))
    let state = tx.init(params)
    let own = inner.init(params)
    for (const [i, g] of gradients.entries()) {
      const before = jobs()
      const [updates, next] = tx.update(g, state, params)
      test.ok(jobs() > before, `step ${i + 1}: by a kernel`) // the trial of a user's rule is a job too
      if (i % 3 === 2) {
        test.strictSame(numbers(updates.w), [0, 0])
        test.strictSame(numbers(next.inner[0].mu.w), numbers(state.inner[0].mu.w))
        test.same([next.step, next.skipped.count], [0, state.skipped.count + 1])
      } else {
        const [right, after] = inner.update(g, own, params)
        test.strictSame(numbers(updates.w), numbers(right.w))
        own = after
        test.equal(next.step, state.step + 1)
      }
      state = next
      const placed = atCount(tx.program, tx.init(params), i + 1) as typeof state
      test.strictSame(
        [placed.step, placed.inner[0].count, placed.skipped.count],
        [state.step, state.inner[0].count, state.skipped.count],
        'counts set from outside',
      )
    }
    test.strictSame(Object.keys(state), ['step', 'inner', 'skipped'])
  }),
)

onBackends('what the caller passes picks too; masks, numbers, printouts and numbers see through it', test =>
  tf.tidy(() => {
    const tx = nest({
      name: 'whenBig',
      parts: { clip: O.clip(0.5), inner: O.sgd(0.1) },
      mask: path => path !== 'b',
      arms: { clipped: { runs: ['clip', 'inner'] }, free: { runs: ['inner'] } },
      pick: (_own, { value }) => (typeof value === 'number' && value > 1 ? 'clipped' : 'free'),
    })
    const params = { w: tf.tensor1d([1]), b: tf.tensor1d([1]) }
    const g = { w: tf.tensor1d([2]), b: tf.tensor1d([3]) }
    const seen = (extra?: O.Extra) =>
      Object.values(tx.update(g, tx.init(params), params, extra)[0]).map(x => numbers(x)[0])
    test.strictSame(
      seen().map(x => x?.toFixed(3)),
      ['-0.200', '3.000'],
    )
    test.strictSame(
      seen({ value: 2 }).map(x => x?.toFixed(3)),
      ['-0.050', '3.000'],
    )
    test.strictSame(O.hyperparamsOf(tx, tx.init(params)), { 'clip.maxDelta': 0.5, 'inner.0.learningRate': 0.1 })
    const slower = O.setHyper(tx, { learningRate: 1 })
    test.strictSame(numbers(slower.update(g, tx.init(params), params)[0].w), [-2], 'it is still the same wrapper')
    test.match(O.explain(tx), /clipped[\s\S]*free/)
    const always = nest({ name: 'both', parts: { one: O.scale(2), two: O.scale(3) } })
    test.strictSame(numbers(always.update(g, always.init(params))[0].w), [12])
  }),
)

onBackends('a wrapper keeps every law, nested in others too, and as a config of its registered factory', async test => {
  const make = skipConfig
  const subjects = {
    skipEvery: () => make({ inner: O.adamw(0.1), n: 3 }),
    'of multiSteps': () => make({ inner: O.multiSteps(O.trace(0.9), 2), n: 2 }),
  }
  for (const [name, of] of Object.entries(subjects))
    for (const { law, check } of lawsOf(name, of, { config: true, runs: 2, steps: 7 }))
      await test.resolves(check(), law)
  const inChain = () => O.multiSteps(O.chain(O.clip(1), skipEvery(skipEvery(O.adam(0.1), 2), 3), O.scale(2)), 2)
  for (const { law, check } of lawsOf('in a chain', inChain, { runs: 2, steps: 7 })) await test.resolves(check(), law)
  const [plain, other] = [configOf(skipEvery(O.adam(0.1), 3)), configOf(make({ inner: O.adam(0.1), n: 3 }))]
  test.match(plain, {
    _tag: 'Left',
    left: { message: /configs do not know the wrapper skipEvery; make it by a factory of registerTransform/ },
  })
  test.match(other, { _tag: 'Right' })
})
const skipConfig = registerTransform('skipEvery', io.type({ inner: codecs.transform, n: io.number }), ({ inner, n }) =>
  skipEvery(inner, n),
)

onBackends('through asOptimizer: minimize, and iterations that are set', test => {
  const optimizer = O.asOptimizer(skipEvery(O.sgd(1), 3))
  const w = tf.variable(tf.tensor1d([8]), true, `skipped${tf.getBackend()}`)
  const seen: number[] = []
  for (let i = 0; i < 4; i++) {
    optimizer.minimize(() => tf.sum(w), false, [w])
    seen.push(numbers(w)[0]!)
  }
  test.strictSame(seen, [7, 6, 6, 5])
  optimizer.dispose()
  w.dispose()
})

t.test('wrong definitions and picks are told by the name of the wrapper, and change nothing', async test => {
  await useBackend('cpu')
  const parts = { inner: O.sgd(0.1) }
  const step = { runs: ['inner'] } as const
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^nest: definition must be a record/],
    [{ parts }, /^nest: name must be a text, got undefined/],
    [{ name: 'it' }, /^it: parts must be a record of transformations, got undefined/],
    [{ name: 'it', parts: {} }, /^it: parts must be a record of transformations/],
    [{ name: 'it', parts: { inner: O.sgd } }, /^it: inner must be a transformation \{init, update\}, got a function/],
    [
      { name: 'it', parts: { inner: O.chain(O.aggregate('mean'), O.sgd(1)) } },
      /^it: aggregate takes one gradient tree per replica/,
    ],
    [{ name: 'it', parts, mask: 3 }, /^it: mask must be a boolean, a tree of booleans, or a function, got 3/],
    [
      { name: 'it', parts, own: { inner: 0 } },
      /^it: inner is a part and a number of its own; the fields of a state need names/,
    ],
    [{ name: 'it', parts, own: { n: NaN } }, /^it: own\.n must be a finite number, got NaN/],
    [{ name: 'it', parts, own: 3 }, /^it: own must be a record of numbers, got 3/],
    [{ name: 'it', parts, arms: { step } }, /^it: pick must be a function \(own, extra\) => arm, got undefined/],
    [{ name: 'it', parts, pick: () => 'step' }, /^it: arms must be a record .* as there is a pick, got undefined/],
    [{ name: 'it', parts, arms: {}, pick: () => '' }, /^it: arms must be a record/],
    [
      { name: 'it', parts, arms: { step: ['inner'] }, pick: () => '' },
      /^it: arms\.step must be a record \{runs, next\}/,
    ],
    [
      { name: 'it', parts, arms: { step: { runs: ['iner'] } }, pick: () => '' },
      /^it: arm step runs "iner", which is no part; the parts are inner/,
    ],
    [
      { name: 'it', parts, arms: { step: { runs: ['inner', 'inner'] } }, pick: () => '' },
      /^it: the name inner is taken by another place/,
    ],
    [
      { name: 'it', parts, arms: { step: { ...step, next: 1 } }, pick: () => '' },
      /^it: arms\.step\.next must be a function of the own numbers, got 1/,
    ],
    [
      { name: 'it', parts, arms: { step: { ...step, then: 1 } }, pick: () => '' },
      /^it: arms\.step must be a record \{runs, next\}/,
    ],
    [
      { name: 'it', parts, chosen: 1 },
      /^nest: definition must be a record \{name, parts, mask, own, options, arms, pick\}/,
    ],
    [{ name: 'it', parts, options: 3 }, /^it: options must be a record, got 3/],
  ]
  for (const [definition, says] of wrong) test.throws(() => nest(definition as never), { message: says })

  const g = { w: tf.tensor1d([1]) }
  const before = tf.memory().numTensors
  const make = (more: object) => nest({ name: 'it', parts, own: { n: 0 }, arms: { step }, pick: () => 'step', ...more })
  const steps: readonly (readonly [object, object, RegExp])[] = [
    [{ pick: () => 'stop' }, {}, /^it: pick must return an arm, one of step, got "stop" for state/],
    [{ pick: () => undefined }, {}, /^it: pick must return an arm, one of step, got undefined/],
    [{ pick: () => JSON.parse('{') as string }, {}, /^it: pick failed: /],
    [{ arms: { step: { ...step, next: () => ({}) } } }, {}, /^it: next of arm step must be \{n\}, got a record \{\}/],
    [
      { arms: { step: { ...step, next: () => ({ n: NaN }) } } },
      {},
      /^it: next of arm step\.n must be a finite number, got NaN/,
    ],
    [{ arms: { step: { ...step, next: () => JSON.parse('{') as never } } }, {}, /^it: next of arm step failed: /],
    [{}, { n: 'x' }, /^it: state\.n must be a finite number, got "x"/],
    [{}, { more: 1 }, /^it: state must be \{n, inner\}, got a record \{n, inner, more\}/],
  ]
  for (const [more, state, says] of steps) {
    const tx = make(more)
    const given = { ...tx.init(g), ...state }
    for (const run of [() => tx.update(g, given, g), () => O.makeStep(tx, { donate: true })(g, g, given)])
      test.throws(run, { message: says })
    test.equal(g.w.isDisposed, false)
    O.disposeTree(given)
  }
  test.equal(tf.memory().numTensors, before)
})
