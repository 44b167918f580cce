/** The laws of ranks, with several of them in this process: no launcher, and every collective is seen. */
import fc from 'fast-check'
import * as io from 'io-ts'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { configOf, registerTransform, transformFromConfig } from '../../lib/config.js'
import * as O from '../../lib/index.js'
import { AdamWeightDecay } from '../../lib/legacy.js'
import { printProgram } from '../../lib/rule.js'
import * as M from '../../lib/mpi.js'
import { bucketsOf } from '../../lib/mpi/buckets.js'
import { handlesOf } from '../../lib/mpi/handles.js'
import { begin, runNow } from '../../lib/mpi/lane.js'
import { launchedAs } from '../../lib/mpi/launched.js'
import { librariesOf, openMpiLibrary } from '../../lib/mpi/native.js'
import { sharesOf } from '../../lib/mpi/shares.js'
import { solo } from '../../lib/mpi/solo.js'
import { addNumbers, inPairs } from '../../lib/mpi/sum.js'
import { numbers, onBackends, snapshotsOf, useBackend, type Test } from '../setup.js'
import { onRanks, valuesOfRanks } from './ranks.js'

snapshotsOf(import.meta.url)
await useBackend('cpu')

/** Values of every leaf, for comparisons to the bit. */
const bitsOf = (tree: unknown): string =>
  O.tensorsOf(tree)
    .map(([path, tensor]) => `${path} ${Buffer.from(Float32Array.from(numbers(tensor)).buffer).toString('hex')}`)
    .join('\n')
const countsOf = (state: unknown): string =>
  JSON.stringify(state, (key, x: unknown) => (key === 'count' ? x : x instanceof tf.Tensor ? 0 : x))
const noise = (seed: number, size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (seed + 1) + 78.233 * i) * 3.7)
const shapes = { embedding: [7, 3], kernel: [4, 5], bias: [5], gain: [] } as const
const treeOf = (seed: number) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => {
      const size = shape.reduce((n: number, d) => n * d, 1)
      return [name, tf.tensor(noise(seed + 0.37 * i, size), [...shape])]
    }),
  ) as Record<keyof typeof shapes, tf.Tensor>
const worst = (a: tf.Tensor, b: tf.Tensor): number => {
  const [x, y] = [numbers(a), numbers(b)]
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!) / Math.max(1, Math.abs(value))))
}

onBackends('allReduce is the sum or mean of all ranks, in buckets of any size', test => {
  const ints = fc.array(fc.integer({ min: -99, max: 99 }), { maxLength: 9 })
  const tree = fc.record({ a: ints, b: fc.tuple(ints, ints), n: fc.constant(null) })
  fc.assert(
    fc.property(
      tree,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      fc.constantFrom(0, 24, Infinity),
      (given, size, bucket, fixed, exchangeFrom) => {
        const made = (rank: number) => ({
          a: tf.tensor1d(given.a.map(x => x * (rank + 1))),
          b: given.b.map(list => Float32Array.from(list, x => x - rank)),
          n: given.n,
        })
        const order = fixed ? 'fixed' : 'library'
        for (const op of ['sum', 'mean'] as const) {
          const all = valuesOfRanks(size, comm => M.allReduce(made(comm.rank), { comm, op, order }), {
            bucketBytes: 4 * bucket,
            exchangeFrom,
          })
          const over = op === 'sum' ? 1 : size
          for (const { a, b, n } of all) {
            const ranks = Array.from({ length: size }, (_, r) => r)
            const want = given.a.map(x => Math.fround(ranks.reduce((sum, r) => sum + x * (r + 1), 0) / over))
            test.strictSame(numbers(a), want)
            test.strictSame(
              b.map(list => Array.from(list)),
              given.b.map(list => list.map(x => Math.fround(ranks.reduce((sum, r) => sum + x - r, 0) / over))),
            )
            test.equal(n, null)
          }
        }
      },
    ),
    { numRuns: 10 },
  )
  test.end()
})

t.test('buckets hold every element once, in order, and all but the last are full', test => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 9 }), (sizes, most) => {
      const buckets = bucketsOf(sizes, most)
      const seen = buckets.flatMap(({ pieces }) =>
        pieces.flatMap(({ leaf, from, length }) => Array.from({ length }, (_, i) => `${leaf}.${from + i}`)),
      )
      test.strictSame(
        seen,
        sizes.flatMap((size, leaf) => Array.from({ length: size }, (_, i) => `${leaf}.${i}`)),
      )
      test.ok(buckets.slice(0, -1).every(({ length }) => length === most))
    }),
    { numRuns: 50 },
  )
  test.end()
})

t.test('in a fixed order the same replicas have the same sum to the bit, on however many ranks they are', test => {
  const replicas = Array.from({ length: 12 }, (_, r) => noise(r, 37))
  const want = inPairs(
    replicas.map(one => one.slice()),
    addNumbers,
  )
  const backwards = replicas.reduceRight((a, b) => a.map((x, i) => Math.fround(x + b[i]!)))
  test.notSame(want, backwards, 'the order shows')
  for (const size of [1, 2, 3, 4, 6, 12])
    for (const bucketBytes of [4, 40, 4000]) {
      const each = 12 / size
      const sums = valuesOfRanks(
        size,
        comm => {
          const own = replicas.slice(comm.rank * each, (comm.rank + 1) * each).map(one => ({ w: tf.tensor1d(one) }))
          const reduced = M.allReduce(comm, { order: 'fixed' })(own) as { w: tf.Tensor }
          return new Float32Array(numbers(reduced.w))
        },
        { bucketBytes },
      )
      for (const sum of sums) test.strictSame(sum, want, `${size} ranks with ${each} replicas`)
    }
  const sumOf = (exchangeFrom: number, order: 'fixed' | 'library') => {
    const body = (comm: M.Communicator) => M.allReduce(replicas[comm.rank]!.slice(), { comm, order })
    const { trace, outcomes } = onRanks(4, body, { bucketBytes: 80, exchangeFrom })
    return { trace, sum: outcomes[1]!.value! }
  }
  test.strictSame(sumOf(0, 'library').sum, sumOf(Infinity, 'fixed').sum, 'where ranks add, the order is fixed')
  const [sums, parts] = [['sum'], ['exchange', 'gather']]
  for (const [from, order, first, last] of [
    [Infinity, 'library', sums, sums],
    [80, 'library', parts, sums],
    [0, 'library', parts, parts],
    [Infinity, 'fixed', parts, parts],
  ] as const)
    test.strictSame(sumOf(from, order).trace, ['max', ...first, ...last], `${order}, exchanged from ${from} bytes on`)
  const unequal = onRanks(2, comm =>
    M.allReduce(comm, { order: 'fixed' })(comm.rank === 0 ? [treeOf(1)] : [treeOf(1), treeOf(2)]),
  )
  test.match(
    String(unequal.outcomes[1]!.error),
    'rank 0 allReduce, sum, 1 replicas in a fixed order, rank 1 allReduce, sum, 2',
  )
  test.end()
})

