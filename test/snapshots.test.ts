/** What a diff should show: values of pure updates, rules in print, states in words. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { printProgram } from '../lib/rule.js'
import { extra } from './laws/entry.js'
import { all, inOps, made, rules, waiting } from './laws/table.js'
import { snapshotsOf, useBackend } from './setup.js'

snapshotsOf(import.meta.url)

const params = () => ({ a: tf.tensor2d([[1, -2, 0.5]]), b: tf.tensor1d([0.1, 3]) })
const gradients = [
  { a: [[0.3, -0.1, 2]], b: [0, -1] },
  { a: [[0.2, 0.4, -1]], b: [5, 0.01] },
].map(({ a, b }) => () => ({ a: tf.tensor2d(a), b: tf.tensor1d(b) }))

t.test('two pure updates of every rule: updates and states', async test => {
  await useBackend('cpu')
  for (const entry of [...rules, ...inOps])
    tf.tidy(() => {
      const tx = made(entry)
      let p = params()
      let state = tx.init(p)
      const steps = gradients.map(make => {
        const [updates, next] = tx.update(make(), state, p, extra)
        p = O.applyUpdates(p, updates)
        state = next
        return { updates, state }
      })
      test.matchSnapshot(steps, entry.name)
    })
})

t.test('schedules at twelve counts', test => {
  const cycle = { initValue: 0, warmupSteps: 1, decaySteps: 5 }
  const schedules: Readonly<Record<string, O.Schedule>> = {
    warmupExponentialDecaySchedule: O.warmupExponentialDecaySchedule(0, 1, 3, 2, 0.5),
    linearOnecycleSchedule: O.linearOnecycleSchedule(10, 1),
    cosineOnecycleSchedule: O.cosineOnecycleSchedule(10, 1),
    sgdrSchedule: O.sgdrSchedule([
      { ...cycle, peakValue: 1, endValue: 0.1 },
      { ...cycle, peakValue: 0.5 },
    ]),
    multiplySchedules: O.multiplySchedules([O.linearSchedule(1, 0, 10), O.exponentialDecay(1, 1, 0.9)]),
    repeatSchedule: O.repeatSchedule(O.linearSchedule(1, 0.2, 4), 5),
    byEpoch: O.byEpoch(O.exponentialDecay(1, 1, 0.5), 4),
    'byEpoch, fractional': O.byEpoch(O.exponentialDecay(1, 1, 0.5), 4, { fractional: true }),
  }
  for (const [name, schedule] of Object.entries(schedules))
    test.matchSnapshot(Array.from({ length: 12 }, (_, count) => Number(schedule(count).toPrecision(6))).join(' '), name)
  test.end()
})

t.test('every rule in print', test => {
  for (const entry of [...all, ...waiting, ...inOps]) test.matchSnapshot(printProgram(made(entry).program), entry.name)
  const mine = { name: 'mine', init: () => ({}), update: (u: unknown, s: unknown) => [u, s] as const }
  const tx = O.chain(O.aggregate('mean', { each: O.clip(1), axis: 0 }), O.masked(mine, { a: true, b: false }))
  test.matchSnapshot(printProgram(tx.program), 'aggregate, mask tree, opaque')
  test.end()
})

t.test('describe', async test => {
  await useBackend('cpu')
  const mine = {
    name: 'mine',
    init: (p: { a: tf.Tensor }) => ({ seen: 3, last: tf.zerosLike(p.a) }),
    update: (u: unknown, s: unknown) => [u, s] as const,
  }
  const tx = O.chain(
    O.namedChain(['clip', O.clipByGlobalNorm(1)], ['adam', O.scaleByAdam({ b1: 0.8 })]),
    O.masked(O.trace(0.9), { a: true, b: false }),
    O.addDecayedWeights(0.1, { mask: path => path === 'a' }),
    mine,
    O.scaleByLearningRate(O.warmupCosineDecaySchedule(0, 0.1, 2, 10)),
  )
  const p = params()
  let state = tx.init(p)
  for (const make of gradients) [, state] = tx.update(make(), state, p)
  test.matchSnapshot(await O.describe(tx, state), 'a chain after two steps')
  const replicas = O.chain(O.aggregate('sum', { each: O.clip(1) }), O.scale(-1))
  test.matchSnapshot(await O.describe(replicas, replicas.init(p)), 'replicas')
  for (const wrong of [{ foo: 1 }, { s: 7 }, { count: 'x' }, { count: 0, mu: 1 }])
    await test.rejects(O.describe(O.scale(1), wrong), { name: 'ValueError', message: /^scale: state/ })
  const gone = O.trace(0.9).init(p)
  gone.trace.a.dispose()
  await test.rejects(O.describe(O.trace(0.9), gone), { message: /^describe: leaf trace\.a of state is disposed/ })
  await test.rejects(O.describe(tx, state.slice(1) as never), {
    name: 'ValueError',
    message: /^chain: state must be an array of 5/,
  })
})
