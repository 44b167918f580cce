/** applyUpdates, makeStep and who owns what: donation, Variables, scopes, shared buffers. */
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { mul } from '../lib/rule.js'
import { leftBehind, numbers, onBackends } from './setup.js'

const fresh = () => ({ w: tf.tensor1d([1, 2]), b: tf.tensor1d([3]) })
const ones = () => ({ w: tf.tensor1d([1, 1]), b: tf.tensor1d([1]) })

onBackends('applyUpdates adds, passes by what is null, assigns Variables', test => {
  tf.tidy(() => {
    const params = { w: tf.variable(tf.tensor1d([1, 2])), b: tf.tensor1d([3]), frozen: tf.tensor1d([4], 'int32') }
    const moved = O.applyUpdates(params, { w: tf.tensor1d([0.5, 0]), b: tf.tensor1d([-3]), frozen: null })
    test.strictSame(numbers(moved.w), [1.5, 2])
    test.equal(moved.w, params.w, 'the same Variable')
    test.strictSame([numbers(moved.b), numbers(params.b)], [[0], [3]])
    test.strictSame(numbers(moved.frozen), [4])
    params.frozen.dispose()
    test.strictSame(numbers(moved.frozen), [4], 'a handle of its own')
    params.w.dispose()
  })
  const single = O.applyUpdates(tf.scalar(1), tf.scalar(2))
  test.equal(numbers(single)[0], 3, 'a tree may be one tensor')
  single.dispose()
})

onBackends('a successor takes the place of the original, not of the running tidy', async test => {
  const tx = O.scaleByAdam()
  const step = O.makeStep(tx, { donate: true })
  const left = await leftBehind(() => {
    tf.tidy(() => {
      const gradients = ones()
      let params = fresh() // owned by this scope
      let state = tx.init(params)
      tf.tidy(() => {
        ;[params, state] = step(params, gradients, state)
      })
      test.ok(
        O.tensorsOf([params, state]).every(([, x]) => !x.isDisposed),
        'alive in the scope of the originals',
      )
      test.equal(state.count, 1)
    })
  })
  test.equal(left, 0, 'and gone with it')

  const gradients = ones()
  let params = fresh() // owned by nobody
  let state = tx.init(params)
  tf.tidy(() => {
    ;[params, state] = step(params, gradients, state)
  })
  test.ok(
    O.tensorsOf([params, state]).every(([, x]) => !x.isDisposed && !x.kept),
    'alive without a scope',
  )
  O.disposeTree([params, state, gradients])
})

onBackends('shared buffers survive donation', test => {
  const step = O.makeStep(O.sgd(1), { donate: true })
  const tx = O.sgd(1)
  const params = fresh()
  const seen = tf.reshape(params.w, [2, 1])
  const clone = tf.clone(params.b)
  const gradients = { w: tf.tensor1d([1, 1]), b: tf.tensor1d([1]) }
  const sharing = tf.reshape(gradients.w, [2])
  const [moved, state] = step(params, gradients, tx.init(params))
  test.strictSame([numbers(moved.w), numbers(moved.b)], [[0, 1], [2]])
  test.strictSame([numbers(seen), numbers(clone)], [[1, 2], [3]], 'reshapes and clones of the parameters')
  test.strictSame(
    [numbers(gradients.w), numbers(sharing)],
    [
      [1, 1],
      [1, 1],
    ],
    'gradients',
  )
  O.disposeTree([moved, state, seen, clone, gradients, sharing])
})

onBackends('gradients that share one buffer, or are one tensor', test => {
  const tx = O.chain(O.trace(0.5), O.scaleByLearningRate(1))
  const params = { p: tf.tensor1d([1]), q: tf.tensor1d([2]) }
  const one = tf.tensor1d([1])
  const [moved, state] = O.makeStep(tx, { donate: true })(params, { p: one, q: one }, tx.init(params))
  test.strictSame([numbers(moved.p), numbers(moved.q), numbers(one)], [[0], [1], [1]])
  state[0].trace.p.dispose()
  test.strictSame(numbers(state[0].trace.q), [1], 'slots are tensors of their own')
  O.disposeTree([moved, state, one])
})