t.test('trees that differ are found before the first collective, with the same error on every rank', test => {
  const other = { ...treeOf(0), kernel: tf.zeros([5, 4]) }
  const cases: readonly (readonly [unknown, string])[] = [
    [other, 'rank 0 has leaf kernel, float32 [4,5], rank 2 has leaf kernel, float32 [5,4]'],
    [{ ...treeOf(0), kernel: null }, 'rank 2 has leaf kernel, null'],
    [{ ...treeOf(0), more: tf.zeros([1]) }, 'rank 0 has nothing in this place, rank 2 has leaf more, float32 [1]'],
    [{ ...treeOf(0), bias: new Float32Array(5) }, 'rank 2 has leaf bias, Float32Array of 5'],
  ]
  for (const [tree, says] of cases) {
    const { outcomes, trace } = onRanks(3, comm => M.allReduce(comm.rank === 2 ? tree : treeOf(comm.rank), { comm }))
    const errors = outcomes.map(({ error }) => String(error))
    test.equal(new Set(errors).size, 1, 'one error')
    test.match(errors[0], `ValueError: allReduce: the trees differ between ranks: `)
    test.match(errors[0], says)
    test.strictSame(trace, ['max', 'gather', 'gather'], 'nothing was summed')
  }
  const { outcomes } = onRanks(2, comm => (comm.rank === 0 ? M.broadcast(treeOf(0), { comm }) : M.barrier({ comm })))
  test.match(
    String(outcomes[1]!.error),
    'barrier: the ranks called different things: rank 0 broadcast from rank 0, rank 1 barrier',
  )
  const states = onRanks(2, comm =>
    M.broadcast({ count: 1, w: tf.zeros([2], comm.rank === 0 ? 'float32' : 'int32') }, { comm }),
  )
  test.match(String(states.outcomes[0]!.error), 'rank 0 has leaf w, float32 [2], rank 1 has leaf w, int32 [2]')
  test.end()
})

onBackends('broadcast gives every rank the values of one', test => {
  const like = (rank: number) => ({
    w: tf.fill([2, 3], rank + 0.5),
    mask: tf.tensor1d([rank === 2, rank !== 2], 'bool'),
    ids: tf.tensor1d([rank, -rank], 'int32'),
    none: null,
    state: [{ count: rank, name: `rank ${rank}` }, rank === 2, rank === 2 ? NaN : -0, rank === 2 ? -0 : 1],
  })
  const all = valuesOfRanks(
    3,
    comm => {
      const v = tf.variable(tf.scalar(comm.rank))
      const got = M.broadcast({ ...like(comm.rank), v }, { comm, root: 2 })
      test.equal(got.v, v, 'a Variable is assigned')
      const values = {
        w: numbers(got.w),
        mask: numbers(got.mask),
        ids: numbers(got.ids),
        v: numbers(v),
        none: got.none,
        state: got.state,
      }
      v.dispose()
      return values
    },
    { bucketBytes: 8 },
  )
  for (const values of all) {
    test.strictSame(values.w, new Array(6).fill(2.5))
    test.strictSame(values.mask, [1, 0])
    test.strictSame(values.ids, [2, -2])
    test.strictSame(values.v, [2])
    test.equal(values.none, null)
    test.strictSame(values.state.slice(0, 2), [{ count: 2, name: 'rank 2' }, true])
    test.ok(Number.isNaN(values.state[2]) && Object.is(values.state[3], -0))
  }
  test.end()
})

const params = () => treeOf(0.11)
/** Some steps on gradients of each rank; the parameters and state at the end. */
const stepped = <S>(
  tx: O.GradientTransformation,
  gradients: (step: number) => unknown,
  steps = 3,
): readonly [unknown, S] => {
  let now: unknown = params()
  let state: unknown = tx.init(params())
  for (let i = 0; i < steps; i++) {
    const [updates, next] = tx.update(gradients(i), state, now as never)
    ;[now, state] = [O.applyUpdates(now, updates as never), next]
  }
  return [now, state as S]
}

onBackends(
  'aggregate(allReduce(comm)) is the first link of a chain; lists of one process still are',
  (test, backend) => {
    const list = (step: number) => [0, 1, 2, 3].map(r => treeOf(10 * step + r))
    const make = (how: Parameters<typeof O.aggregate>[0]) =>
      O.chain(O.aggregate(how, { each: O.clipByGlobalNorm(1) }), O.adamw(0.1))
    for (const op of ['sum', 'mean'] as const) {
      const [want] = stepped(make(op) as never, list)
      for (const size of [1, 2, 4]) {
        const each = 4 / size
        const all = valuesOfRanks(size, comm => {
          const tx = make(M.allReduce(comm, { op, order: 'fixed' }))
          const [got] = stepped(tx as never, step => list(step).slice(comm.rank * each, (comm.rank + 1) * each))
          return { bits: bitsOf(got), got: got as Record<string, tf.Tensor> }
        })
        test.equal(new Set(all.map(({ bits }) => bits)).size, 1, `${op}, ${size} ranks: the same bits on all`)
        for (const [path, tensor] of O.tensorsOf(want))
          test.ok(worst(tensor, all[0]!.got[path]!) < 1e-6, `${op}, ${size} ranks, ${path}: as in one process`)
      }
    }
    const tx = O.chain(O.aggregate(M.allReduce(solo('here', 1))), O.sgd(1))
    test.match(printProgram(tx.program), 'aggregate: sum over 1 rank of a list of replicas')
    test.equal(backend, tf.getBackend())
    const stacked = M.averagePerElementUpdates(solo('here', 1))
    test.throws(() => O.asOptimizer(stacked), /aggregate/, 'an optimizer has no stacks')
    test.end()
  },
)

onBackends('a step sums once, whatever runs it', test => {
  const links: Readonly<Record<string, (comm: Parameters<typeof M.shardState>[1]) => O.Link>> = {
    kernels: () => O.adam(0.1),
    "a user's link": () => ({ init: () => ({}), update: (u: never, s: never) => [u, s] }),
    'a divided state': comm => M.shardState(O.adam(0.1), comm),
    'in tfjs ops': () => O.muon(0.1),
  }
  for (const [name, make] of Object.entries(links))
    for (const donate of [true, false]) {
      const { trace, outcomes } = onRanks(2, comm => {
        const tx = O.chain(O.aggregate(M.allReduce(comm)), make(comm))
        const state = tx.init(params())
        return bitsOf(O.makeStep(tx, { donate })(params(), [treeOf(comm.rank)], state as never)[0])
      })
      test.equal(outcomes[0]!.error, undefined)
      test.equal(trace.filter(op => op === 'sum').length, 1, `${name}, ${donate ? 'donated' : 'not donated'}`)
    }
  test.end()
})

