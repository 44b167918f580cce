/** What random programs rarely meet. Each test here fails where one sign, bound, order or set in the library is off. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { split } from '../../lib/backends/split.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { abs, add, elementwise, lt, mul, select, sqrt, sub, type Expr } from '../../lib/rule.js'
import { float64 } from '../../lib/rule/arith.js'
import { bounds, exact, onGpu, within, type Bounded } from '../../lib/rule/bounds.js'
import { div, input } from '../../lib/rule/expr.js'
import { mapState, renewed, withHyper } from '../../lib/program/fold.js'
import { fromProgram } from '../../lib/transform.js'
import { interner } from '../../lib/plan/interner.js'
import type { Kernel } from '../../lib/plan/kernel.js'
import { Values } from '../../lib/rule/reference.js'
import { jobs, useCounted } from '../backends/counted.js'
import { planOf } from '../backends/code.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import { extra } from './entry.js'
import { all, made } from './table.js'

for (const device of [cpu, wasm]) useCounted(device)

/** How many jobs of a device `run` takes, once its kernels have been checked: none where it falls back to tfjs ops. */
const jobsOf = (run: () => unknown): number => {
  run()
  const before = jobs()
  run()
  return jobs() - before
}

onBackends('0 and -0 are two numbers, in either order', test => {
  const { lit } = interner()
  test.not(lit(0), lit(-0))
  test.equal(lit(-0), lit(-0))
  for (const zeros of [
    [0, -0],
    [-0, 0],
  ] as const) {
    const [first, second] = zeros
    const tx = elementwise({
      name: 'zeros',
      slots: { a: 1, b: 1 },
      step: ({ u }) => ({ u, a: select(lt(u, 1), first, u), b: select(lt(u, 1), second, u) }),
    })
    const run = () =>
      tf.tidy(() => {
        const g = { w: tf.tensor1d([0.5, 2]) }
        const [, { a, b }] = tx.update(g, tx.init(g))
        return [a.w, b.w].map(numbers)
      })
    test.strictSame(
      run(),
      zeros.map(zero => [zero, 2]),
    )
    test.equal(jobsOf(run), 1, 'in a kernel')
  }
})

const value = (precision: Parameters<typeof bounds>[0], expr: Expr, of: Readonly<Record<string, Bounded>>): Bounded => {
  const values = Object.fromEntries(Object.entries(of).map(([name, x]) => [name, new Values([x])]))
  return bounds(precision).evaluate([expr], { scalars: {}, values, like: new Values([exact(0)]) })[0]!.items[0]!
}
const [u, p] = [input('u', 'element'), input('p', 'element')]
const operations = {
  add: [add(u, p), float64.add, 1, 1],
  sub: [sub(u, p), float64.sub, 1, 1],
  mul: [mul(u, p), float64.mul, 1, 1],
  div: [div(u, p), float64.div, 1, 5],
  sqrt: [sqrt(u), (a: number) => Math.sqrt(a), 1, 10],
} as const

