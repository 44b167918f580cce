/** The laws of transformations, over the table of all rules, on random trees and values. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import {
  applyUpdates,
  asState,
  chain,
  identity,
  monoid,
  scale,
  tensorsOf,
  type GradientTransformation,
} from '../../lib/index.js'
import { cpu } from '../../lib/backends/cpu/device.js'
import { interpretAtMost } from '../../lib/backends/small.js'
import { compiledModules } from '../../lib/backends/wasm/compile.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import { buildRule } from '../../lib/rule/build.js'
import { checkRule } from '../../lib/rule/check.js'
import { abs, add, div, isFinite, lt, mul, select, sqrt, sub, type Cond, type Expr } from '../../lib/rule/expr.js'
import { printRule } from '../../lib/rule/print.js'
import { lawsOf, type LawName, type LawOptions, type SampleNumbers, type Samples } from '../../lib/testing.js'
import { runStep, runUpdate } from '../../lib/program/execute.js'
import { linksIn } from '../../lib/program/fold.js'
import { f64 } from '../../lib/rule/f64.js'
import { Values } from '../../lib/rule/reference.js'
import { jobs, useCounted } from '../backends/counted.js'
import { onBackends, useBackend } from '../setup.js'
import { cases } from '../thorough.js'
import { anyFloat32, float32, runs, type Run } from './arbitrary.js'
import { extra } from './entry.js'
import { all, inOps, made, rules, waiting } from './table.js'

for (const device of [cpu, wasm]) useCounted(device)

/** Rules, and what only tensors can run. */
const everything = [...all, ...waiting, ...inOps]

/** Holds that a law saw kernels: at least `steps` jobs of the device since `before`, which no fallback to tfjs ops makes. */
const sawKernels = (name: string, before: number, steps: number): void => {
  const ran = jobs() - before
  if (ran < steps && name !== 'identity' && !inOps.some(entry => entry.name === name))
    throw new Error(`${name}: ${ran} jobs, at least ${steps} steps`)
}

/** At least so many jobs are in the checks of these laws on two trees, for each entry of the table. */
const jobsIn: Readonly<Partial<Record<LawName, number>>> = {
  structure: 3,
  wholeSteps: 2 * 2,
  donation: 2 * 3,
  kernels: 2,
  reference: 2,
}

const known = new Map<string, ReturnType<Samples>>()

/** Four random runs in CI; with the sixteen seeds each law has 64 trees. */
const sampled = (steps: number, numbers: SampleNumbers, seed: number): ReturnType<Samples> => {
  const key = [steps, numbers, seed].join()
  const of = { any: anyFloat32, finite: float32, moderate }[numbers]
  const found = known.get(key) ?? fc.sample(runs(of, steps), { seed, numRuns: cases(4, 2) })
  known.set(key, found)
  return found
}

/** One of the sixteen seeds, which other entries of the table do not change. */
const seedOf = (name: string): number => Buffer.from(name).reduce((sum, byte) => sum + byte, 0) % 16

/** Numbers near one or minus one. */
const moderate = fc.oneof(
  fc.float({ min: 2 ** -6, max: 4, noNaN: true }),
  fc.float({ min: -4, max: -(2 ** -6), noNaN: true }),
)

const byName = (name: string) => rules.find(rule => rule.name === name)!

/** The bits of every tensor, with paths; NaN is NaN, whatever its payload. */
const bitsOf = (tree: unknown): Record<string, unknown> =>
  Object.fromEntries(
    tensorsOf(tree).map(([path, tensor]) => {
      const data = new Float32Array(tensor.dataSync()).map(x => (Number.isNaN(x) ? NaN : x))
      return [path, `${tensor.dtype}[${tensor.shape.join()}] ${[...new Uint32Array(data.buffer)].join(' ')}`]
    }),
  )

/** Some steps of pure updates, with what was seen at each; all tensors disposed at the end. */
const walk = (
  tx: GradientTransformation,
  run: Run,
  look: (at: { updates: unknown; state: unknown; next: unknown; gradients: unknown; params: unknown }) => void,
): void =>
  tf.tidy(() => {
    let params = run.params
    let state = tx.init(params)
    for (const gradients of run.gradients) {
      const [updates, next] = tx.update(gradients, state, params as never, extra)
      look({ updates, state, next, gradients, params })
      params = applyUpdates(params, updates as never)
      state = next
    }
  })