t.test('asOptimizer: minimize and fit on every rank train on the sum over ranks', async test => {
  await useBackend('cpu')
  const data = (rank: number) =>
    [tf.tensor2d(noise(rank, 12), [4, 3]), tf.tensor2d(noise(rank + 9, 4), [4, 1])] as const
  const trained = (make: () => tf.Optimizer, use: readonly number[], steps = 3): string => {
    const w = tf.variable(tf.tensor2d([0.1, -0.2, 0.3], [3, 1]), true, 'w of a rank')
    const optimizer = make()
    try {
      for (let i = 0; i < steps; i++)
        optimizer.minimize(() => {
          const losses = use.map(rank => {
            const [x, y] = data(rank)
            return tf.losses.meanSquaredError(y, tf.matMul(x, w))
          })
          return tf.addN(losses) as tf.Scalar
        })
      return numbers(w)
        .map(x => x.toFixed(5))
        .join(' ')
    } finally {
      tf.dispose([w])
      optimizer.dispose()
    }
  }
  const want = trained(() => O.asOptimizer(O.adamw(0.1)), [0, 1])
  const got = valuesOfRanks(2, comm =>
    trained(() => O.asOptimizer(O.chain(O.aggregate(M.allReduce(comm)), O.adamw(0.1))), [comm.rank]),
  )
  test.strictSame(got, [want, want])

  const fitted = async (optimizer: tf.Optimizer) => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3], kernelInitializer: 'ones' })] })
    model.compile({ optimizer, loss: 'meanSquaredError' })
    const [x, y] = data(0)
    await model.fit(x, y, { epochs: 2, batchSize: 2, shuffle: false, verbose: 0 })
    const values = numbers(model.getWeights()[0]!)
    model.dispose()
    return values
  }
  const across = O.chain(O.aggregate(M.allReduce(solo('here', 1), { op: 'mean' })), O.adamw(0.1))
  test.strictSame(await fitted(O.asOptimizer(across)), await fitted(O.asOptimizer(O.adamw(0.1))))
})

t.test('gradientAggregator of Keras optimizers: the sum over all replicas of all ranks', test => {
  const stepsOf = (
    gradientsOf: (step: number, variable: number) => tf.Tensor | readonly tf.Tensor[],
    gradientAggregator?: ReturnType<typeof M.gradientAggregator>,
  ) => {
    const variables = [tf.variable(tf.tensor1d([1, -1, 2])), tf.variable(tf.scalar(3))] as const
    const optimizer = new AdamWeightDecay({
      learningRate: 0.1,
      epsilon: 10,
      weightDecayRate: 0.01,
      ...(gradientAggregator === undefined ? {} : { gradientAggregator }),
    })
    for (let i = 0; i < 3; i++)
      optimizer.applyGradients(variables.map((v, k) => [gradientsOf(i, k), v] as const) as never)
    const values = bitsOf(variables.map(v => tf.clone(v)))
    optimizer.dispose()
    tf.dispose([...variables])
    return values
  }
  const one = (step: number, replica: number, k: number): tf.Tensor =>
    k === 0 ? tf.tensor1d(noise(step + 7 * replica, 3)) : tf.scalar(noise(step + 7 * replica + 0.5, 1)[0]!)
  const want = stepsOf((step, k) => [0, 1].map(r => one(step, r, k)))
  const got = valuesOfRanks(2, comm => stepsOf((step, k) => one(step, comm.rank, k), M.gradientAggregator(comm)))
  test.strictSame(got, [want, want], 'two ranks with one replica')
  const four = (rank: number, step: number, k: number) => [0, 1].map(r => one(step, 2 * rank + r, k))
  const fixed = (size: number) =>
    valuesOfRanks(size, comm =>
      stepsOf(
        (step, k) => (size === 2 ? four(comm.rank, step, k) : [...four(0, step, k), ...four(1, step, k)]),
        M.gradientAggregator(comm, { order: 'fixed' }),
      ),
    )
  test.equal(new Set([...fixed(1), ...fixed(2)]).size, 1, 'lists on one or two ranks, to the bit')

  const [v1, v2] = [tf.variable(tf.scalar(0)), tf.variable(tf.scalar(0))]
  const half = M.gradientAggregator(solo('here', 1), { op: 'mean' })([
    [[tf.scalar(3), null], v1],
    [[tf.scalar(5), tf.scalar(7)], v2],
  ] as never)
  test.strictSame(
    half.map(([sum]) => numbers(sum)),
    [[1.5], [6]],
    'a replica without a gradient counts',
  )
  tf.dispose([v1, v2])

  const sparse = valuesOfRanks(2, comm => {
    const v = tf.variable(tf.zeros([3, 2]))
    const optimizer = new AdamWeightDecay({
      learningRate: 1,
      epsilon: 1,
      gradientClipNorm: 0,
      gradientAggregator: M.gradientAggregator(comm),
    })
    optimizer.applyGradients([[{ indices: [comm.rank], values: tf.ones([1, 2]) }, v]])
    const moved = numbers(v).map(x => x !== 0)
    tf.dispose([v])
    optimizer.dispose()
    return moved
  })
  test.strictSame(sparse[0], [true, true, true, true, false, false], 'rows of both ranks')
  test.end()
})

const divided: Readonly<Record<string, () => O.GradientTransformation>> = {
  adamw: () => O.adamw(O.cosineDecaySchedule(0.1, 10), { mask: path => path !== 'bias' }),
  'momentum, masked': () => O.masked(O.sgd(0.1, { momentum: 0.9 }), (_path, leaf) => leaf.rank === 2),
  'rates by path': () => O.adam(O.byPath([['kernel', 0.5]], 0.1)),
  lion: () => O.lion(0.1),
  'every other step': () => O.multiSteps(O.adam(0.1), 2),
  lookahead: () => O.lookahead(O.adam(0.1), 2, 0.5),
  'decay first': () => O.chain(O.decayParams(0.1, 0.01), O.scaleByAdam(), O.scale(-0.1)),
  'lamb, by leaf': () => O.lamb(0.1),
  'adafactor, with slots of other shapes': () => O.adafactor(0.1, { minDimSizeToFactor: 2 }),
  'muon, in tfjs ops': () => O.muon(0.1),
  'novograd, with a number by leaf': () => O.novograd(0.1),
}