onBackends('Variables are assigned, also without donation; a failed step leaves them', test => {
  const tx = O.adam(0.1)
  const variable = tf.variable(tf.tensor1d([1, 2]))
  const params = { model: { w: variable } }
  const state = tx.init(params)
  const gradients = { model: { w: tf.tensor1d([1, -1]) } }
  const [same, next] = O.makeStep(tx)(params, gradients, state)
  test.equal(same.model.w, variable)
  test.strictSame(
    numbers(variable).map(x => x.toFixed(4)),
    ['0.9000', '2.1000'],
  )
  test.notOk(next[0].mu.model.w instanceof tf.Variable, 'slots are plain tensors')
  const [still] = O.makeStep(tx)(params, { model: { w: null } }, next)
  test.equal(still.model.w, variable, 'a Variable without gradient stays')
  O.disposeTree([state, next, gradients, params])
})

onBackends('a slot that is the parameter at first is a tensor of its own', test => {
  const pull = O.elementwise({
    name: 'pull',
    slots: { start: ({ p }) => p },
    step: ({ start, p }) => ({ u: p, start }),
  })
  const params = fresh()
  const state = pull.init(params)
  params.w.dispose()
  test.strictSame(numbers(state.start.w), [1, 2])
  O.disposeTree([params, state])
})

onBackends('slots keep their names, whatever the order in which they are written', test => {
  const two = O.elementwise({
    name: 'two',
    slots: { zebra: 1, apple: ({ p }) => p, mango: 2 },
    step: ({ u, zebra, apple, mango }) => ({ mango: apple, u: zebra, apple: u, zebra: mango }),
  })
  const params = { w: tf.tensor1d([7]) }
  const gradients = { w: tf.tensor1d([9]) }
  const state = two.init(params)
  test.strictSame(
    [state.zebra, state.apple, state.mango].map(slot => numbers(slot.w)),
    [[1], [7], [2]],
  )
  const [updates, next] = two.update(gradients, state, params)
  test.strictSame(
    [updates, next.zebra, next.apple, next.mango].map(slot => numbers(slot.w)),
    [[1], [2], [9], [7]],
  )
  O.disposeTree([params, gradients, state, updates, next])
})

onBackends('extra arguments reach every link; a plain pair of functions is a link', test => {
  const seen: unknown[] = []
  const mine = {
    name: 'halve',
    init: (params: { w: tf.Tensor }) => ({ steps: 0, last: tf.zerosLike(params.w) }),
    update: (
      updates: { w: tf.Tensor },
      state: { steps: number; last: tf.Tensor },
      params?: { w: tf.Tensor },
      extra?: O.Extra,
    ) => {
      seen.push(extra?.['value'], params?.w.shape)
      return [{ w: tf.mul(updates.w, 0.5) }, { steps: state.steps + 1, last: updates.w }] as const
    },
  }
  const tx = O.chain(O.scale(2), O.namedChain(['mine', mine]), O.masked(mine, true), O.scale(-1))
  const params = { w: tf.tensor1d([1, 2]) }
  const state = tx.init(params)
  const gradients = { w: tf.tensor1d([4, 8]) }
  const [updates, next] = tx.update(gradients, state, params, { value: 0.7 })
  test.strictSame(numbers(updates.w), [-2, -4])
  test.strictSame(seen, [0.7, [2], 0.7, [2]])
  test.equal(next[1].mine.steps, 1)
  const { last } = next[1].mine
  O.disposeTree([updates, state])
  test.strictSame(numbers(last), [8, 16], 'its state lives on')
  const [moved, after] = O.makeStep(tx, { donate: true })(params, gradients, next, { value: 0.6 })
  test.equal(after[1].mine.steps, 2)
  test.ok(last.isDisposed, 'and is consumed')
  test.strictSame(seen.slice(4), [0.6, [2], 0.6, [2]])
  O.disposeTree([moved, after, gradients])
})

