/** Trees at every public entry: the order of their keys, and whatever else users may hand in as a tree. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { asOptimizer } from '../lib/legacy.js'
import { flatten } from '../lib/tree/structure.js'
import { numbers, onBackends, type Test } from './setup.js'

/** The keys of every record of a tree as they are walked, from the root down. JavaScript puts integers first, everywhere. */
const keysOf = (tree: unknown): unknown =>
  typeof tree !== 'object' || tree === null || tree instanceof tf.Tensor
    ? '*'
    : Array.isArray(tree)
      ? (tree as readonly unknown[]).map(keysOf)
      : Object.entries(tree).map(([key, below]) => [key, keysOf(below)])

/** A tree of leaf numbers, and the same with the keys of its records in other orders. */
type Numbers = number | readonly Numbers[] | { readonly [key: string]: Numbers }
const names = ['b', 'a', 'B', 'kernel', 'bias', '10', '9', 'constructor', 'toString', '__proto__', 'é', '']

const record = (entries: readonly (readonly [string, Numbers])[]): Numbers => Object.fromEntries(entries)
const trees: fc.Arbitrary<Numbers> = fc
  .letrec<{ tree: Numbers }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 1, max: 3 }),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc
        .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 6 })
        .chain(keys =>
          fc
            .tuple(...keys.map(() => tie('tree')))
            .map(items => record(keys.map((key, i) => [key, items[i]!] as const))),
        ),
    ),
  }))
  .tree.chain(rest =>
    fc.boolean().map(first =>
      record(
        first
          ? [
              ['z', 2],
              ['rest', rest],
            ]
          : [
              ['rest', rest],
              ['z', 2],
            ],
      ),
    ),
  )

const shuffled = (tree: Numbers, turn: number): Numbers => {
  if (typeof tree === 'number') return tree
  if (Array.isArray(tree)) return (tree as readonly Numbers[]).map(below => shuffled(below, turn))
  const entries = Object.entries(tree).map(([key, below]) => [key, shuffled(below, turn)] as const)
  return record([...entries.slice(turn % entries.length), ...entries.slice(0, turn % entries.length)].reverse())
}
/**
 * Tensors in place of numbers; their values are made in the sorted order of keys, so that trees that differ in the order of
 * keys only have the same. Any tree passes for a record here.
 */
const tensors = (tree: Numbers): Record<string, tf.Tensor> => {
  let seed = 0
  const make = (node: Numbers): unknown => {
    if (typeof node === 'number') return tf.tensor1d(Array.from({ length: node }, (_, i) => Math.sin(++seed + i)))
    if (Array.isArray(node)) return (node as readonly Numbers[]).map(make)
    const entries = Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1))
    const made = new Map(entries.map(([key, below]) => [key, make(below)]))
    return Object.fromEntries(Object.keys(node).map(key => [key, made.get(key)]))
  }
  return make(tree) as Record<string, tf.Tensor>
}

/** A user's link, which says in which order it sees the tree. */
const seeing = (seen: unknown[]) => ({
  init: (params: unknown) => (seen.push(keysOf(params)), { mine: O.mapTree(params, leaf => tf.zerosLike(leaf)) }),
  update: (updates: unknown, state: unknown, params?: unknown) => (
    seen.push(keysOf(updates), params === undefined ? keysOf(updates) : keysOf(params)),
    [updates, state] as const
  ),
})

/** The trees of parameters within a state of any chain: every record that has the parameters' keys below a slot. */
const slotsOf = (state: unknown): readonly unknown[] =>
  Array.isArray(state)
    ? (state as readonly unknown[]).flatMap(slotsOf)
    : Object.entries(state as object).flatMap(([key, below]) =>
        ['mu', 'nu', 'trace', 'mine'].includes(key)
          ? [below]
          : typeof below === 'object' && below !== null && !(below instanceof tf.Tensor)
            ? slotsOf(below)
            : [],
      )

const chains: Readonly<Record<string, (seen: unknown[]) => O.GradientTransformation>> = {
  adam: () => O.adam(0.1),
  'clip and adamw': () => O.chain(O.clipByGlobalNorm(0.1), O.adamw(0.1, { weightDecay: 0.1 })),
  masked: () =>
    O.chain(
      O.masked(O.trace(0.9), path => path.startsWith('rest')),
      O.scale(-0.1),
    ),
  named: () => O.namedChain(['z', O.scaleByAdam()], ['a', O.scaleByLearningRate(0.1)]),
  cut: seen => O.chain(O.scaleByAdam(), seeing(seen), O.scaleByLearningRate(0.1)),
}

