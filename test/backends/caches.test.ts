/** What is kept of programs that come and go: bounded, and nothing that a program in use needs is made twice. */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { keepVerdict, keptVerdicts, mostVerdicts, verdictOf } from '../../lib/backends/fused/verdicts.js'
import { ops } from '../../lib/backends/ops.js'
import { compiledModules, keptModules, mostKernels } from '../../lib/backends/wasm/compile.js'
import { keptPipelines, mostPipelines, pipelineCount, pipelineOf } from '../../lib/backends/webgpu/shaders.js'
import * as O from '../../lib/index.js'
import { AdamWeightDecay } from '../../lib/legacy.js'
import { mostPlans, planOf } from '../../lib/plan/planner.js'
import { flatOf } from '../../lib/program/stages.js'
import { resolve } from '../../lib/program/resolve.js'
import { foundOrMade, recent } from '../../lib/recent.js'
import { elementwise, mul, sub } from '../../lib/rule.js'
import { numbers, onBackends } from '../setup.js'

t.test('what was asked for of late is there, and never more than twice as much', test => {
  const asked = fc.array(fc.record({ key: fc.integer({ min: 0, max: 40 }), isNew: fc.boolean() }), { maxLength: 300 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), asked, (most, calls) => {
      const cache = recent<number>(most)
      const order: number[] = [] // the last asked for comes last
      const seen = new Map<number, number>()
      calls.forEach(({ key, isNew }, i) => {
        const found = cache.get(String(key))
        if (order.slice(-most).includes(key) && found === undefined) throw new Error(`${key} is gone`)
        if (found !== undefined && found !== seen.get(key)) throw new Error(`${key} is ${found}, not ${seen.get(key)}`)
        if (isNew || found === undefined) {
          cache.set(String(key), i)
          seen.set(key, i)
        }
        if (order.includes(key)) order.splice(order.indexOf(key), 1)
        order.push(key)
        if (cache.size() > 2 * most) throw new Error(`${cache.size()} entries, of ${most}`)
      })
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), asked, (most, calls) => {
      const list: { readonly key: number }[] = []
      const order: number[] = []
      for (const { key } of calls) {
        const isKept = order.slice(-most).includes(key)
        const one = foundOrMade(
          list,
          most,
          other => other.key === key,
          () => {
            if (isKept) throw new Error(`${key} is made again`)
            return { key }
          },
        )
        if (one.key !== key || list.length > most) throw new Error(`${one.key} of ${list.length}`)
        if (order.includes(key)) order.splice(order.indexOf(key), 1)
        order.push(key)
      }
    }),
  )
  test.end()
})

/** A rule of one's own with a number in its code. */
const own = (literal: number) =>
  elementwise({
    name: 'own',
    slots: { a: 0 },
    step: ({ u, a }) => ({ u: mul(u, literal), a: sub(a, literal) }),
  })

const stepOf = (tx: O.GradientTransformation) => {
  const step = O.makeStep(tx)
  return () =>
    tf.tidy(() => {
      const w = { w: tf.tensor1d([1, 2]) }
      return numbers(step(w, w, tx.init(w))[0].w)
    })
}

onBackends("rules of one's own that differ in a literal are kept up to a number", (test, backend) => {
  const before = compiledModules()
  const part = backend === 'cpu' ? 0 : 0.25 // backends share modules
  const ownHere = (literal: number) => own(literal + part)
  const inUse = stepOf(ownHere(0.5))
  test.strictSame(inUse(), [1.5 + part, 3 + 2 * part])
  const start = compiledModules()
  test.ok(start > before)
  const each = start - before
  const count = 2 * mostKernels + 50
  for (let i = 0; i < count; i++) {
    const factor = i + 2 + part
    test.strictSame(stepOf(own(factor))(), [1 + factor, 2 + 2 * factor])
    if (i % 100 === 0) inUse()
  }
  test.equal(compiledModules() - start, each * count, 'each is compiled once, the one in use not again')
  test.ok(keptModules() <= 2 * mostKernels, `${keptModules()} modules`)
  const [full, last] = [compiledModules(), stepOf(ownHere(count + 1))]
  last()
  test.equal(compiledModules(), full, 'a late one is known by its text')
  stepOf(ownHere(2))()
  test.equal(compiledModules() - full, each, 'an early one is compiled anew')
})

