/** Generated kernels give the bits of tfjs ops: for every rule of the table, random rules, chains, masks and shapes. */
import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { ops } from '../../lib/backends/ops.js'
import { cpu } from '../../lib/backends/cpu/device.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { elementwise, finite, lt, mul, select, square } from '../../lib/rule.js'
import { runStep, runUpdate } from '../../lib/program/execute.js'
import type { Expr } from '../../lib/rule/expr.js'
import { nodesOf } from '../../lib/rule/expr.js'
import { flatten } from '../../lib/tree/structure.js'
import { extra } from '../laws/entry.js'
import { probes, rules } from '../laws/table.js'
import { anyFloat32, expressions, float32, onSymbols, runs } from '../laws/arbitrary.js'
import { numbers, onBackends } from '../setup.js'
import { jobs, useCounted } from './counted.js'
import { cases } from '../thorough.js'

for (const device of [cpu, wasm]) useCounted(device)

const bitsOf = (tree: unknown): unknown =>
  O.tensorsOf(tree).map(([path, tensor]) => [
    path,
    [...new Uint32Array(Float32Array.from(numbers(tensor), x => (Number.isNaN(x) ? NaN : x)).buffer)],
  ])
/** A state without its values, whatever the order of its keys. */
const countsOf = (state: unknown): string => {
  const { structure, leaves } = flatten(state)
  return JSON.stringify([structure, leaves.map(leaf => (leaf instanceof tf.Tensor ? 'tensor' : leaf))])
}

interface Given {
  readonly params: unknown
  readonly gradients: readonly unknown[]
}
type Tx = O.GradientTransformation

/** The bits after some steps, by the interpreter. */
const byOps = (tx: Tx, { params, gradients }: Given, isStep: boolean) =>
  O.tidy(() => {
    let p = params
    let state: unknown = tx.init(params)
    return gradients.map(updates => {
      const request = { who: 'test', updates, state, params: p, extra }
      const { leaves, state: next } = (isStep ? runStep : runUpdate)(ops, tx.program, request)
      state = next
      const out = rebuilt(p, leaves)
      if (isStep) p = out
      return [bitsOf(out), bitsOf(state), countsOf(state)]
    })
  })

const rebuilt = (like: unknown, leaves: readonly (tf.Tensor | null)[]): unknown => {
  const paths = O.tensorsOf(like).map(([path]) => path)
  const at = new Map(paths.map((path, i) => [path, leaves[i]]))
  return O.mapTree(like as tf.Tensor[], (_, path) => at.get(path))
}

const byUpdate = (tx: Tx, { params, gradients }: Given) => {
  let state = tx.init(params)
  return gradients.map(updates => {
    const [out, next] = tx.update(updates, state, params as never, extra)
    state = next
    const seen = [bitsOf(out), bitsOf(state), countsOf(state)]
    return seen
  })
}

const bySteps = (tx: Tx, { params, gradients }: Given, donate: boolean) => {
  const step = O.makeStep(tx, { donate })
  let p = O.mapTree(params as tf.Tensor[], leaf => tf.mul(leaf, 1)) as unknown
  let state = tx.init(p)
  return gradients.map(updates => {
    ;[p, state] = step(p, updates as never, state, extra)
    return [bitsOf(p), bitsOf(state), countsOf(state)]
  })
}

const agree = (tx: Tx, make: () => Given): void => {
  tf.tidy(() => {
    const given = make()
    const same = (name: string, got: unknown, want: unknown): void => {
      if (JSON.stringify(got) !== JSON.stringify(want))
        throw new Error(`${name}: ${JSON.stringify(got)} is not ${JSON.stringify(want)}`)
    }
    same('update', byUpdate(tx, given), byOps(tx, given, false))
    const want = byOps(tx, given, true)
    same('step', bySteps(tx, given, false), want)
    same('donated step', bySteps(tx, given, true), want)
  })
}

onBackends('every rule of the table', test => {
  for (const { name, hyper, make } of [...rules, ...probes]) {
    const before = jobs()
    fc.assert(
      fc.property(runs(anyFloat32, 3), given => {
        agree(make(hyper), given)
      }),
      { numRuns: cases(12, 3) },
    )
    test.ok(jobs() - before > 3 || name === 'identity', `${name}: ${jobs() - before} jobs`)
  }
})

const reads = (expr: Expr, name: string): boolean =>
  [...nodesOf(expr)].some(node => node.op === 'input' && node.name === name)

/** A rule made of random expressions: its update, a slot, a total, perhaps the parameter. */
const randomRule: fc.Arbitrary<Tx> = fc
  .record({
    u: expressions,
    s: expressions,
    p: fc.option(expressions, { freq: 4 }),
    of: expressions,
    over: fc.constantFrom('tree' as const, 'leaf' as const),
    reduce: fc.constantFrom('sum' as const, 'max' as const),
    k: fc.double({ min: -3, max: 3, noNaN: true }),
    first: float32,
  })
  .map(({ u, s, p, of, over, reduce, k, first }) =>
    elementwise({
      name: 'random',
      hyper: { k: finite(k) },
      scalars: (t, h) => ({ k: h.k, t }),
      slots: { s: first },
      totals: {
        total: { over, reduce, of: (x, c) => (reads(of, 'total') ? square(x.u) : onSymbols(of, { ...x, ...c })) },
      },
      step: (x, c) => {
        const own = (expr: Expr): Expr => onSymbols(expr, { ...x, ...c })
        return { u: own(u), s: own(s), ...(p !== null && { p: own(p) }) }
      },
    }),
  )

