/** Numbers that optax itself gives; test/golden/make_optax.py makes them. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { initialState, runUpdate } from '../../lib/program/execute.js'
import { linksIn } from '../../lib/program/fold.js'
import { f64 } from '../../lib/rule/f64.js'
import { Values } from '../../lib/rule/reference.js'
import { onBackends } from '../setup.js'

type Leaves = Readonly<Record<'w' | 'b', readonly number[] | readonly (readonly number[])[]>>
interface Golden {
  readonly params: Leaves
  readonly grads: readonly Leaves[]
  readonly transforms: Readonly<Record<string, { readonly updates: readonly Leaves[]; readonly final_params: Leaves }>>
  readonly schedules: Readonly<Record<string, readonly number[]>>
}
const golden = JSON.parse(readFileSync('test/golden/optax.json', 'utf8')) as Golden

/** The same as in make_optax.py, name for name. */
const transforms: Readonly<Record<string, O.GradientTransformation>> = {
  identity: O.identity(),
  'scale(-0.1)': O.scale(-0.1),
  sgd: O.sgd(0.05),
  sgd_mom: O.sgd(0.05, { momentum: 0.9 }),
  trace: O.trace(0.9),
  trace_nesterov: O.trace(0.9, { nesterov: true }),
  adam: O.adam(0.05),
  adam_eps_root: O.adam(0.05, { epsRoot: 1e-4 }),
  nadam: O.adam(0.05, { nesterov: true }),
  adamw: O.adamw(0.05, { weightDecay: 0.1 }),
  nadamw: O.adamw(0.05, { weightDecay: 0.1, nesterov: true }),
  amsgrad: O.chain(O.scaleByAmsgrad(), O.scaleByLearningRate(0.05)),
  clip: O.clip(0.5),
  clip_by_global_norm: O.clipByGlobalNorm(1),
  add_decayed_weights: O.addDecayedWeights(0.1),
  scale_by_schedule: O.scaleBySchedule(O.cosineDecaySchedule(1, 4)),
  multisteps_adam_2: O.multiSteps(O.adam(0.05), 2),
  // optax's recipe gives vectors to Adam, and matrices the root of their ratio of sides.
  muon: O.chain(
    O.masked(O.chain(O.scaleByMuon(), O.scale(Math.sqrt(1.5))), { w: true, b: false }),
    O.masked(O.scaleByNadam(), { w: false, b: true }),
    O.scale(-0.05),
  ),
  masked_adam_w: O.masked(O.adam(0.05), { w: true, b: false }),
  inject_adam_sched: O.adam(O.linearSchedule(0.1, 0, 4)),
} satisfies Record<string, unknown>

const schedules: Readonly<Record<string, O.Schedule>> = {
  'linear(1,0,10,begin2)': O.linearSchedule(1, 0, 10, { transitionBegin: 2 }),
  'poly(1,.1,2.5,8)': O.polynomialSchedule(1, 0.1, 2.5, 8),
  'exp(1,4,.5)': O.exponentialDecay(1, 4, 0.5),
  'exp staircase, floor': O.exponentialDecay(1, 3, 0.5, { transitionBegin: 2, staircase: true, endValue: 0.2 }),
  'exp growing, ceiling': O.exponentialDecay(0.1, 2, 1.5, { endValue: 0.7 }),
  'cosine(1,10,.1,1.5)': O.cosineDecaySchedule(1, 10, { alpha: 0.1, exponent: 1.5 }),
  'pwc(1,{3:.5,6:4})': O.piecewiseConstantSchedule(1, { 3: 0.5, 6: 4 }),
  'pwi_lin(1,{3:.5,6:4})': O.piecewiseInterpolateSchedule('linear', 1, { 3: 0.5, 6: 4 }),
  'pwi_cos(1,{3:.5,6:4})': O.piecewiseInterpolateSchedule('cosine', 1, { 3: 0.5, 6: 4 }),
  'warmup_const(0,1,4)': O.warmupConstantSchedule(0, 1, 4),
  'warmup_cosine(.1,1,4,12,.2,2)': O.warmupCosineDecaySchedule(0.1, 1, 4, 12, { endValue: 0.2, exponent: 2 }),
  join: O.joinSchedules([O.linearSchedule(0, 1, 3), O.constantSchedule(0.7), O.exponentialDecay(0.7, 1, 0.5)], [3, 6]),
}

