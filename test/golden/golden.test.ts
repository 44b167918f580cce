/**
 * Numbers that optax itself gives; test/golden/make_optax.py makes them. Each case runs by tfjs ops, by kernels as
 * updates and as donated steps, and in float64.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { ops } from '../../lib/backends/ops.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { initialState, runUpdate } from '../../lib/program/execute.js'
import { linksIn } from '../../lib/program/fold.js'
import { f64 } from '../../lib/rule/f64.js'
import { Values } from '../../lib/rule/reference.js'
import { jobs, useCounted } from '../backends/counted.js'
import { numbers, onBackends, type Test } from '../setup.js'
import { estimating } from './rows/estimating.js'
import { existing } from './rows/existing.js'
import { perElement } from './rows/perElement.js'
import type { Row } from './rows/row.js'
import { schedules } from './rows/schedules.js'
import { totals } from './rows/totals.js'
import { wrappers } from './rows/wrappers.js'

for (const device of [cpu, wasm]) useCounted(device)

/** Nested lists; a string is a number that JSON has not, such as 'NaN'. */
type Listed = number | string | readonly Listed[]
type Leaves = Readonly<Record<string, Listed>>
interface Problem {
  readonly params: Leaves
  readonly grads: readonly Leaves[]
  readonly values: readonly number[]
}
interface Case {
  readonly on: string
  readonly updates: readonly Leaves[]
  readonly final_params: Leaves
}
interface Golden {
  readonly problems: Readonly<Record<string, Problem>>
  readonly transforms: Readonly<Record<string, Case>>
  readonly schedules: Readonly<Record<string, readonly number[]>>
}
const golden = JSON.parse(readFileSync('test/golden/optax.json', 'utf8')) as Golden

const families = { existing, perElement, totals, estimating, wrappers }
const rows = new Map<string, Row>(
  Object.values(families).flatMap(family =>
    Object.entries(family).map(([name, row]): [string, Row] => [name, 'tx' in row ? row : { tx: row }]),
  ),
)

const rtol = 2e-5

/** How many times the tolerance the worst of some numbers is off. */
const worst = (got: readonly number[], want: readonly number[], atol: number): number => {
  const offs = got.map((x, i) => (Object.is(x, want[i]) ? 0 : Math.abs(x - want[i]!) / (atol + rtol * Math.abs(want[i]!))))
  return got.length === want.length && !offs.some(Number.isNaN) ? Math.max(...offs) : Infinity
}

const flat = (listed: Listed): number[] => (typeof listed === 'object' ? listed.flatMap(flat) : [Number(listed)])
const nested = (listed: Listed): tf.TensorLike =>
  typeof listed === 'object' ? (listed.map(nested) as tf.TensorLike) : Number(listed)
const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, a]) => [key, f(a)]))
const tensors = (leaves: Leaves): Record<string, tf.Tensor> =>
  mapped(leaves, listed => tf.tensor(nested(listed), undefined, 'float32'))
const valuesOf = (leaves: Leaves): Record<string, Values<number>> => mapped(leaves, listed => new Values(flat(listed)))

/** What the caller passes: the loss, and squares in place of a Hessian's diagonal. */
const extraOf = (grad: Leaves, value: number | undefined): O.Extra => ({
  value,
  hessian: mapped(tensors(grad), g => tf.square(g)),
})

interface Run extends Problem, Case, Row {
  readonly name: string
  readonly atol: number
}
const runs: readonly Run[] = [...rows].flatMap(([name, row]) => {
  const made = golden.transforms[name]
  return made === undefined ? [] : [{ name, atol: 1e-9, ...row, ...made, ...golden.problems[made.on]! }]
})

/** The worst of all leaves. */
const off = (got: Readonly<Record<string, readonly number[]>>, want: Leaves, atol: number): number =>
  Math.max(...Object.entries(want).map(([key, listed]) => worst(got[key] ?? [], flat(listed), atol)))

const fits = (test: Test, what: string, offs: readonly number[]): void => {
  const most = Math.max(...offs)
  test.ok(most <= 1, `${what}: worst ${most.toPrecision(2)} of the tolerance, at step ${1 + offs.indexOf(most)}`)
}