onBackends('masks: leaves left out pass by and have no slots', test => {
  const params = { dense: fresh(), norm: fresh() }
  const gradients = { dense: ones(), norm: ones() }
  const masks: readonly O.Mask[] = [
    { dense: true, norm: false },
    { dense: { w: true, b: true }, norm: false },
    path => path.startsWith('dense'),
  ]
  for (const mask of masks) {
    const tx = O.masked(O.chain(O.trace(0.5), O.scale(-1)), mask)
    const state = tx.init(params)
    const [updates, next] = tx.update(gradients, state, params)
    test.strictSame(
      [numbers(updates.dense.w), numbers(updates.norm.w)],
      [
        [-1, -1],
        [1, 1],
      ],
    )
    test.strictSame([next[0].trace.norm.w, next[0].trace.norm.b], [null, null])
    test.strictSame(numbers(next[0].trace.dense.b!), [1])
    O.disposeTree([state, updates, next])
  }
  const none = O.masked(O.clipByGlobalNorm(1), { dense: false, norm: true })
  const [clipped, state] = none.update(gradients, none.init(params))
  const length = numbers(clipped.norm.w).concat(numbers(clipped.norm.b))
  test.ok(Math.abs(Math.hypot(...length) - 1) < 1e-6, 'a total sees the leaves of the mask only')
  O.disposeTree([params, gradients, clipped, state])
})

onBackends('a rule that moves the parameter: what update and step report', test => {
  const mover = O.elementwise({ name: 'halve', step: ({ u, p }) => ({ u, p: mul(p, 0.5) }) })
  const params = { a: tf.tensor1d([8]), b: tf.tensor1d([1000]) }
  const gradients = { a: tf.tensor1d([1]), b: tf.tensor1d([1e-5]) }
  const tx = O.chain(O.masked(mover, { a: true, b: false }), O.addDecayedWeights(1, { mask: { a: true, b: false } }))
  const [updates, state] = tx.update(gradients, tx.init(params), params)
  test.strictSame(numbers(updates.a), [1], '8 -> 4, then + 1 + 4 as later links see it: 9 - 8')
  test.strictSame(numbers(updates.b), [Math.fround(1e-5)], 'a leaf outside the mask is not touched')
  const [moved, next] = O.makeStep(tx)(params, gradients, state)
  test.strictSame(numbers(moved.a), [9])
  O.disposeTree([params, gradients, updates, state, moved, next])

  const again = O.elementwise({ name: 'again', step: ({ u, p }) => ({ u, p: mul(p, 1) }) })
  const far = { w: tf.tensor1d([1e8]) }
  const near = { w: tf.tensor1d([1]) }
  const [way] = again.update(near, again.init(far), far)
  test.strictSame(numbers(way.w), [0], "(p' + u) - p: the way that a step would go, its rounding too")
  O.disposeTree([far, near, way])
})

onBackends('masks look at what was given, not at what links made of it', test => {
  const seen: number[] = []
  const big: O.MaskFunction = (_path, leaf) => {
    seen.push(numbers(leaf)[0]!)
    return numbers(leaf)[0]! > 5
  }
  const params = { a: tf.tensor1d([10]), b: tf.tensor1d([1]) }
  const gradients = { a: tf.tensor1d([7]), b: tf.tensor1d([2]) }
  const tx = O.chain(O.scale(0.1), O.masked(O.masked(O.chain(O.trace(0.5), O.scale(10)), { a: true, b: true }), big))
  const state = tx.init(params)
  const [updates, next] = tx.update(gradients, state, params)
  test.strictSame(
    [numbers(updates.a), numbers(updates.b)].map(([x]) => x!.toFixed(2)),
    ['7.00', '0.20'],
  )
  test.strictSame(seen, [10, 1, 10, 1])
  seen.length = 0
  const [, alone] = tx.update(gradients, next)
  test.strictSame(seen, [7, 2], 'without parameters the updates')
  O.disposeTree([params, gradients, state, updates, next, alone])
})

onBackends("a user's link sees what the links before it left, and only leaves that take part", test => {
  const seen: unknown[] = []
  const spy = {
    factor: 2, // methods may read `this`
    init: () => ({ n: 0 }),
    update(updates: { a: tf.Tensor | null; b: tf.Tensor | null }, state: unknown, params?: typeof updates) {
      seen.push([updates, params].map(tree => [tree?.a, tree?.b].map(x => (x ? numbers(x)[0] : x))))
      return [
        { a: updates.a && tf.mul(updates.a, this.factor), b: updates.b && tf.mul(updates.b, this.factor) },
        state,
      ] as const
    },
  }
  const halve = O.elementwise({ name: 'halve', step: ({ u, p }) => ({ u, p: mul(p, 0.5) }) })
  const tx = O.chain(halve, O.masked(spy, { a: true, b: false }))
  const params = { a: tf.tensor1d([8]), b: tf.tensor1d([4]) }
  const gradients = { a: tf.tensor1d([1]), b: tf.tensor1d([3]) }
  const [updates, state] = tx.update(gradients, tx.init(params), params)
  test.strictSame(seen, [
    [
      [1, null],
      [4, null],
    ],
  ])
  test.strictSame([numbers(updates.a), numbers(updates.b)], [[-2], [1]], 'b passed the link by: 4 -> 2 + 3')
  const [moved, next] = O.makeStep(tx)(params, { a: null, b: gradients.b }, state)
  test.strictSame([numbers(moved.a), numbers(moved.b)], [[8], [5]])
  O.disposeTree([params, gradients, updates, state, moved, next])
})

