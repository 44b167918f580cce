/** State as data that people can use: one place of a tree by path, and a whole run as one record. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { KeyError } from '../lib/index.js'
import { elementwise, mul } from '../lib/rule.js'
import { leftBehind, numbers, onBackends, useBackend } from './setup.js'

const params = () => ({ dense: { kernel: tf.tensor2d([[1, 2]]), bias: tf.tensor1d([3]) }, list: [tf.scalar(4)] })
type Params = ReturnType<typeof params>

/** The paths of all nodes of a tree, leaves or not. */
const nodesOf = (tree: unknown, path = ''): string[] => [
  path,
  ...(typeof tree !== 'object' || tree === null || tree instanceof tf.Tensor
    ? []
    : Object.entries(tree).flatMap(([key, below]) => nodesOf(below, path === '' ? key : `${path}.${key}`))),
]

/** What a call throws. */
const thrown = (run: () => unknown): Error => {
  try {
    run()
  } catch (cause) {
    if (cause instanceof Error) return cause
  }
  throw new Error('nothing was thrown')
}

t.test('every path of a listing is found, whatever the keys are; a change elsewhere shares the rest', async test => {
  await useBackend('cpu')
  const names = ['b', 'a', 'a.b', 'b.a', '10', '1.0', 'kernel', '__proto__', 'constructor', 'é', 'dense/kernel:0']
  const trees = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null).map(() => tf.scalar(0)),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc
        .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 })
        .chain(keys =>
          fc
            .tuple(...keys.map(() => tie('tree')))
            .map(items => Object.fromEntries(keys.map((key, i) => [key, items[i]]))),
        ),
    ),
  })).tree
  let twice = 0
  fc.assert(
    fc.property(trees, tree => {
      const [listed, nodes] = [O.tensorsOf(tree), nodesOf(tree)]
      for (const [path, tensor] of listed) {
        if (nodes.filter(other => other === path).length > 1) {
          twice++
          const error = thrown(() => O.treeGet(tree, path))
          if (!(error instanceof KeyError && error.message.includes('several ways'))) throw error
          continue
        }
        if (O.treeGet(tree, path) !== tensor) throw new Error(path)
        const other = tf.scalar(1)
        const changed = O.treeSet(tree as object, path, other)
        const after = O.tensorsOf(changed)
        after.forEach(([where, one], i) => {
          const [was, before] = listed[i]!
          if (where !== was || one !== (before === tensor ? other : before)) throw new Error(`${path}: ${where}`)
        })
        if (O.treeGet(tree, path) !== tensor) throw new Error('the tree itself changed')
        if (O.treeSet(tree as object, path, (old: unknown) => old) !== tree) throw new Error('nothing changed')
      }
      O.disposeTree(tree)
    }),
    { numRuns: 300, seed: 16 },
  )
  test.ok(twice > 2, `${twice} paths with two readings`)
})

t.test('a place of a state: what it is, what stays frozen and shared', async test => {
  await useBackend('cpu')
  const tx = O.adamw(0.1)
  const state = tx.init(params())
  test.equal(O.treeGet(state, '0.mu.dense.kernel'), state[0].mu.dense.kernel)
  test.equal(O.treeGet(state, [0, 'mu', 'list', 0]), state[0].mu.list[0])
  test.equal(O.treeGet(state, ['0', 'count']), 0)
  test.equal(O.treeGet(state, ''), state, 'the empty path')
  test.equal(O.treeGet(state, []), state)
  test.equal(O.treeGet(state, 'nu'), state[0].nu, 'one name, in one place')
  test.equal(O.treeGet({ nu: 1, deep: { nu: 2 } }, 'nu'), 1, 'the root comes first')
  test.equal(O.treeGet({ 'a.b': 1 }, 'a.b'), 1)
  test.equal(O.treeGet({ 'a.b': 1, a: { b: 2 } }, ['a.b']), 1)
  test.equal(O.treeGet({ 'a.b': 1, a: { b: 2 } }, ['a', 'b']), 2)

  const later = O.treeSet(state, '0.count', count => count + 7)
  test.equal(later[0].count, 7)
  test.equal(state[0].count, 0)
  test.equal(later[0].mu, state[0].mu, 'shared')
  test.equal(later[1], state[1], 'shared')
  test.ok([later, later[0], later[0].mu].every(Object.isFrozen), 'frozen as before')
  const swapped = O.treeSet(state, '0.mu', {
    dense: { kernel: tf.ones([1, 2]), bias: tf.ones([1]) },
    list: [tf.scalar(0)],
  })
  test.ok(Object.isFrozen(swapped[0].mu.dense), 'what comes into a frozen tree is frozen too')
  tx.update(params(), swapped, params())
  test.notOk(Object.isFrozen(O.treeSet({ a: [1, 2], b: 3 }, 'a.1', 5)), 'a tree that is not frozen stays so')
  test.strictSame(O.treeSet({ b: 3, a: [1, 2] }, 'a.1', 5), { b: 3, a: [1, 5] })
  test.strictSame(Object.keys(O.treeSet({ b: 3, a: 1 }, 'a', 2)), ['b', 'a'], 'the order of keys')
})