const rootOf0 = 'until a parameter has moved, it is the root of 0, which has no derivative'

/** Laws that cannot hold, and why. */
const except: Readonly<Record<string, LawOptions['except']>> = {
  mechanize: { tape: rootOf0 },
  'mechanize of a chain with a mask, a guard and another one': { tape: rootOf0 },
  'monitor and snapshot': { absence: 'what it keeps of an absent leaf is an absent measurement' },
  'probe: cells': { zeros: 'it carries the maximum of no elements, where the tree has an empty leaf only' },
}

for (const backend of ['cpu', 'wasm'])
  t.test(`every law of lawsOf holds for the whole table (${backend})`, async test => {
    await useBackend(backend)
    const checks: Record<string, number> = {}
    for (const { name, hyper, make } of everything) {
      const samples: Samples = (steps, numbers) => sampled(steps, numbers, seedOf(name))
      const options = { hyper, samples, steps: 3, extra: () => extra, except: except[name] ?? {} }
      for (const { name: law, check } of lawsOf(name, make, options)) {
        const before = jobs()
        await check().catch((cause: unknown) => test.fail(String(cause)))
        if (jobsIn[law] !== undefined) sawKernels(name, before, jobsIn[law] * cases(2, 1))
        checks[law] = (checks[law] ?? 0) + 1
      }
    }
    for (const [law, count] of Object.entries(checks)) test.ok(count > 50, `${law}: ${count} entries`)
    test.equal(Object.keys(checks).length, 18, 'every law but that of configs, which has tests of its own')
    const [most] = Object.values(checks)
    test.equal(most, everything.length)
  })

onBackends('a thousand steps of a chain leave no tensor in any style of use', async test => {
  const tx = () => chain(made(byName('adamw')), scale(1), made(byName('clipByGlobalNorm')))
  for (const { name, check } of lawsOf('a chain', tx, { steps: 1000 })) {
    if (name !== 'leaks') continue
    const before = jobs()
    await check()
    sawKernels('a chain', before, 5 * 1000)
    test.pass(name)
  }
})

/** Expressions with other inputs, those of `known` by name; what they share stays shared. */
const renewing = (known: Readonly<Record<string, Expr>>): ((expr: Expr) => Expr) => {
  const done = new Map<Expr, Expr>()
  const conds = new Map<Cond, Cond>()
  const cond = (c: Cond): Cond => {
    const made = conds.get(c) ?? (c.op === 'lt' ? lt(renew(c.a), renew(c.b)) : isFinite(renew(c.a)))
    conds.set(c, made)
    return made
  }
  const renew = (x: Expr): Expr => {
    const made = done.get(x) ?? again(x)
    done.set(x, made)
    return made
  }
  const again = (x: Expr): Expr => {
    switch (x.op) {
      case 'lit':
        return x
      case 'input':
        return known[x.name] ?? x
      case 'select':
        return select(cond(x.cond), renew(x.a), renew(x.b))
      case 'sqrt':
      case 'abs':
        return { sqrt, abs }[x.op](renew(x.a))
      default:
        return { add, sub, mul, div }[x.op](renew(x.a), renew(x.b))
    }
  }
  return renew
}

t.test('the rules of the package pass the check that a rule of a stranger gets', test => {
  const seen = new Set<string>()
  for (const one of rules) {
    for (const link of linksIn(made(one).program)) {
      if (link.kind !== 'rule' || link.rule.signals !== undefined) continue // only our rules have signals
      const { rule } = link
      const written = checkRule({
        name: rule.name,
        hyper: rule.hyper,
        options: rule.options,
        slots: Object.fromEntries(Object.entries(rule.slots).map(([slot, expr]) => [slot, x => renewing(x)(expr)])),
        cells: rule.cells,
        extras: rule.extras,
        scalars: t => rule.scalars(t),
        totals: Object.fromEntries(
          rule.totals.map(({ name, of, ...how }) => [name, { ...how, of: (x, k) => renewing({ ...x, ...k })(of) }]),
        ),
        step: (x, k) => {
          const renew = renewing({ ...x, ...k })
          const next = { ...rule.next, ...rule.nextCells }
          const slots = Object.entries(next).map(([slot, expr]) => [slot, renew(expr)] as const)
          const moved = rule.p === null ? {} : { p: renew(rule.p) }
          return { ...Object.fromEntries(slots), ...moved, u: renew(rule.u) }
        },
      })
      const { ours, cellRunner } = rule
      const again = buildRule(written, cellRunner === null ? { ours } : { ours, cellRunner })
      test.equal(printRule(again), printRule(rule), rule.name)
      for (const t of [1, 2, 3, 10, 1000]) test.same(again.scalars(t), rule.scalars(t), `${rule.name} at step ${t}`)
      test.ok(rule.ours)
      seen.add(rule.name)
    }
  }
  test.ok(seen.size > 20, [...seen].join())
  test.end()
})