onBackends('states of user links: Variables stay, lost tensors are freed, ambiguous names do no harm', async test => {
  const counter = {
    init: () => ({ v: tf.variable(tf.scalar(0)), extra: [tf.scalar(1)] as tf.Tensor[] }),
    update: <U>(updates: U, { v, extra }: { v: tf.Variable; extra: tf.Tensor[] }) => {
      v.assign(tf.add(v, 1))
      return [updates, { v, extra: extra.length > 0 ? [] : [tf.scalar(2)] }] as const
    },
  }
  const params = { 'a.b': tf.tensor1d([1]), a: { b: tf.tensor1d([2]) } }
  const gradients = { 'a.b': tf.tensor1d([1]), a: { b: tf.tensor1d([1]) } }
  const tx = O.chain(O.trace(0.5), counter)
  const step = O.makeStep(tx, { donate: true })
  let [p, s] = [params, tx.init(params)]
  const { v } = s[1]
  ;[p, s] = step(p, gradients, s)
  ;[p, s] = step(p, gradients, s)
  const left = await leftBehind(() => {
    for (let i = 0; i < 10; i++) [p, s] = step(p, gradients, s)
  })
  test.equal(left, 0)
  test.equal(s[1].v, v)
  test.equal(numbers(v)[0], 12)
  tf.tidy(() => {
    O.keepTree([p, s])
    ;[p, s] = step(p, gradients, s)
  })
  test.ok(
    O.tensorsOf([p, s[0]]).every(([, x]) => !x.isDisposed),
    'each successor in the place of its own original',
  )
  O.disposeTree([p, s, gradients])
  v.dispose()
})

onBackends('disposeTree frees each tensor once', test => {
  const a = tf.tensor1d([1, 2])
  const v = tf.variable(a)
  O.disposeTree({ x: v, y: v })
  O.disposeTree(v)
  test.strictSame(numbers(a), [1, 2])
  a.dispose()
})

onBackends('aggregate: lists and stacks, sum, mean, a function, each', test => {
  const params = { w: tf.zeros([2]) }
  const replicas = [{ w: tf.tensor1d([3, 4]) }, { w: tf.tensor1d([0, 0.5]) }]
  const stacked = {
    w: tf.tensor2d([
      [3, 4],
      [0, 0.5],
    ]),
  }
  const see = (updates: { w: tf.Tensor }): number[] => numbers(updates.w)
  const run = (tx: O.ReplicaTransformation): number[] => see(tx.update(replicas, tx.init(params))[0])

  test.strictSame(run(O.aggregate('sum') as never), [3, 4.5])
  test.strictSame(run(O.aggregate('mean') as never), [1.5, 2.25])
  const clipped = run(O.aggregate('sum', { each: O.clipByGlobalNorm(1) }))
  test.strictSame(
    clipped.map(x => x.toFixed(6)),
    ['0.600000', '1.300000'],
    'each replica by itself',
  )
  const last = (trees: readonly unknown[]) => trees.at(-1)
  test.strictSame(run(O.aggregate(last) as never), [0, 0.5])
  const along = O.aggregate('mean', { axis: 0 })
  test.strictSame(see(along.update(stacked, along.init(params))[0]), [1.5, 2.25])
  const inner = O.aggregate('sum', { axis: -1, each: O.clip(3) })
  const turned = {
    w: tf.tensor2d([
      [3, 0],
      [4, 0.5],
    ]),
  }
  test.strictSame(see(inner.update(turned, inner.init(params))[0]), [3, 3.5])

  const tx = O.chain(O.chain(O.aggregate('mean', { each: O.clipByGlobalNorm(1) })), O.sgd(0.5))
  const start = tx.init(params)
  test.strictSame(start[0][0].each.count, 0)
  const [moved, next] = O.makeStep(tx)(params, replicas, start)
  test.equal(next[0][0].each.count, 1)
  test.strictSame(
    numbers(moved.w).map(x => x.toFixed(6)),
    ['-0.150000', '-0.325000'],
  )
  const absent = [{ w: null }, { w: null }]
  const decayed = O.aggregate('sum', { each: O.addDecayedWeights(1) })
  const point = { w: tf.tensor1d([10, 20]) }
  const [withDecay] = decayed.update(replicas, decayed.init(point), point)
  test.strictSame(see(withDecay), [23, 44.5], 'each sees the parameters')
  const named = O.namedChain(['sum', O.aggregate('sum')], ['scale', O.scale(2)])
  test.strictSame(see(named.update(replicas, named.init(params))[0]), [6, 9], 'first in a named chain')
  O.disposeTree([point, withDecay])
  test.strictSame(tx.update(absent as never, start, params as never)[0], { w: null }, 'null in all replicas sits out')
  O.disposeTree([params, replicas, stacked, turned, moved, next])
})