onBackends('shardState: the updates of one rank to the bit, and the state in parts', test => {
  for (const [name, make] of Object.entries(divided)) {
    const sum = (step: number) => ({ ...treeOf(step), ...(step === 1 ? { bias: null } : {}) })
    const [want, whole] = stepped<unknown>(make(), sum)
    const [wantBits, wholeBits] = [bitsOf(want), bitsOf(whole)]
    for (const size of name === 'adamw' ? [1, 2, 5] : [3]) {
      const { outcomes } = onRanks(
        size,
        comm => {
          const tx = M.shardState(make(), comm)
          const [got, state] = stepped<never>(tx, sum)
          const gathered = M.gatherState(tx, state, params())
          const again = M.scatterState(tx, gathered, params())
          return {
            bits: bitsOf(got),
            whole: bitsOf(gathered),
            counts: countsOf(gathered),
            round: bitsOf(again) === bitsOf(state),
            size: O.tensorsOf(state).reduce((n, [, one]) => n + one.size, 0),
          }
        },
        { bucketBytes: 256 },
      )
      for (const { value, error } of outcomes) {
        if (error !== undefined) throw error as Error
        test.equal(value!.bits, wantBits, `${name}, ${size} ranks: the same parameters`)
        test.equal(value!.whole, wholeBits, `${name}, ${size} ranks: the same state, put together`)
        test.equal(value!.counts, countsOf(whole))
        test.ok(value!.round, `${name}, ${size} ranks: divided again as it was`)
      }
      const sizes = outcomes.map(({ value }) => value!.size)
      const total = O.tensorsOf(whole).reduce((n, [, one]) => n + one.size, 0)
      test.equal(
        sizes.reduce((a, b) => a + b, 0),
        total,
        `${name}, ${size} ranks: each number is kept once`,
      )
    }
  }
  test.end()
})

onBackends('nothing of the caller is written over', async (test, backend) => {
  await useBackend(backend === 'cpu' ? 'wasm' : 'cpu')
  const other = tf.tensor1d([3, 4])
  await useBackend(backend)
  const w = tf.tensor1d([1, 2])
  for (const [comm, times] of [
    [solo('here', 1), 2],
    [rankOf2(() => undefined), 4],
  ] as const) {
    const sum = M.allReduce(comm)([
      { w, other },
      { w, other },
    ]) as Record<string, tf.Tensor>
    test.strictSame(numbers(sum['w']!), [times, 2 * times])
    test.strictSame(numbers(sum['other']!), [3 * times, 4 * times])
    test.strictSame(
      [numbers(w), numbers(other)],
      [
        [1, 2],
        [3, 4],
      ],
    )
  }
  const later = await M.allReduceAsync({ other, twice: other }, { op: 'sum', comm: rankOf2(() => undefined) })
  test.strictSame(
    [numbers(later.other), numbers(later.twice)],
    [
      [6, 8],
      [6, 8],
    ],
  )
  const raw = Float32Array.of(1)
  test.throws(
    () => M.allReduce({ a: raw, b: raw }),
    /allReduce: leaf a, Float32Array of 1, and leaf b, .* are the same array/,
  )
  test.strictSame(numbers(other), [3, 4])
})

t.test('ranks with other buckets are found before they send anything', test => {
  const { outcomes, trace } = onRanks(2, comm =>
    M.allReduce(new Float32Array(9), { comm: { ...comm, bucketBytes: 8 + 4 * comm.rank } }),
  )
  for (const { error } of outcomes)
    test.match(
      String(error),
      'rank 0 allReduce, sum, in buckets of 8 bytes, rank 1 allReduce, sum, in buckets of 12 bytes',
    )
  test.strictSame(trace, ['max', 'gather', 'gather'])
  test.strictSame(
    Array.from(M.allReduce(new Float32Array(3).fill(2), { comm: { ...solo('here', 1), bucketBytes: 6 } })),
    [2, 2, 2],
  )
  test.end()
})

t.test('one rank alone divides nothing, reads nothing, and asks nobody', test => {
  const comm: M.Communicator = {
    ...solo('here', 1),
    start: () => {
      throw new Error('it asked the others')
    },
  }
  const [got] = stepped(M.shardState(O.adam(0.1), comm), treeOf)
  test.equal(bitsOf(got), bitsOf(stepped(O.adam(0.1), treeOf)[0]))
  test.end()
})

t.test('shardState: rows are divided equally, and by leaf the largest go first', test => {
  const forms = [{ name: 'a', shape: [1000, 7] }, null, { name: 'b', shape: [10, 100] }, { name: 'c', shape: [3] }]
  const [a, none, , c] = sharesOf(forms, 4, true)
  test.strictSame(
    a,
    [0, 250, 500, 750].map(from => ({ from, rows: 250 })),
  )
  test.equal(none, null)
  test.equal(c!.filter(share => share === 'whole').length, 1, 'a leaf with few rows is with one rank')
  test.strictSame(sharesOf([forms[3]!], 4, true)[0], c, 'whatever other leaves there are')
  const whole = sharesOf(forms, 2, false)
  test.strictSame(
    [whole[0], whole[2], whole[3]],
    [
      ['whole', 'none'],
      ['none', 'whole'],
      ['none', 'whole'],
    ],
  )

  const comm = solo('here', 1)
  const wrong: readonly (readonly [() => unknown, string])[] = [
    [
      () => M.shardState(O.chain(O.clipByGlobalNorm(1), O.adam(0.1)), comm),
      'shardState: clipByGlobalNorm needs a number over the whole tree',
    ],
    [() => M.shardState(O.prodigy(), comm), 'needs a number over the whole tree'],
    [
      () => M.shardState(O.multiSteps(O.adam(0.1), 2, { shouldSkipUpdate: O.skipNotFinite() }), comm),
      'multiSteps needs',
    ],
    [() => M.shardState({ init: () => ({}), update: u => [u, {}] }, comm), "a user's {init, update}"],
    [() => M.shardState(O.aggregate('sum') as never, comm), 'must be the first link'],
    [() => M.shardState(O.adam(0.1), {} as never), 'comm must be a communicator'],
    [() => M.gatherState(O.adam(0.1) as never, {}, {}), 'tx must be made by shardState'],
    [() => M.scatterState(null as never, {}, {}), 'tx must be made by shardState, got null'],
  ]
  for (const [run, says] of wrong) test.throws(run, { message: new RegExp(says.replace(/[{}]/g, '\\$&')) })
  test.end()
})

