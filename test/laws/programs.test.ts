/** Interpreters are proved equal on random expressions, and totals right at any size. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { ops } from '../../lib/backends/ops.js'
import { laneSum } from '../../lib/backends/totals.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import { aggregate, chain, clipByGlobalNorm, scale } from '../../lib/index.js'
import { bounds, exact, within } from '../../lib/rule/bounds.js'
import { initialState, runUpdate } from '../../lib/program/execute.js'
import { nodesOf, type Expr } from '../../lib/rule/expr.js'
import { f64 } from '../../lib/rule/f64.js'
import { Values } from '../../lib/rule/reference.js'
import { jobs, useCounted } from '../backends/counted.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import { anyFloat32, expressions } from './arbitrary.js'

for (const device of [cpu, wasm]) useCounted(device)

const size = 6
const column = fc.array(anyFloat32, { minLength: size, maxLength: size })
const inputs = fc.record({ u: column, p: column, s: column })
const scalars = fc.record({ k: fc.double({ min: -3, max: 3, noNaN: true }), t: fc.integer({ min: 1, max: 1000 }) })
const cases = fc.tuple(expressions, inputs, anyFloat32, scalars)

type Case = [Expr, Record<'u' | 'p' | 's', number[]>, number, { k: number; t: number }]

const onOps = ([expr, columns, total, k]: Case): number[] =>
  tf.tidy(() => {
    const tensors = Object.fromEntries(Object.entries(columns).map(([name, x]) => [name, tf.tensor1d(x, 'float32')]))
    const like = tensors['u']!
    const values = { ...tensors, total: tf.scalar(total, 'float32') }
    return numbers(ops.evaluate([expr], { scalars: k, values, like })[0]!)
  })

const onReference = <E>(
  I: typeof f64 | ReturnType<typeof bounds>,
  of: (x: number) => E,
  [expr, columns, total, k]: Case,
): readonly E[] => {
  const leaves = Object.fromEntries(Object.entries(columns).map(([name, x]) => [name, new Values(x.map(of))]))
  const values = { ...leaves, total: new Values([of(total)]) } as never
  return I.evaluate([expr], { scalars: k, values, like: leaves['u'] as never })[0]!.items as readonly E[]
}

onBackends('ops stay within the bounds of f64 on random programs', test => {
  let finite = 0
  let seen = 0
  fc.assert(
    fc.property(cases, one => {
      const bound = onReference(bounds(), exact, one)
      const plain = onReference(f64, x => x, one)
      onOps(one).forEach((got, i) => {
        const { value, error } = bound[i]!
        if (!Object.is(value, plain[i])) throw new Error(`bounds hold ${value}, f64 ${plain[i]}`)
        if (!within(got, bound[i]!)) throw new Error(`element ${i}: ${got}, not ${value} ± ${error}`)
        seen += 1
        finite += Number.isFinite(error) ? 1 : 0
      })
    }),
    { numRuns: 500 },
  )
  test.ok(finite / seen > 0.7, `bounds say something for ${Math.round((100 * finite) / seen)} % of the elements`)
})

t.test('cpu and wasm give the same bits on random programs', async test => {
  const samples = fc.sample(cases, { numRuns: 500, seed: 11 })
  const bits = (xs: number[]) => [...new Uint32Array(Float32Array.from(xs, x => (Number.isNaN(x) ? NaN : x)).buffer)]
  const results: number[][][] = []
  for (const backend of ['cpu', 'wasm']) {
    await useBackend(backend)
    results.push(samples.map(one => bits(onOps(one as Case))))
  }
  test.strictSame(results[1], results[0])
  const sizes = samples.map(([expr]) => nodesOf(expr).size)
  test.ok(Math.max(...sizes) > 20, `programs of up to ${Math.max(...sizes)} nodes`)
})

onBackends('scalar-only nodes are float64 and rounded once', test => {
  const tenth = new Values([1])
  const [made] = f64.evaluate(
    [
      {
        op: 'mul',
        rate: 'element',
        a: { op: 'input', rate: 'element', name: 'u' },
        b: {
          op: 'sub',
          rate: 'scalar',
          a: { op: 'lit', rate: 'scalar', value: 1 },
          b: { op: 'input', rate: 'scalar', name: 'b1' },
        },
      },
    ],
    { scalars: { b1: 0.9 }, values: { u: tenth }, like: tenth },
  )
  test.equal(made!.items[0], Math.fround(1 - 0.9), 'not fround(1) - fround(0.9)')
})

onBackends('totals of 10 M elements are right to 1e-7', test => {
  const n = 10_000_019
  const data = new Float32Array(n)
  let seed = 1
  for (let i = 0; i < n; i++) data[i] = ((seed = (seed * 48271) % 2147483647) / 2147483647) * 1e-3
  let [sum, lost] = [0, 0] // Neumaier's compensated sum of the squares, each rounded to float32
  for (let i = 0; i < n; i++) {
    const x = Math.fround(data[i]! * data[i]!)
    const next = sum + x
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum
    sum = next
  }
  tf.tidy(() => {
    const [first, second] = [tf.tensor1d(data.subarray(0, 3_000_001)), tf.tensor1d(data.subarray(3_000_001))]
    const tx = clipByGlobalNorm(1e-3)
    const empty = tf.zeros([0, 3])
    const tree = { a: first, b: second, c: empty }
    const before = jobs()
    const [updates] = tx.update(tree, tx.init(tree))
    test.ok(jobs() > before, 'a kernel of two passes')
    const factor = numbers(tf.slice(updates.b, [5], [1]))[0]! / data[3_000_006]!
    const right = 1e-3 / Math.sqrt(sum + lost)
    test.ok(Math.abs(factor / right - 1) < 2.5e-7, `factor ${factor} beside ${right}`)
    const total = ops.reduce('sum', [tf.square(first), tf.square(second), empty]).dataSync()[0]!
    test.ok(Math.abs(total / (sum + lost) - 1) < 1e-7, `total ${total} beside ${sum + lost}`)
    test.equal(
      ops.reduce('max', [first, second, empty]).dataSync()[0],
      data.reduce((a, b) => Math.max(a, b)),
      'greatest',
    )
  })
})

t.test('a sum goes through eight lanes, whatever the blocking', test => {
  fc.assert(
    fc.property(fc.array(anyFloat32, { maxLength: 40 }), xs => {
      const lanes = Array.from({ length: 8 }, () => 0)
      Float32Array.from(xs).forEach((x, i) => (lanes[i % 8]! += x))
      const [a, b, c, d, e, f, g, h] = lanes as [number, number, number, number, number, number, number, number]
      return Object.is(laneSum(Float32Array.from(xs)), a + c + (e + g) + (b + d + (f + h)))
    }),
  )
  test.equal(laneSum(new Float32Array([1, 2, 3])), 6)
  test.end()
})

t.test('a backend of another name keeps totals on the device, and is as right as float32 sums are', async test => {
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu')
  tf.registerBackend('other', () => new MathBackendCPU())
  tf.copyRegisteredKernels('cpu', 'other')
  await useBackend('other')
  const terms = [tf.tensor1d([1, 2]), tf.zeros([0, 2]), tf.tensor1d([-3, 10])]
  test.equal(numbers(ops.reduce('sum', terms))[0], 10)
  test.equal(numbers(ops.reduce('max', terms))[0], 10)
  test.strictSame([ops.reduce('sum', []), ops.reduce('max', [tf.zeros([0])])].map(numbers), [[0], [-Infinity]])
  const tx = clipByGlobalNorm(5)
  const tree = { w: tf.tensor1d([3, 4, 12]) }
  const [updates] = tx.update(tree, tx.init(tree))
  test.strictSame(
    numbers(updates.w).map(x => x.toFixed(5)),
    ['1.15385', '1.53846', '4.61538'],
  )
  const slope = tf.grad((u: tf.Tensor) => tf.sum(tx.update({ u }, tx.init({ u }))[0].u))(tree.w)
  test.equal(slope.size, 3)
  await useBackend('cpu')
  tf.removeBackend('other')
})

t.test('what is not made of rules runs on tensors only', test => {
  const mine = { init: () => ({}), update: (u: unknown, s: unknown) => [u, s] as const }
  const { program } = chain(scale(1), mine)
  const params = { w: new Values([1]) }
  const said = { name: 'TypeError', message: 'f64: link 1 is not made of rules, so only tfjs ops can run it' }
  test.throws(() => initialState(f64, program, params), said)
  const request = { who: 'update', updates: params, state: [{ count: 0 }, {}], params, extra: undefined }
  test.throws(() => runUpdate(f64, program, request), said)
  const stacked = aggregate('sum', { axis: 0 }).program
  test.throws(() => runUpdate(f64, stacked, { ...request, state: {} }), {
    name: 'ValueError',
    message: 'aggregate: leaf w has no axis 0 to unstack',
  })
  test.throws(() => runUpdate(f64, scale(1).program, { ...request, updates: { w: 1 }, state: { count: 0 } }), {
    message: 'update: leaf w of updates must be Values, got 1',
  })
  const list = aggregate('mean').program
  const { leaves } = runUpdate(f64, list, {
    ...request,
    updates: [{ w: new Values([1]) }, { w: new Values([4]) }],
    state: {},
  })
  test.strictSame(leaves[0]!.items, [2.5], 'replicas are rules')
  test.end()
})