t.test('a bound is what operands can do and one rounding, not more', test => {
  const number = fc.double({ min: 1, max: 2, noNaN: true })
  const error = fc.double({ min: 0, max: 1e-3, noNaN: true })
  for (const [name, [expr, f, onCpu, onAGpu]] of Object.entries(operations))
    fc.assert(
      fc.property(number, number, error, error, (a, b, da, db) => {
        const right = f(a, b)
        const ends = [da, -da].flatMap(x => [db, -db].map(y => Math.abs(f(a + x, b + y) - right)))
        const worst = Math.max(...ends)
        for (const [precision, ulps] of [
          [undefined, onCpu],
          [onGpu, onAGpu],
        ] as const) {
          const given = { u: { value: a, error: da }, p: { value: b, error: db } }
          const bound = value(precision, expr, given)
          const rounding = ulps * 2 ** -24 * (Math.abs(bound.value) + worst)
          if (!Object.is(bound.value, right)) throw new Error(`${name}: ${bound.value}, not ${right}`)
          if (bound.error < worst + 0.999 * rounding - 1e-15) throw new Error(`${name}: ${bound.error} below ${worst}`)
          if (bound.error > 1.01 * (worst + rounding) + 1e-15) throw new Error(`${name}: ${bound.error} above ${worst}`)
        }
      }),
    )
  const pair = { u: exact(3), p: { value: 5, error: 0.5 } }
  test.strictSame(value(undefined, select(lt(u, p), u, p), pair), exact(3), 'a comparison that is sure')
  const close = { u: { value: 5.25, error: 0.5 }, p: { value: 5, error: 0.5 } }
  test.equal(
    value(undefined, select(lt(u, p), u, p), close).error,
    0.75,
    'one that is not: the other branch, and its error',
  )
  test.equal(value(undefined, abs(u), { u: { value: -3, error: 0.5 } }).error, 0.5)
  const tie = { u: { value: 1, error: 0.25 }, p: { value: 1.5, error: 0.25 } }
  test.equal(
    value(undefined, select(lt(u, p), 0, 8), tie).error,
    8,
    'at just the distance of both errors nothing is sure',
  )

  const tiny = { u: { value: 3, error: 0.5 }, p: { value: 2, error: 0.75 }, s: exact(-(2 ** -149)) }
  const either = sqrt(select(lt(u, p), input('s', 'element'), 1))
  test.equal(value(undefined, either, tiny).error, Infinity, 'a root of 1 or of just below 0, which may be NaN')

  const terms = [1, 2, 3].map(x => exact(x))
  const total = (precision?: Parameters<typeof bounds>[0]) => bounds(precision).reduce('sum', [new Values(terms)])
  const [sum] = total().items as [Bounded]
  const half = 6 * 2 ** -24
  test.ok(sum.error >= half && sum.error < 1.01 * half, 'a total on the host: one rounding')
  test.ok(total(onGpu).items[0]!.error < 40 * half, 'on a GPU: one for each level of its reduction')
  test.equal(within(1 + 2 ** -22, { value: 1, error: 2 ** -23 }), false)
  test.equal(within(NaN, exact(NaN)), true)
  test.equal(within(NaN, { value: 1, error: 1e9 }), false)
  test.equal(within(1 + 2 ** -23, { value: 1, error: 2 ** -23 }), true, 'the bound itself is within')
  test.end()
})

onBackends('totals go through leaves in tree order, whatever keys, masks and classes there are', test => {
  const big = 2 ** 60
  // In float64: (big - big) + 1 is 1, (1 - big) + big and (big + 1) - big are 0.
  const tree = () => ({ c: tf.tensor1d([1]), b: tf.tensor1d([-big]), a: tf.tensor1d([big]) })
  const summed = elementwise({
    name: 'summed',
    totals: { sum: { over: 'tree', of: ({ u }) => u } },
    step: ({ sum }) => ({ u: sum }),
  })
  const seen = (tx: O.GradientTransformation) =>
    tf.tidy(() => {
      const g = tree()
      return Object.values(tx.update(g, tx.init(g), g)[0] as Record<string, tf.Tensor>).map(x => numbers(x)[0])
    })
  const masks = ['a', 'b', 'c'].map(key => O.masked(O.scale(1), path => path === key))
  for (const tx of [summed, O.chain(summed, ...masks.slice(0, 1)), ...masks.map(mask => O.chain(summed, mask))]) {
    test.strictSame(seen(tx as never), [1, 1, 1])
    test.equal(
      jobsOf(() => seen(tx as never)),
      1,
      'in kernels',
    )
    const opaque = { init: () => [], update: (u: unknown, s: unknown) => [u, s] as const }
    test.strictSame(seen(O.chain(opaque, tx as never) as never), [1, 1, 1], 'after a cut')
  }
  const lists = O.chain(summed)
  tf.tidy(() => {
    const g = [tf.scalar(big), tf.scalar(-big), ...Array.from({ length: 10 }, () => tf.scalar(1))]
    test.equal(numbers(lists.update(g, lists.init(g))[0][11]!)[0], 10, 'the tenth item is not between the first two')
  })
})