t.test('a divided state is seen through, and changed, like any other', async test => {
  const schedule = O.linearSchedule(0.1, 0, 10)
  const { outcomes } = onRanks(2, comm => {
    const tx = O.chain(O.clipByGlobalNorm(1), M.shardState(O.adamw(schedule), comm))
    const [, state] = stepped(tx, treeOf)
    return { tx, state, set: O.hyperparamsOf(O.setHyper(tx, { learningRate: 0.5, b1: 0.8 }), state) }
  })
  const { tx, state, set } = outcomes[1]!.value!
  test.equal(O.hyperparamsOf(tx, state)['1.2.learningRate'], schedule(3))
  test.strictSame([set['1.0.b1'], set['1.2.learningRate']], [0.8, 0.5])
  test.matchSnapshot(await O.describe(tx, state), 'described')
  test.matchSnapshot(printProgram(tx.program), 'printed')
  test.matchSnapshot(O.explain(tx), 'explained')
  test.match(O.explain(tx), 'shardState: 2 ranks, each on its share of the leaves, which cut the chain')
  test.throws(() => O.setHyper(tx, { momentum: 1 }), /momentum/)

  const trained = valuesOfRanks(2, comm => {
    const optimizer = O.asOptimizer(M.shardState(O.adam(0.1), comm), { lastStep: true })
    const w = tf.variable(tf.tensor2d(noise(1, 6), [3, 2]), true, 'w of a rank')
    const step = (): void => optimizer.applyGradients({ [w.name]: tf.tensor2d(noise(2, 6), [3, 2]) })
    try {
      step()
      optimizer.learningRate = 0.01
      step()
      return { rate: optimizer.learningRate, last: optimizer.lastStep?.learningRate, w: numbers(w) }
    } finally {
      optimizer.dispose()
      w.dispose()
    }
  })
  const [first, second] = trained
  test.strictSame([first!.rate, first!.last], [0.01, 0.01])
  test.strictSame(first!.w, second!.w)
  test.end()
})

t.test('wrappers around a divided state give what they give around a whole one, or say why not', test => {
  const around: Readonly<Record<string, (tx: O.GradientTransformation) => O.GradientTransformation>> = {
    masked: tx => O.masked(tx, (_path, leaf) => leaf.rank === 2),
    multiSteps: tx => O.multiSteps(tx, 2),
    'multiSteps that skips': tx => O.multiSteps(tx, 2, { shouldSkipUpdate: O.skipNotFinite() }),
    lookahead: tx => O.lookahead(tx, 2, 0.5),
    injectHyperparams: tx => O.injectHyperparams(tx),
    setHyper: tx => O.setHyper(tx, { learningRate: 0.2 }),
    freeze: tx => O.chain(tx, O.freeze({ embedding: true, kernel: false, bias: false, gain: false })),
    partition: tx => O.partition({ a: tx, b: O.sgd(0.1) }, path => (path === 'kernel' ? 'a' : 'b')),
    namedChain: tx => O.namedChain(['clip', O.clip(0.5)], ['tx', tx]),
    mechanize: tx => O.mechanize(tx),
  }
  for (const [name, wrap] of Object.entries(around)) {
    const make = () => O.adam(0.1)
    const sum = (step: number) => treeOf(step)
    const [want] = stepped(wrap(make()), sum)
    const bits = bitsOf(want)
    for (const { value, error } of onRanks(2, comm => bitsOf(stepped(wrap(M.shardState(make(), comm)), sum)[0]))
      .outcomes) {
      if (error !== undefined) throw error as Error
      test.equal(value, bits, name)
    }
  }
  const tx = M.shardState(O.adam(0.1), solo('here', 1))
  for (const [run, says] of [
    [() => O.applyIfFinite(tx, 1), 'applyIfFinite: a step of shardState'],
    [() => O.flatten(tx), 'shardState runs its parts itself'],
    [() => M.shardState(O.chain(tx, O.scale(2)), solo('here', 1)), 'shardState divides the state of its links already'],
    [() => O.aggregate('sum', { each: tx }), 'aggregate'],
  ] as const)
    test.throws(run, { message: new RegExp(says) })
  test.end()
})

t.test('a config has the name of a factory that takes the communicator of the reader', test => {
  const wrong = configOf(O.chain(O.aggregate(M.allReduce(M.world())), M.shardState(O.adam(0.1), M.world())))
  test.match(wrong, { left: { message: /links\.0\.how: a function cannot be written/ } })
  test.match(wrong, { left: { message: /links\.1: configs do not know the wrapper shardState; make it by a factory/ } })

  const mean = registerTransform('meanOfRanks', io.type({}), () => O.aggregate(M.allReduce(M.world(), { op: 'mean' })))
  const divided = registerTransform('dividedAdam', io.type({ learningRate: io.number }), ({ learningRate }) =>
    M.shardState(O.adam(learningRate), M.world()),
  )
  const config = O.asOptimizer(O.chain(mean({}), divided({ learningRate: 0.1 }))).getConfig()
  test.match(config, {
    tx: { type: 'chain', links: [{ type: 'meanOfRanks' }, { type: 'dividedAdam', learningRate: 0.1 }] },
  })
  const again = transformFromConfig(JSON.parse(JSON.stringify(config['tx'])))
  if (again._tag === 'Left') throw again.left
  const optimizer = O.asOptimizer(again.right)
  const w = tf.variable(tf.tensor1d([1, 2]))
  optimizer.minimize(() => tf.sum(tf.square(w)))
  test.strictSame(
    numbers(w).map(x => x.toFixed(3)),
    ['0.900', '1.900'],
  )
  optimizer.dispose()
  w.dispose()
  test.end()
})

t.test('shardState in a chain, in place, and in an optimizer whose variables come later', test => {
  const list = (step: number) => treeOf(step)
  const run = (comm: Parameters<typeof M.shardState>[1] | null) => {
    const adam = O.adam(0.1)
    const tx = O.chain(O.clipByGlobalNorm(1), comm === null ? adam : M.shardState(adam, comm))
    const step = O.makeStep(tx, { donate: true })
    let [now, state] = [params(), tx.init(params())]
    for (let i = 0; i < 3; i++) [now, state] = step(now, list(i), state)
    const bits = bitsOf(now)
    O.disposeTree([now, state])
    return bits
  }
  test.strictSame(valuesOfRanks(3, run), new Array(3).fill(run(null)))

  const later = (comm: Parameters<typeof M.shardState>[1] | null) => {
    const optimizer = O.asOptimizer(comm === null ? O.adam(0.1) : M.shardState(O.adam(0.1), comm))
    const firsts = [tf.tensor1d(noise(1, 5)), tf.tensor1d(noise(2, 7)), tf.scalar(2)]
    const variables = firsts.map((first, i) => tf.variable(first, true, `variable ${i} of a rank`))
    try {
      for (const use of [[0], [0, 1], [1, 2], [0, 1, 2]])
        optimizer.applyGradients(
          Object.fromEntries(use.map(i => [variables[i]!.name, tf.mul<tf.Tensor>(variables[i]!, 0.5 + i)])),
        )
      return variables.map(numbers).join()
    } finally {
      optimizer.dispose()
      tf.dispose(variables)
    }
  }
  test.strictSame(valuesOfRanks(2, later), new Array(2).fill(later(null)))
  test.end()
})