const sameBits = (test: Test, a: unknown, b: unknown, what: string): void => {
  const bits = (tree: unknown) =>
    O.tensorsOf(tree).map(
      ([path, x]) => `${path} ${[...new Uint32Array(Float32Array.from(x.dataSync()).buffer)].join()}`,
    )
  test.strictSame(bits(a), bits(b), what)
}

onBackends('every entry gives trees back in the order of the parameters, and no bit depends on it', test => {
  fc.assert(
    fc.property(
      trees,
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom(...Object.keys(chains)),
      fc.boolean(),
      (tree, turn, name, donate) => {
        tf.tidy(() => {
          const seen: unknown[] = []
          const tx = chains[name]!(seen)
          const other = shuffled(tree, turn)
          const [params, twin, gradients] = [tensors(tree), tensors(other), tensors(other)]
          const want = keysOf(params)
          const check = (what: string, got: unknown, order = want): void => {
            test.strictSame(keysOf(got), order, `${name}: ${what}`)
          }
          const state = tx.init(params)
          slotsOf(state).forEach(slot => check('init', slot))
          const [updates, next] = tx.update(gradients, state, params)
          check('update', updates)
          slotsOf(next).forEach(slot => check('state of update', slot))
          const [alone] = name === 'clip and adamw' ? [updates] : tx.update(gradients, next)
          if (name !== 'clip and adamw') check('update without parameters', alone, keysOf(gradients))
          const applied = O.applyUpdates(params, updates)
          check('applyUpdates', applied)
          const step = O.makeStep(tx, { donate })
          const [twinUpdates, twinNext] = tx.update(gradients, tx.init(twin), twin)
          sameBits(test, [updates, next], [twinUpdates, twinNext], 'the same bits in another order')
          const twinState = tx.init(twin)
          const [moved, last] = step(params, gradients, state)
          check('makeStep', moved)
          slotsOf(last).forEach(slot => check('state of makeStep', slot))
          const [twinMoved, twinLast] = step(twin, gradients, twinState)
          check('makeStep on the twin', twinMoved, keysOf(other))
          sameBits(test, [moved, last], [twinMoved, twinLast], 'the same bits of steps')
          if (seen.length > 0)
            test.ok(
              seen.every(one => [JSON.stringify(want), JSON.stringify(keysOf(other))].includes(JSON.stringify(one))),
              'a user’s link sees the order of parameters',
            )
        })
      },
    ),
    { numRuns: 60 },
  )
})

onBackends('makeStep assigns Variables in the order given; a user’s link without donation too', test => {
  const params = { shrink: tf.variable(tf.ones([2])), grow: tf.variable(tf.ones([2])) }
  const seen: unknown[] = []
  for (const donate of [false, true])
    for (const tx of [O.adam(0.1), O.chain(seeing(seen), O.adam(0.1)) as O.GradientTransformation]) {
      let [now, state] = [params, tx.init(params)]
      const gradients = { grow: tf.ones([2]), shrink: tf.ones([2]) }
      const step = O.makeStep(tx, { donate })
      for (let i = 0; i < 2; i++) {
        const [next, after] = step(now, gradients, state)
        if (!donate) O.disposeTree(state)
        ;[now, state] = [next, after]
        test.strictSame(Object.keys(now), ['shrink', 'grow'])
        test.equal(now.shrink, params.shrink)
      }
      slotsOf(state).forEach(slot => test.strictSame(Object.keys(slot as object), ['shrink', 'grow']))
      O.disposeTree([state, gradients])
    }
  test.ok(seen.every(one => JSON.stringify(one) === '[["shrink","*"],["grow","*"]]'))
  O.disposeTree(params)
})