const rtol = 2e-5
/**
 * Three elements of these two lie where Adam's direction and the decay cancel to a hundredth: there optax's own float32
 * bias correction leaves an error of 3e-8, up to 6e-5 of what remains. So does one parameter after two updates of the third.
 */
const cancels: Readonly<Record<string, number>> = { adamw: 5e-8, nadamw: 5e-8, multisteps_adam_2: 5e-8 }

/** How many times the tolerance the worst of some numbers is off. */
const worst = (got: readonly number[], want: readonly number[], atol = 1e-9): number =>
  got.length === want.length
    ? Math.max(...got.map((x, i) => Math.abs(x - want[i]!) / (atol + rtol * Math.abs(want[i]!))))
    : Infinity

const flat = (leaf: Leaves['w']): number[] => leaf.flat()
const tensors = ({ w, b }: Leaves) => ({ w: tf.tensor2d(w as number[][]), b: tf.tensor1d(b as number[]) })

onBackends('optax: transformations, by ops', test => {
  for (const [name, { updates, final_params }] of Object.entries(golden.transforms))
    tf.tidy(() => {
      const tx = transforms[name]!
      let params = tensors(golden.params)
      let state = tx.init(params)
      const off = golden.grads.map((grads, i) => {
        const [made, next] = tx.update(tensors(grads), state, params)
        state = next
        params = O.applyUpdates(params, made)
        return Math.max(...(['w', 'b'] as const).map(key => worst([...made[key].dataSync()], flat(updates[i]![key]), cancels[name])))
      })
      const end = (['w', 'b'] as const).map(key => worst([...params[key].dataSync()], flat(final_params[key]), cancels[name]))
      test.ok(Math.max(...off, ...end) <= 1, `${name}: worst ${Math.max(...off, ...end).toPrecision(2)} of the tolerance`)
    })
})

t.test('optax: transformations, by f64', test => {
  for (const [name, { updates }] of Object.entries(golden.transforms)) {
    const { program } = transforms[name]!
    if (linksIn(program).some(({ kind }) => kind === 'ops')) continue // only tensors can run it
    const flatten = (leaves: Leaves): unknown => ({ w: new Values(flat(leaves.w)), b: new Values(flat(leaves.b)) })
    let params = flatten(golden.params) as Record<'w' | 'b', Values<number>>
    let state = initialState(f64, program, params)
    const off = golden.grads.map((grads, i) => {
      const request = { who: 'update', updates: flatten(grads), state, params, extra: undefined }
      const { leaves, state: next } = runUpdate(f64, program, request)
      state = next
      const [b, w] = leaves as [Values<number>, Values<number>]
      const add = (p: Values<number>, u: Values<number>) => new Values(p.items.map((x, k) => x + u.items[k]!))
      params = { b: add(params.b, b), w: add(params.w, w) }
      return Math.max(worst(w.items, flat(updates[i]!.w), cancels[name]), worst(b.items, flat(updates[i]!.b), cancels[name]))
    })
    test.ok(Math.max(...off) <= 1, `${name}: worst ${Math.max(...off).toPrecision(2)} of the tolerance`)
  }
  test.strictSame(Object.keys(transforms).sort(), Object.keys(golden.transforms).sort(), 'every case is run')
  test.end()
})

t.test('optax: schedules', test => {
  for (const [name, values] of Object.entries(golden.schedules)) {
    const made = values.map((_, count) => schedules[name]!(count))
    test.ok(worst(made, values) <= 1, `${name}: worst ${worst(made, values).toPrecision(2)} of the tolerance`)
  }
  test.strictSame(Object.keys(schedules).sort(), Object.keys(golden.schedules).sort(), 'every case is run')
  const [cold, cosine] = [O.warmupCosineDecaySchedule(9, 1, 0, 8), O.cosineDecaySchedule(1, 8)]
  test.strictSame([0, 3, 8].map(cold), [0, 3, 8].map(cosine), 'without warmup the cosine alone')
  test.end()
})