const randomMask: fc.Arbitrary<O.Mask> = fc.oneof(
  fc.boolean(),
  fc.record({ a: fc.boolean(), rest: fc.boolean() }),
  fc.constantFrom<O.MaskFunction>(
    path => path.includes('a'),
    (_, leaf) => leaf.size % 2 === 0,
    path => path.length % 3 === 0,
  ),
)

const randomChain: fc.Arbitrary<Tx> = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 2, arbitrary: randomRule },
        { weight: 1, arbitrary: fc.constantFrom(...rules, ...probes).map(({ make, hyper }) => make(hyper)) },
      ),
      fc.option(randomMask, { freq: 2 }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map(links => O.chain(...links.map(([tx, mask]) => (mask === null ? tx : O.masked(tx, mask)))) as Tx)

onBackends('random rules in random chains under random masks', test => {
  const before = jobs()
  fc.assert(
    fc.property(randomChain, runs(anyFloat32, 2), (tx, given) => {
      agree(tx, given)
    }),
    { numRuns: cases(150, 50) },
  )
  test.ok(jobs() - before > cases(300, 100), `${jobs() - before} jobs`)
})

onBackends('a rule that gives the parameter moves it, whatever its numbers: the update is the whole way', test => {
  const gives = (choose: number) =>
    elementwise({
      name: 'gives',
      hyper: { k: finite(choose) },
      step: ({ u, p }, { k }) => ({ u, p: select(lt(k, 0), mul(p, 2), p) }),
    })
  for (const choose of [1, -1])
    agree(gives(choose), () => ({
      params: tf.tensor1d([Infinity, 1e8, 1]),
      gradients: [tf.tensor1d([0, 1, 1])],
    }))
  tf.tidy(() => {
    const tx = gives(1)
    const params = tf.tensor1d([1e8])
    const [updates] = tx.update(tf.tensor1d([1]), tx.init(params), params)
    test.strictSame(numbers(updates), [0], '(1e8 + 1) - 1e8 in float32')
  })
  const back = O.chain(
    elementwise({ name: 'takes', step: ({ p }) => ({ u: p }) }),
    elementwise({ name: 'returns', step: ({ u }) => ({ u: 1, p: u }) }),
  )
  agree(back, () => ({ params: tf.tensor1d([1e8, 1]), gradients: [tf.tensor1d([1, 1])] }))
})

onBackends('long leaves, in blocks and chunks', test => {
  const lamb = O.kerasLamb(0.1, { weightDecay: 0.1 })
  const tx = O.chain(O.clipByGlobalNorm(0.5), lamb, O.clipByNorm(0.3), O.addDecayedWeights(0.1)) as Tx
  for (const sizes of [
    [8191],
    [8192],
    [8193],
    [100_003],
    [40_000, 7, 40_001, 3],
    Array.from({ length: 600 }, (_, i) => i % 70),
  ]) {
    const tree = (seed: number) => sizes.map((n, i) => tf.randomNormal([n], 0, 1, 'float32', seed + i))
    agree(tx, () => ({ params: tree(1), gradients: [tree(1000), tree(2000)] }))
  }
  test.pass('equal')
})

onBackends("a user's link cuts a chain; what is before and behind it is fused", test => {
  const halve = {
    init: () => ({ steps: 0 }),
    update: (updates: unknown, { steps }: { readonly steps: number }) =>
      [O.mapTree(updates as tf.Tensor[], u => tf.mul(u, 0.5)), { steps: steps + 1 }] as const,
  }
  const before = jobs()
  fc.assert(
    fc.property(randomChain, randomChain, fc.option(randomMask), runs(float32, 2), (first, last, mask, given) => {
      const cut = O.chain(first, halve as O.Link, last) as unknown as Tx
      agree(mask === null ? cut : O.masked(cut, mask), given)
    }),
    { numRuns: cases(40, 15) },
  )
  test.ok(jobs() - before > cases(150, 50), `${jobs() - before} jobs`)
})

onBackends('gradients of replicas are put together, then fused', test => {
  const before = jobs()
  const tx = O.chain(O.aggregate('sum', { each: O.clipByGlobalNorm(1) }), O.adamw(0.1))
  const tree = (seed: number) => ({ a: tf.randomNormal([5], 0, 1, 'float32', seed), b: tf.scalar(seed) })
  tf.tidy(() => {
    const params = tree(1)
    const state = tx.init(params)
    const request = { who: 'test', updates: [tree(2), tree(3)], state, params, extra: undefined }
    const want = runStep(ops, tx.program, request)
    const [got, next] = O.makeStep(tx, { donate: true })(params, [tree(2), tree(3)], state)
    test.strictSame(bitsOf(got), bitsOf(rebuilt(got, want.leaves)))
    test.strictSame([bitsOf(next), countsOf(next)], [bitsOf(want.state), countsOf(want.state)])
  })
  test.equal(jobs() - before, 1)
})