onBackends('a loss that walks the values of the parameters trains the model it names', test => {
  const tx = O.sgd(0.1)
  const step = O.makeStep(tx)
  let params: Record<string, tf.Tensor> = { shrink: tf.ones([3, 2]), grow: tf.ones([2, 3]) }
  let state = tx.init(params)
  const lossOf = (p: typeof params, x: tf.Tensor): tf.Tensor =>
    tf.sum(Object.values(p).reduce((h, w) => tf.matMul(h, w as tf.Tensor2D), x))
  tf.tidy(() => {
    for (let i = 0; i < 3; i++) {
      const [, gradients] = O.valueAndGrad(lossOf)(params, tf.ones([1, 3]))
      test.strictSame(Object.keys(gradients), ['shrink', 'grow'])
      ;[params, state] = step(params, gradients, state)
    }
  })
})

onBackends('the other entries keep the order: valueAndGrad, mapTree, editState, files, lists, replicas', async test => {
  await fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 0, max: 5 }), async (tree, turn) => {
      const other = shuffled(tree, turn)
      const [params, twin] = [tensors(tree), tensors(other)]
      const [want, wantTwin] = [keysOf(params), keysOf(twin)]
      const lossOf = (p: unknown): tf.Tensor => {
        test.strictSame(keysOf(p), want, 'the loss sees the order given')
        return tf.addN(O.tensorsOf(p).map(([, x]) => tf.sum(tf.square(x))))
      }
      const [loss, gradients] = O.valueAndGrad(lossOf)(params)
      test.strictSame(keysOf(gradients), want, 'valueAndGrad')
      test.strictSame(keysOf(O.mapTree(params, leaf => leaf.size)), want, 'mapTree')
      const frozen = O.editState(Object.freeze({ of: params, n: 1 }), draft => void (draft.n += 1))
      test.strictSame(keysOf(frozen.of), want, 'editState')
      const bytes = await O.toSafetensors(params)
      test.strictSame(bytes, await O.toSafetensors(twin), 'files do not depend on the order')
      const loaded = O.fromSafetensors(bytes, twin)
      test.strictSame(keysOf(loaded), wantTwin, 'fromSafetensors')
      const named = O.toNamedTensors(params)
      const listed = O.fromNamedTensors(named, twin)
      test.strictSame(keysOf(listed), wantTwin, 'fromNamedTensors')
      const tx = O.aggregate('mean')
      const [mean] = tx.update([params, twin], {})
      test.strictSame(keysOf(mean), want, 'aggregate, in the order of the first replica')
      const [summed] = O.aggregate('sum').update([twin, twin], {}, params)
      test.strictSame(keysOf(summed), want, 'aggregate, in the order of the parameters')
      const [own] = O.aggregate(replicas => replicas[1]).update([params, twin], {})
      test.strictSame(keysOf(own), want, 'aggregate by a function')
      O.disposeTree([params, twin, loss, gradients, loaded, listed, named.map(one => one.tensor), mean, summed, own])
    }),
    { numRuns: 25 },
  )
})

t.test('a tree is taken apart in sorted order whatever the order of its keys', test => {
  fc.assert(
    fc.property(trees, fc.integer({ min: 0, max: 5 }), (tree, turn) => {
      const [a, b] = [flatten(tree), flatten(shuffled(tree, turn))]
      test.strictSame(a.leaves, b.leaves)
    }),
  )
  test.end()
})

const cyclic = (): Record<string, unknown> => {
  const tree: Record<string, unknown> = { w: tf.ones([2]), list: [tf.ones([1]), null] }
  ;(tree['list'] as unknown[])[1] = { again: tree }
  return tree
}
const deep = (levels: number): unknown => {
  let tree: unknown = tf.ones([1])
  for (let i = 0; i < levels; i++) tree = i % 2 === 0 ? { a: tree } : [tree]
  return tree
}
const throwing = () => ({
  w: tf.ones([2]),
  get b(): tf.Tensor {
    throw new Error('not now')
  },
})