onBackends('valueAndReducedGrad gives the sums of valueAndGrad, and sends the last gradients first', test => {
  const lossOf = (
    p: { first: tf.Tensor; second: readonly tf.Tensor[]; unused: tf.Tensor; ids: tf.Tensor },
    x: tf.Tensor,
  ) => {
    const hidden = tf.tanh(tf.matMul(x, p.first))
    const out = tf.add(tf.matMul(hidden, p.second[0] as tf.Tensor2D), p.second[1]!)
    return tf.add<tf.Scalar>(tf.mean(tf.square(out)), tf.mul(0.1, tf.sum(tf.square(p.first))))
  }
  const made = () => ({
    first: tf.tensor2d(noise(1, 12), [3, 4]),
    second: [tf.tensor2d(noise(2, 8), [4, 2]), tf.tensor1d([0.5, -0.5])],
    unused: tf.ones([3]),
    ids: tf.tensor1d([1, 2], 'int32'),
  })
  const x = (rank: number) => tf.tensor2d(noise(rank + 3, 6), [2, 3])
  for (const options of [{ op: 'mean' }, { order: 'fixed' }] as const)
    for (const size of [1, 2, 3]) {
      const want = valuesOfRanks(size, comm =>
        bitsOf(M.allReduce(dropped(O.valueAndGrad(lossOf)(made(), x(comm.rank))[1]), { ...options, comm })),
      )
      const got = onRanks(
        size,
        comm => {
          const before = tf.memory().numTensors
          const [loss, gradients] = M.valueAndReducedGrad(lossOf, { ...options, comm })(made(), x(comm.rank))
          const bits = bitsOf(dropped(gradients))
          test.equal(gradients.ids, null, 'no gradient of integers')
          test.equal(loss.rank, 0)
          O.disposeTree([loss, gradients])
          test.equal(tf.memory().numTensors - before, 6, 'nothing is left but the arguments')
          return bits
        },
        { bucketBytes: 16 },
      )
      test.strictSame(
        got.outcomes.map(({ value }) => value),
        want,
        `${JSON.stringify(options)} on ${size}`,
      )
    }
  const differing = onRanks(2, comm => {
    const one = (p: { a: tf.Tensor; b: tf.Tensor }) =>
      tf.sum(comm.rank === 0 ? tf.mul(tf.square(p.a), p.b) : tf.mul(tf.square(p.b), p.a))
    return M.valueAndReducedGrad(one, { comm })({ a: tf.scalar(1), b: tf.scalar(2) })
  })
  const [one, two] = differing.outcomes.map(({ error }) => String(error))
  test.match(
    one,
    /^ValueError: valueAndReducedGrad: the trees differ between ranks: rank 0 has leaf b/,
    'another order',
  )
  test.equal(one, two, 'the same error on all ranks, and the job goes on')
  const sized = onRanks(2, comm =>
    M.valueAndReducedGrad(({ w }: { w: tf.Tensor }) => tf.sum(w), { comm })({ w: tf.ones([30_000 + comm.rank]) }),
  )
  test.match(
    String(sized.outcomes[1]!.error),
    /rank 0 has leaf w, float32 \[30000\], rank 1 has leaf w, float32 \[30001\]/,
  )
  const broken = onRanks(2, comm => M.valueAndReducedGrad(() => tf.ones([2]), { comm })({ a: tf.scalar(1) }))
  test.match(String(broken.outcomes[0]!.error), 'the loss must be a scalar')
  const w = tf.variable(tf.scalar(3))
  const [ofVariable] = valuesOfRanks(2, comm => {
    const [, gradients] = M.valueAndReducedGrad((_: { w: tf.Tensor }) => tf.square(w) as tf.Scalar, { comm })({ w })
    return numbers(gradients.w!)
  })
  test.strictSame(ofVariable, [12], 'a Variable that the loss does not take from its arguments')
  const [ofItself] = valuesOfRanks(2, comm => {
    const [, gradients] = M.valueAndReducedGrad((p: { v: tf.Tensor }) => p.v, { comm })({ v: tf.scalar(3) })
    return numbers(gradients.v!)
  })
  test.strictSame(ofItself, [2], 'a parameter that is the loss')
  const beside = onRanks(2, comm => {
    const outer = { v: tf.tensor1d([1, 2]), later: tf.tensor1d([1]) }
    const both = (p: typeof outer) => tf.add(tf.add(tf.sum(p.later), tf.sum(p.v)), tf.sum(outer.v))
    return M.valueAndReducedGrad(both, { comm })(outer)
  })
  test.match(String(beside.outcomes[1]!.error), /^ValueError: .* the loss uses leaf v from outside too/)
  tf.dispose(w)
  test.end()
})

/** One of two ranks; the other one has the same numbers. */
const rankOf2 = (seen: (op: string) => void, more: Partial<M.Communicator> = {}): M.Communicator => ({
  ...solo('here', 1),
  size: 2,
  start: ({ op, data }) => {
    seen(op)
    if (op === 'sum') data.forEach((x, i) => (data[i] = 2 * x))
    return { isDone: () => true }
  },
  ...more,
})

t.test('a gradient is sent before those that come after it are computed', test => {
  const events: string[] = []
  const marked = tf.customGrad(x => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: dy => {
      events.push('computed')
      return dy
    },
  }))
  const lossOf = ({ a, b }: Record<'a' | 'b', tf.Tensor>) => tf.sum(tf.mul(marked(tf.mul(a, 2)), b))
  const comm = rankOf2(op => events.push(op))
  const params = { a: tf.ones([25_000]), b: tf.ones([25_000]) }
  M.valueAndReducedGrad(lossOf, { comm })(params)
  test.strictSame(
    events,
    ['max', 'sum', 'computed', 'sum', 'sum', 'sum'],
    'a bucket of b, then the gradient of a, and the rest',
  )
  test.end()
})

t.test('a failure while gradients are sent ends the job; one before that leaves nothing behind', test => {
  const said: string[] = []
  const abort = (message: string): never => {
    said.push(message)
    throw new Error('the job has ended')
  }
  const comm = rankOf2(() => undefined, { abort })
  const params = { a: tf.ones([3]), b: tf.ones([3]) }
  const failing = tf.customGrad(x => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: () => {
      throw new Error('no gradient today')
    },
  }))
  test.throws(
    () => M.valueAndReducedGrad(({ a, b }: typeof params) => tf.sum(tf.mul(failing(a), b)), { comm })(params),
    /the job has ended/,
  )
  test.match(said, [/rank 0 of 2 has failed in valueAndReducedGrad, after it had begun to send: no gradient today/])
  const early = rankOf2(() => undefined, { abort })
  const refused = M.valueAndReducedGrad((p: typeof params) => failing(tf.sum(p.a)), { comm: early })
  test.throws(() => refused(params), /no gradient today/)
  test.strictSame([early.lane.works.length, said.length], [0, 1])
  const inside = rankOf2(() => undefined)
  const meeting = tf.customGrad(x => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: dy => {
      M.barrier({ comm: inside })
      return dy
    },
  }))
  test.throws(
    () => M.valueAndReducedGrad(({ a, b }: typeof params) => tf.sum(tf.mul(meeting(a), b)), { comm: inside })(params),
    /valueAndReducedGrad: no call that blocks can come before all its gradients are there/,
  )
  test.end()
})