/** A parameter has the rounding errors of its greatest value on the way. */
const atolOfParams = ({ params, updates, atol }: Pick<Run, 'params' | 'updates' | 'atol'>): number => {
  let greatest = 1
  for (const [key, listed] of Object.entries(params)) {
    let p = flat(listed)
    for (const made of updates) {
      const u = flat(made[key]!)
      p = p.map((x, i) => x + u[i]!)
      greatest = Math.max(greatest, ...p.filter(Number.isFinite).map(Math.abs))
    }
  }
  return atol + updates.length * 2 ** -24 * greatest
}

/** How far the updates of a run are off, and its parameters at the end, by one way to make updates. */
const offsBy = (
  { tx, params, grads, values, updates, final_params, atol }: Run,
  update: (grads: Record<string, tf.Tensor>, state: unknown, params: unknown, extra: O.Extra) => readonly [unknown, unknown],
): number[] => {
  let p = tensors(params)
  let state: unknown = tx.init(p)
  const offs = grads.map((grad, i) => {
    const [made, next] = update(tensors(grad), state, p, extraOf(grad, values[i]))
    state = next
    p = O.applyUpdates(p, made as Record<string, tf.Tensor>)
    return off(mapped(made as Record<string, tf.Tensor>, numbers), updates[i]!, atol)
  })
  return [...offs, off(mapped(p, numbers), final_params, atolOfParams({ params, updates, atol }))]
}

onBackends('optax: by ops', test => {
  for (const run of runs)
    tf.tidy(() => {
      const order = Object.keys(run.params).sort()
      const offs = offsBy(run, (updates, state, params, extra) => {
        const request = { who: 'update', updates, state, params, extra }
        const { leaves, state: next } = runUpdate(ops, run.tx.program, request)
        return [Object.fromEntries(order.map((key, i) => [key, leaves[i]])), next]
      })
      fits(test, run.name, offs)
    })
})

onBackends('optax: by kernels, updates', test => {
  for (const run of runs)
    tf.tidy(() => {
      const before = jobs()
      const offs = offsBy(run, (updates, state, params, extra) => run.tx.update(updates, state, params as never, extra))
      fits(test, run.name, offs)
      const { program } = run.tx
      if (linksIn(program).some(({ kind }) => kind === 'rule')) test.ok(jobs() > before, `${run.name}: kernels ran`)
    })
})

onBackends('optax: by kernels, donated steps', test => {
  for (const { name, tx, params, grads, values, updates, final_params, atol } of runs)
    tf.tidy(() => {
      const step = O.makeStep(tx, { donate: true })
      let p = tensors(params)
      let state = tx.init(p)
      grads.forEach((grad, i) => {
        ;[p, state] = step(p, tensors(grad), state, extraOf(grad, values[i]))
      })
      fits(test, name, [off(mapped(p, numbers), final_params, atolOfParams({ params, updates, atol }))])
    })
})

t.test('optax: in float64', test => {
  for (const { name, tx, params, grads, values, updates, atol } of runs) {
    const { program } = tx
    if (linksIn(program).some(({ kind }) => kind === 'ops' || kind === 'opaque')) continue // only tensors can run it
    const order = Object.keys(params).sort()
    let p = valuesOf(params)
    let state = initialState(f64, program, p)
    const offs = grads.map((grad, i) => {
      const request = { who: 'update', updates: valuesOf(grad), state, params: p, extra: { value: values[i] } }
      const { leaves, state: next } = runUpdate(f64, program, request)
      state = next
      const made = Object.fromEntries(order.map((key, at) => [key, leaves[at]!.items]))
      p = Object.fromEntries(order.map(key => [key, new Values(p[key]!.items.map((x, k) => x + made[key]![k]!))]))
      return off(made, updates[i]!, atol)
    })
    fits(test, name, offs)
  }
  test.end()
})

t.test('optax: every case is run', test => {
  const named = Object.values(families).flatMap(family => Object.keys(family))
  test.strictSame(named.sort(), Object.keys(golden.transforms).sort(), 'in one of the tables, once')
  test.end()
})

t.test('optax: schedules', test => {
  for (const [name, schedule] of Object.entries(schedules)) {
    const values = golden.schedules[name] ?? []
    fits(test, name, [worst(values.map((_, count) => schedule(count)), values, 1e-9)])
  }
  test.strictSame(Object.keys(schedules).sort(), Object.keys(golden.schedules).sort(), 'every case is run')
  const [cold, cosine] = [O.warmupCosineDecaySchedule(9, 1, 0, 8), O.cosineDecaySchedule(1, 8)]
  test.strictSame([0, 3, 8].map(cold), [0, 3, 8].map(cosine), 'without warmup the cosine alone')
  test.end()
})