onBackends('trees that cannot be taken apart: an error with the path, and nothing changed', test => {
  const good = { w: tf.ones([2]), b: tf.ones([2]) }
  const mine = { init: () => ({}), update: <U>(u: U, s: unknown) => [u, s] as const }
  const link = O.chain(mine, O.scale(1))
  const tx = O.adam(0.1)
  const state = tx.init(good)
  const calls: Readonly<Record<string, (tree: never) => unknown>> = {
    'init params': tree => tx.init(tree),
    'update params': tree => tx.update(good, state, tree),
    'update updates': tree => tx.update(tree, state as never),
    'update updates of a user’s link': tree => link.update(tree, link.init(good)),
    'makeStep params': tree => O.makeStep(tx)(tree, good as never, state as never),
    'makeStep params, donated': tree => O.makeStep(tx, { donate: true })(tree, good as never, state as never),
    'makeStep state': tree => O.makeStep(link as typeof tx)(good, good, [tree, { count: 0 }] as never),
    'applyUpdates params': tree => O.applyUpdates(tree, good as never),
    'valueAndGrad params': tree => O.valueAndGrad((p: typeof good) => tf.sum(p.w))(tree),
    'mapTree ': tree => O.mapTree(tree, (x: tf.Tensor) => x),
    'tensorsOf ': tree => O.tensorsOf(tree),
    'disposeTree ': tree => O.disposeTree(tree),
    'keepTree ': tree => O.keepTree(tree),
    'editState ': tree => O.editState(tree, () => undefined),
    'toNamedTensors ': tree => O.toNamedTensors(tree),
    'fromNamedTensors ': tree => O.fromNamedTensors([], tree),
    'aggregate replica 0': tree => O.aggregate('sum').update([tree, tree], {}),
  }
  const trees: Readonly<Record<string, readonly [make: () => unknown, says: RegExp]>> = {
    cyclic: [cyclic, /list\.1\.again is .* again, but a tree must not contain itself$/],
    'cyclic list': [
      () => (list => (list.push(list), list))([tf.ones([1])] as unknown[]),
      /1 is .* again, but a tree must/,
    ],
    deep: [() => deep(5000), /a tree may have 256 levels at most, and there are more below .{3,90}$/],
    'a symbol': [
      () => ({ w: tf.ones([2]), [Symbol('b')]: tf.ones([2]) }),
      /keys of a tree must be strings, got Symbol\(b\)/,
    ],
    'a getter': [throwing, /b cannot be read \(not now\)$/],
  }
  for (const [call, run] of Object.entries(calls))
    for (const [name, [make, says]] of Object.entries(trees)) {
      const [who, what = ''] = call.split(' ')
      const tree = make()
      const before = tf.memory().numTensors
      const error = ((): unknown => {
        try {
          return run(tree as never)
        } catch (cause) {
          return cause
        }
      })()
      test.ok(error instanceof Error, `${call}, ${name}: refused`)
      const { message } = error as Error
      test.match(message, says, `${call}, ${name}`)
      test.match(message, `${who}: `, `${call}, ${name}: who`)
      if (what === 'params' || what === 'state') test.match(message, what, `${call}, ${name}: what`)
      test.ok(message.length < 300)
      test.equal(tf.memory().numTensors, before, `${call}, ${name}: no tensor more or less`)
    }
  test.ok([...O.tensorsOf([good, state])].every(([, x]) => !x.isDisposed))
  test.strictSame(numbers(good.w), [1, 1])
})

onBackends('gradients whose getter throws, or that contain themselves: the path, and nothing changed', test => {
  const params = { w: tf.ones([2]), b: tf.ones([2]) }
  for (const donate of [false, true])
    for (const tx of [O.adam(0.1), O.chain({ init: () => ({}), update: <U>(u: U, s: unknown) => [u, s] as const })]) {
      const state = tx.init(params)
      const step = O.makeStep(tx as O.GradientTransformation, { donate })
      const run = (gradients: unknown) => () => step(params, gradients as never, state)
      const before = tf.memory().numTensors
      const bad = throwing()
      const round: Record<string, unknown> = { w: bad.w }
      round['b'] = round
      test.throws(run(bad), { message: 'makeStep: updates.b cannot be read (not now)' })
      test.throws(run(round), { message: 'makeStep: updates.b is updates again, but a tree must not contain itself' })
      bad.w.dispose()
      test.equal(tf.memory().numTensors, before)
      test.strictSame(numbers(params.w), [1, 1])
    }
})

onBackends('240 levels are a tree like any other', test => {
  const [params, gradients] = [deep(240), deep(240)]
  for (const tx of [
    O.adam(0.1),
    O.chain(O.identity(), { init: () => ({}), update: <U>(u: U, s: unknown) => [u, s] as const }),
  ]) {
    const state = (tx as O.GradientTransformation).init(params)
    const [moved, next] = O.makeStep(tx as O.GradientTransformation)(params, gradients as never, state)
    test.equal(O.tensorsOf(moved).length, 1)
    O.disposeTree([moved, next, state])
  }
})