const dropped = (gradients: { readonly ids: unknown }) => {
  const { ids: _ids, ...rest } = gradients
  return rest as Record<string, tf.Tensor>
}

t.test("optax's aggregating functions: mean, per example, clipped, noisy", test => {
  const perExample = Array.from({ length: 6 }, (_, i) => noise(i, 4))
  const stack = (from: number, to: number) => ({
    w: tf.tensor2d(
      perExample.slice(from, to).flatMap(row => [...row]),
      [to - from, 4],
    ),
  })
  const like = { w: tf.zeros([4]) }
  const column = (f: (rows: readonly Float32Array[]) => number[]) => f(perExample)
  const near = (sub: Test, got: readonly number[], want: readonly number[], what: string) =>
    sub.ok(
      got.every((x, i) => Math.abs(x - want[i]!) < 1e-5),
      `${what}: ${got.join()} is ${want.join()}`,
    )
  const mean = column(rows => [0, 1, 2, 3].map(i => rows.reduce((sum, row) => sum + row[i]! / 6, 0)))
  const clipped = perExample.map(row => {
    const norm = Math.hypot(...row)
    return Array.from(row, x => x * Math.min(1, 2 / norm))
  })
  const clippedSum = [0, 1, 2, 3].map(i => clipped.reduce((sum, row) => sum + row[i]!, 0))
  // Rank 0 has two examples, rank 1 has four.
  const of = (tx: O.GradientTransformation, rank: number) =>
    tx.update(rank === 0 ? stack(0, 2) : stack(2, 6), tx.init(like), like)
  for (const updates of valuesOfRanks(2, comm =>
    numbers(of(M.averagePerElementUpdates(comm) as never, comm.rank)[0].w),
  ))
    near(test, updates, mean, 'mean')
  for (const updates of valuesOfRanks(2, comm =>
    numbers(of(M.processed(comm, O.clipByGlobalNorm(2), O.scale(3)) as never, comm.rank)[0].w),
  ))
    near(
      test,
      updates,
      clippedSum.map(x => x / 2),
      'clipped one by one',
    )
  const quiet = valuesOfRanks(2, comm =>
    numbers(of(M.differentiallyPrivateAggregate(comm, 2, 0, 1, 6) as never, comm.rank)[0].w),
  )
  near(
    test,
    quiet[0]!,
    clippedSum.map(x => x / 6),
    'without noise',
  )
  const noisy = valuesOfRanks(2, comm =>
    numbers(of(M.differentiallyPrivateAggregate(comm, 2, 1, 1, 6) as never, comm.rank)[0].w),
  )
  test.strictSame(noisy[0], noisy[1], 'the same noise on all ranks')
  test.ok(noisy[0]!.every((x, i) => x !== quiet[0]![i]))
  const wide = { w: tf.zeros([4000]) }
  const only = M.differentiallyPrivateAggregate(solo('here', 1), 2, 3, 5, 10)
  const [z] = only.update({ w: tf.zeros([1, 4000]) }, only.init(wide), wide)
  const values = numbers(z.w)
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / 4000)
  test.ok(Math.abs(deviation - 0.6) < 0.03, `deviation ${deviation} is 2 * 3 / 10`)
  const comm = solo('here', 1)
  test.throws(() => M.differentiallyPrivateAggregate(comm, 0, 1, 1, 6), /l2NormClip must be above 0, got 0/)
  test.throws(() => M.differentiallyPrivateAggregate(comm, 1, -1, 1, 6), /noiseMultiplier must be at least 0/)
  test.throws(() => M.differentiallyPrivateAggregate(comm, 1, 1, 1, 0.5), /batchSize must be a whole number from 1 on/)
  test.throws(() => M.processed(1 as never, O.scale(1), O.scale(1)), /comm must be a communicator/)
  test.end()
})

t.test('a rank that waits for too long names those who have not come, and the bucket', test => {
  const stopped: string[] = []
  const comm = {
    ...solo('here', 1),
    size: 3,
    timeLimit: 0.02,
    start: () => ({ isDone: () => false }),
    absent: () => [1, 2],
    abort: (message: string): never => {
      stopped.push(message)
      throw new Error('stopped')
    },
  }
  test.throws(() => M.allReduce(new Float32Array(3), { comm }), /stopped/)
  test.match(
    stopped[0],
    'rank 0 of 3 has waited 0.02 s in the comparison of trees by allReduce for ranks 1, 2; all ranks are stopped',
  )
  let started = 0
  const inBucket = { ...comm, lane: { works: [], scratch: [] }, start: () => ({ isDone: () => started++ === 0 }) }
  test.throws(() => M.allReduce(new Float32Array(3), { comm: { ...inBucket, bucketBytes: 4 } }), /stopped/)
  test.match(stopped.at(-1), 'has waited 0.02 s in bucket 1 of 3 of allReduce for ranks 1, 2')
  test.throws(() => M.barrier({ comm: { ...inBucket, absent: () => [] } }), /stopped/)
  test.match(stopped.at(-1), 'for another rank')
  test.end()
})

t.test('work is served one after the other, in the order of calls', async test => {
  const [events, lane] = [[] as string[], { works: [], scratch: [] }]
  let polls = 0
  const comm = {
    ...solo('here', 1),
    lane,
    start: ({ op }: { readonly op: string }) => {
      events.push(`start ${op}`)
      const until = polls + 3
      return { isDone: () => polls++ > until }
    },
  }
  const work = function* (name: string) {
    yield { collective: { op: 'max' as const, data: new Int32Array(1) }, what: name }
    yield null
    events.push(name)
    return name
  }
  const first = begin(comm, work('first')).promise()
  const second = begin(comm, work('second')).promise()
  test.equal(runNow(comm, work('third')), 'third', 'a call that blocks finishes those before it')
  test.strictSame(events, ['start max', 'first', 'start max', 'second', 'start max', 'third'])
  test.strictSame(await Promise.all([first, second]), ['first', 'second'])
  const failing = begin(
    comm,
    (function* () {
      yield null
      throw new Error('this one fails')
    })(),
  )
  const after = begin(comm, work('after'))
  await test.rejects(failing.promise(), /this one fails/)
  test.equal(await after.promise(), 'after', 'and those behind it go on')
})

t.test('time in which a rank does not ask is not waiting', test => {
  const said: string[] = []
  const comm: M.Communicator = {
    ...solo('here', 1),
    timeLimit: 0.2,
    start: () => ({ isDone: () => false }),
    abort: message => {
      said.push(message)
      throw new Error('stopped')
    },
  }
  const work = begin(
    comm,
    (function* () {
      yield { collective: { op: 'max' as const, data: new Int32Array(1) }, what: 'nothing' }
    })(),
  )
  const computed = (milliseconds: number): void => {
    for (const end = performance.now() + milliseconds; performance.now() < end;);
  }
  work.poll()
  computed(300)
  work.poll()
  test.strictSame(said, [], 'it computed meanwhile')
  test.throws(() => work.finish(), /stopped/)
  test.match(said, [/has waited 0.2 s in nothing/])
  test.end()
})