t.test('cpu and wasm give the same bits, compiled and interpreted', async test => {
  const traces = new Map<string, unknown[]>()
  for (const [backend, interpreted] of [
    ['cpu', 0],
    ['wasm', 0],
    ['cpu', Infinity],
    ['wasm', Infinity],
    ['wasm', 100], // compiled after a few steps
  ] as const) {
    await useBackend(backend)
    interpretAtMost(interpreted)
    const modules = compiledModules()
    for (const entry of [...all, ...waiting]) {
      const samples = fc.sample(runs(anyFloat32, 3), { seed: 7, numRuns: cases(10, 4) })
      const seen: unknown[] = []
      const before = jobs()
      samples.forEach(make =>
        tf.tidy(() => walk(made(entry), make(), ({ updates, next }) => seen.push(bitsOf([updates, next])))),
      )
      sawKernels(entry.name, before, cases(3 * 3, 3))
      const other = traces.get(entry.name)
      if (other === undefined) traces.set(entry.name, seen)
      else test.strictSame(seen, other, entry.name)
    }
    if (interpreted > 100) test.equal(compiledModules(), modules, 'nothing was compiled')
  }
  interpretAtMost(0)
})

onBackends('chain is associative, identity neutral; the fp-ts views say the same', test => {
  const some = [...rules, ...inOps].map(made)
  fc.assert(
    fc.property(runs(float32), fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(...some))), (make, [a, b, c]) => {
      if (!a || !b || !c) return
      tf.tidy(() => {
        const { gradients, params } = make()
        const see = (tx: GradientTransformation) => {
          const state = tx.init(params)
          const [first, next] = tx.update(gradients[0], state, params as never, extra)
          const [second, last] = tx.update(gradients[1], next, params as never, extra)
          const flat = Object.values(bitsOf(last)) // nested tuples flattened: leaves in order
          return JSON.stringify([bitsOf(first), bitsOf(second), flat])
        }
        const [left, right, flat] = [chain(chain(a, b), c), chain(a, chain(b, c)), chain(a, b, c)]
        const all3 = [left, right, flat, monoid.concat(monoid.concat(a, b), c), chain(identity(), a, b, identity(), c)]
        const seen = all3.map(tx => see(tx))
        if (new Set(seen).size > 1) throw new Error('differ')
        if (see(a) !== see(monoid.concat(monoid.empty, a))) throw new Error('empty is not neutral')

        const [viaState] = asState(a)(gradients[0], params as never, extra)(a.init(params))
        const [direct] = a.update(gradients[0], a.init(params), params as never, extra)
        if (JSON.stringify(bitsOf(viaState)) !== JSON.stringify(bitsOf(direct))) throw new Error('State view')
      })
    }),
    { numRuns: 40 },
  )
  test.pass()
})

onBackends('the interpretation of a step is the same on f64', test => {
  const tx = made(byName('adamw'))
  const params = { w: new Values([1, 2]) }
  const state = { mu: { w: new Values([0, 0]) }, nu: { w: new Values([0, 0]) }, count: 0 }
  const request = {
    who: 'step',
    updates: { w: new Values([0.5, -0.5]) },
    state: [state, { count: 0 }, { count: 0 }],
    params,
    extra: undefined,
  }
  const [update] = runUpdate(f64, tx.program, request).leaves
  const [stepped] = runStep(f64, tx.program, request).leaves
  test.strictSame(
    stepped!.items,
    update!.items.map((u, i) => u + params.w.items[i]!),
  )
})