onBackends('a hole of an array is an absent leaf; its moments stay', test => {
  const holes = (): tf.Tensor[] => {
    const list: tf.Tensor[] = []
    list[0] = tf.ones([2])
    list[2] = tf.ones([2])
    return list
  }
  const params = [tf.ones([2]), tf.ones([2]), tf.ones([2])]
  for (const tx of [
    O.scaleByAdam(),
    O.chain(O.scaleByAdam(), { init: () => ({}), update: <U>(u: U, s: unknown) => [u, s] as const }),
  ]) {
    const any = tx as O.GradientTransformation
    const first = any.init(params)
    const [, state] = any.update(params, first)
    const [updates, next] = any.update(holes(), state)
    test.equal(updates.length, 3)
    test.equal(updates[1] ?? null, null)
    const [mu] = slotsOf(next) as tf.Tensor[][]
    test.strictSame(
      mu!.map(x => numbers(x)[0]!.toFixed(2)),
      ['0.19', '0.10', '0.19'],
    )
    const [moved] = O.makeStep(any)(params, holes(), state)
    test.strictSame(
      moved.map(x => numbers(x).length),
      [2, 2, 2],
    )
    test.strictSame(numbers(moved[1]!), [1, 1])
  }
  tf.disposeVariables()
})

onBackends('Maps, Sets and instances of classes are no nodes: an error names the place', test => {
  class Layer {
    kernel = tf.ones([2])
  }
  const params = { w: tf.ones([2]) }
  for (const [odd, name] of [
    [new Map([['kernel', tf.ones([2])]]), 'a Map'],
    [new Set([tf.ones([2])]), 'a Set'],
    [new Layer(), 'a Layer'],
  ] as const) {
    const tree = { w: params.w, layers: [odd] } as never
    const leaf = { message: `init: leaf layers.0 of params must be a tensor, got ${name}` }
    test.throws(() => O.adam(0.1).init(tree), leaf)
    const plain = (who: string) => ({
      message: `${who}: layers.0 must be plain data, an array or a tensor, got ${name}, whose tensors would not be found`,
    })
    test.throws(() => O.mapTree(tree, (x: tf.Tensor) => x), plain('mapTree'))
    test.throws(() => O.tensorsOf(tree), plain('tensorsOf'))
    test.throws(() => O.disposeTree(tree), plain('disposeTree'))
    test.throws(() => O.keepTree(tree), plain('keepTree'))
    test.throws(() => O.editState(tree, () => undefined), plain('editState'))
    const draft = (odd: unknown) => O.editState<{ a: unknown }>({ a: null }, d => void (d.a = odd))
    test.throws(() => draft(odd), { message: plain('editState').message.replace('layers.0', 'a') })
  }
  test.notOk(params.w.isDisposed)
  test.doesNotThrow(() => O.disposeTree([params, { at: new Date(), data: new Float32Array(2), f: () => 1, s: 'x' }]))
})

onBackends('names that every object has are names like any other', test => {
  const named = (): Record<string, tf.Tensor> =>
    Object.fromEntries(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length'].map(k => [k, tf.ones([2])]))
  const mask = Object.fromEntries(Object.keys(named()).map(key => [key, key !== 'toString']))
  for (const donate of [false, true]) {
    const params = named()
    const tx = O.masked(O.adam(0.1), mask)
    const [moved] = O.makeStep(tx, { donate })(params, named(), tx.init(params))
    test.strictSame(Object.keys(moved), Object.keys(named()))
    test.strictSame(
      Object.values(moved).map(x => numbers(x)[0]!.toFixed(2)),
      ['0.90', '0.90', '2.00', '0.90', '0.90'],
    )
  }
  const optimizer = asOptimizer(O.adam(0.1))
  for (const name of ['constructor', 'toString', '__proto__'])
    test.throws(() => optimizer.applyGradients({ [name]: tf.ones([2]) }), {
      message: /applyGradients: .*(constructor|toString|__proto__)/,
    })
  const like: Record<string, tf.Tensor> = { w: tf.ones([2]) }
  test.throws(
    () => O.adam(0.1).update({ constructor: tf.ones([2]) } as never, O.adam(0.1).init(like) as never, like as never),
    {
      message: 'update: w is missing in updates but present in params (a gradient that sits out is null)',
    },
  )
})