type Memory = Record<string, number[]>
/** What a kernel does, on numbers: `read` gives a stream's element. */
const run = ({ nodes, writes, reductions }: Kernel, read: (stream: string, i: number) => number, size: number) => {
  const elements = Array.from({ length: size }, (_, i) => {
    const values: (number | boolean)[] = []
    for (const node of nodes) {
      const [a, b] = ['a' in node ? values[node.a] : 0, 'b' in node ? values[node.b] : 0] as [number, number]
      switch (node.op) {
        case 'lit':
          values.push(node.value)
          break
        case 'uniform':
          values.push(Math.fround(0.25 + node.index / 8))
          break
        case 'total':
          values.push(Math.fround(1.5 + node.name.length / 4))
          break
        case 'read':
          values.push(read(node.stream, i))
          break
        case 'select':
          values.push(values[node.cond] === true ? a : b)
          break
        case 'lt':
          values.push(a < b)
          break
        case 'isFinite':
          values.push(Number.isFinite(a))
          break
        case 'sqrt':
        case 'abs':
          values.push(Math.fround(float64[node.op](a)))
          break
        default:
          values.push(Math.fround(float64[node.op](a, b)))
      }
    }
    return values as number[]
  })
  return {
    written: writes.map(({ stream, value: at }) => [stream, elements.map(each => each[at]!)] as const),
    reduced: reductions.map(({ total, value: at }) => [total, elements.map(each => each[at]!)] as const),
  }
}

t.test('a split kernel that overwrites the streams it reads gives the results of the whole kernel', test => {
  let [parted, copies] = [0, 0]
  const crossing = elementwise({
    name: 'crossing',
    slots: { a: 1, b: 2, c: 3, d: 4, e: 5 },
    // each slot needs the one before it as it was
    step: ({ u, p, a, b, c, d, e }) => ({
      u: add(u, mul(p, e)),
      a: add(a, e),
      b: add(b, a),
      c: sub(c, b),
      d: mul(d, c),
      e: add(e, mul(d, add(a, c))),
    }),
  })
  const wide = elementwise({
    name: 'wide',
    slots: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 },
    // only the parameter needs the update, after all slots are written
    step: ({ u, p, a, b, c, d, e, f, g }) => ({
      u: add(u, p),
      a: add(a, b),
      b: add(b, c),
      c: sub(c, d),
      d: mul(d, e),
      e: add(e, f),
      f: sub(f, g),
      g: mul(g, 0.5),
    }),
  })
  const chains = [...all.map(entry => made(entry)), crossing, wide, O.chain(O.scaleByAmsgrad(), crossing, O.trace(0.5))]
  for (const tx of chains)
    for (const limit of [6, 7, 8, 10])
      for (const over of ['nothing', 'its own', 'a gradient that is a slot'] as const)
        for (const { passes, writes } of planOf(tx).classes)
          for (const pass of passes) {
            if (pass === null) continue
            const homes = new Map(over === 'nothing' ? [] : writes.map(stream => [stream, stream.replace("'", '')]))
            if (over === 'a gradient that is a slot' && writes[0] !== undefined) homes.set('u', homes.get(writes[0])!)
            const home = (stream: string): string => homes.get(stream) ?? stream
            const first: Memory = Object.fromEntries(
              pass.kernel.reads.map((stream, k) => [home(stream), [0.5, -2, 3].map(x => Math.fround(x + k / 3))]),
            )
            const whole = run(pass.kernel, (stream, i) => first[home(stream)]![i]!, 3)
            const { kernels, copied } = split(pass.kernel, homes, limit)
            parted += kernels.length > 1 ? 1 : 0
            const memory: Memory = { ...first }
            const seen = kernels.map((kernel, k) => {
              copies += copied[k]!.size
              const from = (stream: string): number[] => (copied[k]!.has(home(stream)) ? first : memory)[home(stream)]!
              const got = run(kernel, (stream, i) => from(stream)[i]!, 3)
              got.written.forEach(([stream, values]) => (memory[home(stream)] = values))
              return got
            })
            const got = {
              written: whole.written.map(([stream]) => [stream, memory[home(stream)]]),
              reduced: whole.reduced.map(([total]) => [
                total,
                seen.flatMap(({ reduced }) => reduced.flatMap(([name, values]) => (name === total ? [values] : [])))[0],
              ]),
            }
            if (JSON.stringify(got) !== JSON.stringify(whole))
              throw new Error(`limit ${limit}: ${JSON.stringify(got)}, not ${JSON.stringify(whole)}`)
          }
  test.ok(parted > 20 && copies > 10, `${parted} split kernels, ${copies} streams from copies`)
  test.end()
})