t.test('a path that is not there names how far it goes, and what is near', async test => {
  await useBackend('cpu')
  const state = O.adamw(0.1).init(params())
  const said: readonly (readonly [unknown, unknown, string])[] = [
    [state, '0.mu.dens.kernel', 'there is no 0.mu.dens.kernel: 0.mu has dense, list (did you mean dense?)'],
    [state, '0.mu.dense.kernl', 'there is no 0.mu.dense.kernl: 0.mu.dense has kernel, bias (did you mean kernel?)'],
    [state, '0.mu.dense.kernel.x', 'there is no 0.mu.dense.kernel.x: 0.mu.dense.kernel is a '],
    [state, '3.mu', 'there is no 3.mu: the root is an array of 3'],
    [state, [0, 'mu', 'dens'], 'there is no 0.mu.dens: 0.mu has dense, list (did you mean dense?)'],
    [state, [0, 'count', 'x'], 'there is no 0.count.x: 0.count is 0'],
    [state, '-1', 'there is no -1: the root is an array of 3'],
    [state, 'zzz', 'there is no zzz: the root is an array of 3'],
    [state, 'count', 'count is in several places: 0.count, 1.count, 2.count; give the whole path'],
    [{ 'a.b': 1, a: { b: 2 } }, 'a.b', 'a.b can be read in several ways, since keys contain dots: ["a.b"], ["a","b"];'],
    [{}, 'a', 'there is no a: the root has none'],
    [{ toString: 1 }, 'constructor', 'there is no constructor: the root has toString'],
    [3, 'a', 'there is no a: the root is 3'],
  ]
  for (const [tree, path, message] of said)
    for (const [who, run] of [
      ['treeGet', () => O.treeGet(tree, path as string)],
      ['treeSet', () => O.treeSet(tree, path as string, 1)],
    ] as const) {
      const error = thrown(run)
      test.ok(error instanceof KeyError, error.message)
      test.equal(error.message.slice(0, who.length + 2 + message.length), `${who}: ${message}`)
    }
  for (const odd of [undefined, null, 3, {}, [1, null], [[]]])
    test.throws(() => O.treeGet(state, odd as never), { name: 'TypeError', message: /^treeGet: path must be / })
  const round: Record<string, unknown> = {}
  round['self'] = round
  test.throws(() => O.treeGet(round, 'zzz'), { message: /a tree must not contain itself/ })
  test.ok(Object.is(O.treeGet(round, 'self.self'), round), 'a walk along keys ends')
  const getter = Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => Error.captureStackTrace(round['x'] as object),
  })
  test.throws(() => O.treeGet(getter, 'a'), { name: 'TypeError', message: /^treeGet: a cannot be read/ })
  const wide = Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`layer${i}`, i]))
  test.ok(thrown(() => O.treeGet(wide, 'x'.repeat(1e5))).message.length < 700, 'ten thousand keys, said shortly')
})

const gradients = (): Params => ({
  dense: { kernel: tf.tensor2d([[1, -1]]), bias: tf.tensor1d([2]) },
  list: [tf.scalar(0)],
})

onBackends(
  'a run as one record: steps are those of makeStep, and the old record stays unless it is donated',
  async test => {
    const left = await leftBehind(() => {
      const tx = O.adamw(0.1)
      const g = gradients()
      const start = O.createTrainState({ params: params(), tx, epoch: 3, batchStats: { mean: [1] } })
      test.strictSame([start.step, start.epoch], [0, 3])
      test.ok(Object.isFrozen(start))
      const one = O.applyGradients(start, g)
      const [p, s] = O.makeStep(tx)(start.params, g, start.optState)
      test.strictSame(
        [one.params, one.optState].map(x => O.tensorsOf(x).map(([, leaf]) => numbers(leaf))),
        [p, s].map(x => O.tensorsOf(x).map(([, leaf]) => numbers(leaf))),
      )
      test.strictSame([one.step, one.epoch, one.tx === tx, one.batchStats === start.batchStats], [1, 3, true, true])
      test.ok(Object.isFrozen(one))
      test.equal(start.step, 0)
      test.ok(
        O.tensorsOf(start).every(([, leaf]) => !leaf.isDisposed),
        'not consumed',
      )
      const two = O.applyGradients(one, g, { donate: true })
      test.ok(
        O.tensorsOf([one.params, one.optState]).every(([, leaf]) => leaf.isDisposed),
        'consumed',
      )
      test.throws(() => O.applyGradients(one, g), { name: 'RuntimeError', message: /is disposed/ })
      const slower = { ...two, tx: O.setHyper(two.tx, { learningRate: 0.01 }) }
      const three = O.applyGradients(slower, g, { donate: true })
      test.equal(three.step, 3)
      O.disposeTree([start.params, start.optState, p, s, three.params, three.optState, g])
    })
    test.equal(left, 0)
  },
)