t.test('promises: of trees, read without blocking', async test => {
  const comm = solo('here', 1)
  const v = tf.tensor1d([4])
  const begun = M.allReduceAsync({ v, again: v }, { comm })
  v.dispose()
  M.barrier({ comm }) // which comes after it, and blocks until it is done
  const { v: first, again } = await begun
  test.strictSame([numbers(first), numbers(again)], [[4], [4]])
  const slow = tf.tensor1d([5])
  slow.data = () => new Promise(() => undefined)
  const { backend } = tf.engine().state.tensorInfo.get(slow.dataId)!
  tf.engine().state.tensorInfo.get(slow.dataId)!.backend = Object.create(backend) as never // of no known name
  const never = M.allReduceAsync({ slow }, { comm })
  M.barrier({ comm })
  test.strictSame(numbers((await never).slow), [5], 'read at once, since no promise is kept while a call blocks')
  const w = tf.tensor1d([1, 2])
  const sum = M.allReduceAsync({ w, raw: Float32Array.of(3) }, { comm })
  const sent = M.broadcastAsync({ w, count: 3 }, { comm })
  const [{ w: reduced, raw }, { w: got, count }] = await Promise.all([sum, sent])
  test.strictSame([numbers(reduced), Array.from(raw), numbers(got), count], [[1, 2], [3], [1, 2], 3])
  test.not(reduced, w)
  await M.barrierAsync({ comm })
  w.dispose()
  await test.rejects(M.allReduceAsync({ w }, { comm }), /leaf w must be a float32 tensor, .* got "a disposed tensor"/)
})

t.test('what launchers tell their processes', test => {
  const told = (env: Record<string, string>) => launchedAs({ env, ppid: 7 } as never)
  const mpich = { PMI_RANK: '1', PMI_SIZE: '4', MPI_LOCALNRANKS: '2', HYDI_CONTROL_FD: '7' }
  const openMpi = { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_LOCAL_SIZE: '4' }
  test.strictSame(told(mpich), { rank: 1, size: 4, localSize: 2, job: 'parent-7', tellsRanks: false })
  test.equal(told({ ...mpich, SLURM_PROCID: '0' })?.tellsRanks, false, 'mpiexec within a job of Slurm')
  test.strictSame(told({ PMI_RANK: '0', PMI_SIZE: '2', SLURM_PROCID: '0' }), {
    rank: 0,
    size: 2,
    localSize: null,
    job: 'parent-7',
    tellsRanks: true,
  })
  test.match(told({ ...openMpi, PMIX_NAMESPACE: '12.3' }), { localSize: 4, job: '12-3', tellsRanks: true })
  test.equal(told({ PMI_RANK: '0', PMI_SIZE: '1' }), null, 'alone')
  test.equal(told({}), null)

  const libraries: readonly (readonly [Record<string, string>, readonly string[]])[] = [
    [mpich, ['libmpich.so.12', 'libmpi.so.12']],
    [openMpi, ['libmpi.so.40', 'libmpi.so']],
    [{ ...mpich, MPI_LIBRARY: '/opt/libmpi.so' }, ['/opt/libmpi.so']],
    [{ PMIX_RANK: '0' }, ['libmpi.so.40', 'libmpi.so', 'libmpich.so.12', 'libmpi.so.12']],
    [{ PMI_RANK: '' }, []],
  ]
  for (const [env, want] of libraries) test.strictSame(librariesOf(env), want)
  const symbol = (name: string): bigint => BigInt(name.length)
  test.equal(handlesOf('MPICH Version: 4.0.2', symbol).type, 'int')
  test.equal(handlesOf('Intel(R) MPI Library 2021.11', symbol).type, 'int')
  test.equal(handlesOf('Open MPI v4.1.4', symbol).world, 19n)
  test.throws(() => handlesOf('MS-MPI', symbol), /knows the handles of MPICH and Open MPI, not those of "MS-MPI"/)
  const node = (fail: string) => ({
    process: { env: {} },
    require: () => {
      if (fail === 'koffi') throw new Error('not found')
      return {
        load: () => {
          throw new Error('no such file')
        },
      }
    },
  })
  test.throws(() => openMpiLibrary(node('koffi') as never, ['a']), /needs the package koffi.*not found/)
  test.throws(() => openMpiLibrary(node('library') as never, ['a', 'b']), /tried a, b.*no such file/)
  test.end()
})

t.test('wrong calls say what is wrong', async test => {
  const comm = solo('here', 1)
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [
      () => M.allReduce({ w: tf.zeros([2], 'int32') }, { comm }),
      /leaf w must be a float32 tensor, a Float32Array or null, got "a tensor of int32"/,
    ],
    [() => M.allReduce({ w: 3 } as never, { comm }), /leaf w must be .*, got 3/],
    [() => M.allReduce({ w: tf.zeros([1]) }, { op: 'max' as never }), /op must be 'sum' or 'mean', got "max"/],
    [() => M.allReduce({ w: tf.zeros([1]) }, { order: 'any' as never }), /order must be 'library' or 'fixed'/],
    [() => M.allReduce({ w: tf.zeros([1]) }, { comm: 3 as never }), /comm must be a communicator, got 3/],
    [() => M.allReduce(comm)([]), /non-empty array/],
    [() => M.allReduce(comm)([{ w: tf.zeros([1]) }, { w: tf.zeros([2]) }]), /replica 1/],
    [
      () => M.broadcast({ w: tf.tensor1d(['a']) }, { comm }),
      /leaf w must be a tensor of float32, int32 or bool.*got a tensor of string/,
    ],
    [() => M.broadcast({ f: () => 1 } as never, { comm }), /leaf f .*got a function/],
    [() => M.broadcast({}, { comm, root: 1 }), /root must be a rank from 0 to 0, got 1/],
    [() => M.broadcast({}, { comm: {} as never }), /comm must be a communicator/],
    [() => M.barrier({ comm: 1 as never }), /comm must be a communicator/],
    [() => M.gradientAggregator(1 as never), /comm must be a communicator/],
    [() => M.world({ timeLimit: 0 }), /timeLimit must be seconds above 0, got 0/],
    [() => M.world({ bucketBytes: 6 }), /bucketBytes must be a multiple of 4 from 4 to 2 \*\* 30, got 6/],
    [() => M.world({ bucketBytes: 2 ** 31 }), /bucketBytes must be/],
  ]
  for (const [run, says] of wrong) test.throws(run, { message: says })
  test.throws(() => solo('here', 1).abort('the end'), /the end/)
  test.strictSame(solo('here', 1).absent(), [])
  test.end()
})