onBackends('a decay of the number 0 is none, where its reference has it so, and a product with 0 elsewhere', test => {
  const p = [Infinity, -Infinity, NaN, -0, 2]
  const u = [0.5, -0, 1, -0, -0]
  const decay = O.addDecayedWeights
  const bare = { momentum: 0, adaptMask: false } as const
  const hyper = (tx: O.GradientTransformation, weightDecay: O.Hyper) =>
    fromProgram(withHyper(tx.program, { weightDecay }))
  const none = O.constantSchedule(0)
  const shown = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))
  const cases: Readonly<Record<string, readonly [tx: O.GradientTransformation, expected: readonly number[]]>> = {
    'optax: a constant 0 leaves updates as they are': [decay(0), u],
    'by default': [decay(), u],
    'of either sign': [decay(-0), u],
    masked: [decay(0, { mask: () => true }), u],
    'in a chain': [O.chain(O.scale(1), decay(0), O.scale(1)), u],
    'set to 0 later': [hyper(decay(0.1), 0), u],
    'optax: a schedule is a product': [decay(none), u.map((x, i) => x + 0 * p[i]!)],
    'set to a schedule later': [hyper(decay(0), none), u.map((x, i) => x + 0 * p[i]!)],
    'set to another number later': [hyper(decay(0), 1), u.map((x, i) => x + p[i]!)],
    'Model Garden: AdamWeightDecay has no decay at 0': [O.decayParams(0.1, 0), u],
    'but multiplies by a rate of 0': [O.decayParams(0, 0.1), [NaN, NaN, NaN, 0, 0]],
    'Model Garden: LARS has no decay at 0': [O.kerasLars(1, { ...bare, weightDecay: 0 }), [-0.5, -0, -1, -0, -0]],
  }
  for (const [title, [tx, expected]] of Object.entries(cases)) {
    const run = () =>
      tf.tidy(() => {
        const [g, w] = [{ w: tf.tensor1d(u) }, { w: tf.tensor1d(p) }]
        return numbers(tx.update(g, tx.init(w), w)[0].w)
      })
    test.strictSame(run().map(shown), expected.map(shown), title)
    test.equal(jobsOf(run), 1, `${title}: in a kernel`)
  }
  const lamb = O.kerasLamb(1, { adaptMask: false })
  tf.tidy(() => {
    const [g, w] = [{ w: tf.tensor1d(u) }, { w: tf.tensor1d(p) }]
    const [updates] = lamb.update(g, lamb.init(w), w)
    test.strictSame(numbers(updates.w).slice(0, 3).map(String), ['NaN', 'NaN', 'NaN'], 'Model Garden: LAMB multiplies')
  })
  const one = [tf.scalar(1)]
  test.throws(() => decay(0).update(one, decay(0).init(one)), /addDecayedWeights/, 'parameters are asked for')
  tf.dispose(one)
})

t.test('a walk over a state that changes nothing gives the same state, counts too', async test => {
  await useBackend('cpu')
  for (const entry of all) {
    const { program, init, update } = made(entry)
    const params = { a: tf.tensor1d([1, -2]), b: tf.tensor1d([3]) }
    const [, state] = update(params, init(params) as never, params, extra)
    const plain = (x: unknown): unknown => O.mapTree(x as O.TensorsLike<unknown>, () => 'a tensor')
    const walked = mapState(program, state, (_leaf, own) => own)
    test.strictSame(plain(walked), plain(state), entry.name)
    test.strictSame(plain(renewed(program, state)), plain(state), `${entry.name}, with the numbers of its program`)
  }
})