onBackends('a run reads what the caller passes as extra, takes gradients of replicas and plain pairs', test =>
  tf.tidy(() => {
    const byLoss = elementwise({ name: 'byLoss', extras: ['value'], step: ({ u, value }) => ({ u: mul(u, value) }) })
    const state = O.createTrainState({ params: { w: tf.tensor1d([1, 2]) }, tx: byLoss })
    const g = { w: tf.tensor1d([1, -1]) }
    for (const value of [3, tf.scalar(3)])
      test.strictSame(numbers(O.applyGradients(state, g, { extra: { value } }).params.w), [4, -1])
    const many = O.createTrainState({ params: { w: tf.tensor1d([1, 2]) }, tx: O.chain(O.aggregate('sum'), O.sgd(1)) })
    test.strictSame(numbers(O.applyGradients(many, [g, g]).params.w), [-1, 4])
    const own = { init: () => ({ n: 0 }), update: (u: unknown, s: { n: number }) => [u, { n: s.n + 1 }] as const }
    const plain = O.createTrainState({ params: { w: tf.tensor1d([1, 2]) }, tx: own })
    test.equal(O.applyGradients(plain, g).optState.n, 1)
    const variables = O.createTrainState({ params: { w: tf.variable(tf.tensor1d([1, 2])) }, tx: O.sgd(1) })
    test.equal(O.applyGradients(variables, g).params.w, variables.params.w, 'a Variable is assigned')
    test.strictSame(numbers(variables.params.w), [0, 3])
    variables.params.w.dispose()
  }),
)

onBackends('a run saved whole and loaded goes on to the same bits', async test => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-run-'))
  test.teardown(() => {
    rmSync(folder, { recursive: true })
  })
  const g = gradients()
  const tx = O.multiSteps(O.adamw(0.1), 2)
  const first = O.createTrainState({ params: params(), tx, epoch: 2, name: 'run', stats: { mean: tf.tensor1d([0.5]) } })
  const state = O.applyGradients(first, g)
  const { tx: _, ...data } = state
  await O.saveTree(join(folder, 'run.safetensors'), data)
  const resumed = O.createTrainState({ ...(await O.loadTree(join(folder, 'run.safetensors'), data)), tx })
  test.strictSame([resumed.step, resumed.epoch, resumed.name], [1, 2, 'run'])
  const [on, again] = [state, resumed].map(one => O.applyGradients(O.applyGradients(one, g), g))
  const bits = (one: typeof on): unknown =>
    O.tensorsOf({ ...one, tx: null }).map(([path, leaf]) => [path, numbers(leaf)])
  test.strictSame(bits(again), bits(on))
  test.equal(again?.step, 3)
})

t.test('what is no run is refused, and nothing has changed', async test => {
  await useBackend('cpu')
  const tx = O.sgd(0.1)
  const w = { w: tf.tensor1d([1]) }
  const state = O.createTrainState({ params: w, tx })
  const before = tf.memory().numTensors
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [
      () => O.createTrainState({ params: w } as never),
      /^createTrainState: tx must be a transformation \{init, update\}, got undefined/,
    ],
    [
      () => O.createTrainState({ params: w, tx: O.sgd } as never),
      /^createTrainState: tx must be a transformation .*got a function/,
    ],
    [() => O.createTrainState({ tx } as never), /^createTrainState: params must be a tree of tensors, got undefined/],
    [
      () => O.createTrainState({ params: w, tx, step: 1.5 }),
      /^createTrainState: start.step must be a whole number of steps, got 1.5/,
    ],
    [() => O.createTrainState([] as never), /^createTrainState: start must be a record/],
    [
      () => O.applyGradients(w as never, w as never),
      /^applyGradients: state must be a record \{step, params, tx, optState\} of createTrainState, got a record \{w\}/,
    ],
    [
      () => O.applyGradients({ ...state, step: NaN }, w),
      /^applyGradients: state.step must be a whole number of steps, got NaN/,
    ],
    [
      () => O.applyGradients(state, { w: tf.zeros([1]), v: 1 } as never),
      /v is present in updates but missing in params/,
    ],
    [() => O.applyGradients(state, w, { donate: 1 } as never), /donate must be true or false, got 1/],
    [
      () => O.applyGradients(state, w, { value: 1 } as never),
      /^applyGradients: unknown option value; it takes \(state, gradients, \{donate, extra\}\)/,
    ],
  ]
  for (const [run, says] of wrong) test.throws(() => tf.tidy(() => void run()), { message: says })
  test.equal(tf.memory().numTensors, before)
  test.equal(w.w.isDisposed, false)
})