t.test('two copies of the package understand each other', async test => {
  await tf.setBackend('cpu')
  const folder = resolve('.tap/copy')
  rmSync(folder, { recursive: true, force: true })
  cpSync('lib', folder, { recursive: true })
  const other = (await import(pathToFileURL(join(folder, 'index.ts')).href)) as typeof O
  test.not(other.chain, O.chain, 'it is another copy')
  const tx = O.chain(other.clipByGlobalNorm(1), other.masked(O.scaleByAdam(), true), other.scaleByLearningRate(0.1))
  const params = fresh()
  const gradients = ones()
  const state = tx.init(params)
  const same = other.chain(O.clipByGlobalNorm(1), O.scaleByAdam(), O.scaleByLearningRate(0.1))
  const [mine, next] = tx.update(gradients, state, params)
  const [theirs] = same.update(gradients, state as never, params)
  test.strictSame(numbers(mine.w), numbers(theirs.w))
  const [moved, after] = other.makeStep(tx, { donate: true })(params, gradients, next)
  test.equal(after[1].count, 2)
  test.match(await other.describe(tx, after), /scaleByAdam: count 2/)
  O.disposeTree([state, mine, theirs, moved, after, gradients])
})

t.test('trees: map, tensors, keep, edit', async test => {
  await tf.setBackend('cpu')
  const tree = { b: [tf.scalar(1), null], a: { x: tf.scalar(2) } }
  test.strictSame(
    O.mapTree(tree, (x, path) => `${path}=${x.dataSync()[0]}`),
    { a: { x: 'a.x=2' }, b: ['b.0=1', null] },
  )
  test.strictSame(
    O.tensorsOf(tree).map(([path]) => path),
    ['a.x', 'b.0'],
    'records by key, arrays by index',
  )
  test.equal(O.mapTree(tree, (x, _path, y) => x.dataSync()[0]! + y.dataSync()[0]!, tree).a.x, 4)
  O.keepTree(tree)
  test.ok(tree.a.x.kept)

  const state = O.adam(0.1).init({ w: tf.zeros([2]) })
  const edited = O.editState(state, draft => {
    draft[0].count = 7
  })
  test.equal(edited[0].count, 7)
  test.equal(state[0].count, 0)
  test.equal(edited[0].mu, state[0].mu, 'branches are shared')
  test.equal(edited[1], state[1])
  test.ok(Object.isFrozen(edited) && Object.isFrozen(edited[0]), 'a state stays frozen')
  const params = { layers: [{ w: tf.zeros([1]) }] }
  const other = O.editState(params, draft => {
    draft.layers.push({ w: tf.ones([1]) })
  })
  test.equal(other.layers.length, 2)
  const mine = { w: tf.zeros([2]) }
  const mixed = O.editState(state, draft => {
    draft[0].mu = mine
  })
  test.ok(Object.isFrozen(mixed[0].mu))
  test.notOk(Object.isFrozen(mine), 'what you put into a state is copied')
  test.notOk(
    Object.isFrozen(params) || Object.isFrozen(params.layers) || Object.isFrozen(other),
    'a tree of yours is not',
  )
})