t.test('a kernel that is in use is compiled once, however many others there are', async test => {
  await tf.setBackend('cpu')
  const inUse = stepOf(own(-0.5))
  inUse()
  for (let i = 0; i < 2 * mostKernels + 50; i++) stepOf(own(-i - 2))()
  const before = compiledModules()
  test.strictSame(inUse(), [0.5, 1])
  test.equal(compiledModules(), before)
  test.end()
})

t.test('verdicts', async test => {
  await tf.setBackend('cpu')
  const fake = (i: number) => ({ totals: [], given: [], cells: [], sweeps: [[i]], classes: [], names: [] })
  const inUse = fake(-1)
  keepVerdict(inUse, 'good')
  for (let i = 0; i < 3 * mostVerdicts; i++) keepVerdict(fake(i), i % 2 === 0 ? 'good' : 'bad')
  test.ok(keptVerdicts() <= 2 * mostVerdicts, `${keptVerdicts()} verdicts`)
  test.equal(verdictOf(fake(3 * mostVerdicts - 1)), 'bad')
  test.equal(verdictOf(fake(3 * mostVerdicts - 2)), 'good')
  test.equal(verdictOf(fake(0)), null)
  test.equal(verdictOf(inUse), 'good', 'a plan in use is not checked again')
  const asked = fake(-2)
  keepVerdict(asked, 'unchecked')
  keepVerdict(fake(-2), 'good')
  test.equal(verdictOf(asked), 'good', 'what a step could not wait for counts for all plans of that code')
  test.end()
})

t.test('plans of masks that choose other leaves at every step', test => {
  const names = 'abcdefgh'.split('')
  const tx = O.chain(...names.map(name => O.masked(O.scale(2), path => path === name))) as O.GradientTransformation
  const [stage] = flatOf(tx.program).stages
  const key = (i: number): string => i.toString(2).padStart(8, '0')
  const plan = (i: number) => planOf(stage!, 'updates', false, [key(i)])
  const made = Array.from({ length: mostPlans + 1 }, (_, i) => plan(i))
  test.equal(plan(mostPlans), made.at(-1), 'the last ones are kept')
  test.equal(plan(1), made[1])
  test.not(plan(0), made[0], 'the first is not')
  test.equal(plan(1), made[1], 'what was asked for again is')
  test.not(plan(2), made[2])
  test.end()
})

t.test('programs of many choices at once', async test => {
  await tf.setBackend('cpu')
  const tx = O.chain(...Array.from({ length: 9 }, () => O.multiSteps(O.scale(2), 2))) as O.GradientTransformation
  tf.tidy(() => {
    const u = [tf.scalar(1)]
    const first = tx.init(u) as readonly object[]
    const resolved = (i: number) => {
      const state = first.map((one, k) => ({ ...one, miniStep: (i >> k) & 1 }))
      return resolve(ops, tx.program, state, { updates: u, params: null, extra: undefined }).program
    }
    const start = resolved(0)
    test.equal(resolved(0), start)
    for (let i = 1; i < 256; i++) resolved(i)
    test.equal(resolved(0), start, '256 are kept')
    for (let i = 256; i < 512; i++) resolved(i)
    test.not(resolved(0), start)
  })
  test.end()
})

t.test('pipelines of WebGPU', test => {
  const device = { createShaderModule: () => ({}), createComputePipeline: () => ({}) } as unknown as GPUDevice
  const first = pipelineOf(device, '0')
  for (let i = 0; i < 3 * mostPipelines; i++) pipelineOf(device, String(i))
  test.ok(keptPipelines(device) <= 2 * mostPipelines, `${keptPipelines(device)} pipelines`)
  test.equal(pipelineCount(device), 3 * mostPipelines)
  test.not(pipelineOf(device, '0'), first)
  test.end()
})

t.test('warnings of gradients that are missing, others at every step', test => {
  const variables = Array.from({ length: 9 }, (_, i) => tf.variable(tf.scalar(i), true, `missing${i}`))
  const optimizer = new AdamWeightDecay()
  const g = tf.scalar(1)
  let told = 0
  const { warn } = console
  console.warn = () => (told += 1)
  for (let i = 0; i < 511; i++) optimizer.applyGradients(variables.map((v, k) => [(i >> k) & 1 ? null : g, v] as const))
  console.warn = warn
  test.equal(told, 100)
  tf.dispose([g, variables])
  optimizer.dispose()
  test.end()
})
