/** Relays: when a plan has them, and that steps with them have the bits of tfjs ops, whatever the sizes of leaves. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { blockSize } from '../../lib/backends/cpu/block.js'
import { interpretAtMost } from '../../lib/backends/small.js'
import { ops } from '../../lib/backends/ops.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { plan, type Plan } from '../../lib/plan/plan.js'
import { runStep } from '../../lib/program/execute.js'
import { flatOf } from '../../lib/program/stages.js'
import { add, div, elementwise, mul, sqrt, square } from '../../lib/rule.js'
import { numbers, onBackends, useBackend } from '../setup.js'
import { jobs, useCounted } from './counted.js'

for (const device of [cpu, wasm]) useCounted(device)

const planOf = (tx: O.GradientTransformation): Plan => {
  const rules = flatOf(tx.program).stages.flatMap(stage => stage.rules.map(({ rule }) => rule))
  const made = plan({ rules, goal: 'params', hasParams: true, classes: [rules.map(() => true)] })
  if (made === null) throw new TypeError('there is no plan')
  return made
}

/** What each pass of the only class reads and writes. */
const streamsOf = (tx: O.GradientTransformation): unknown =>
  planOf(tx).classes[0]?.passes.map(pass => [pass?.kernel.reads, pass?.kernel.writes.map(({ stream }) => stream)])

const direction = O.scaleByAdam()

t.test('a direction that a norm needs is relayed, and new slots are written with it', test => {
  test.strictSame(streamsOf(O.chain(direction, O.clipByGlobalNorm(1))), [
    [
      ['mu', 'u', 'nu'],
      ["mu'", "nu'", "relay 1'"],
    ],
    [['p', 'relay 1'], ["p'"]],
  ])
  test.strictSame(planOf(O.chain(direction, O.clipByGlobalNorm(1))).classes[0]?.relays, ['relay 1'])
  test.end()
})

t.test('nothing is relayed that is cheap', test => {
  test.strictSame(planOf(O.chain(O.trace(0.9), O.clipByGlobalNorm(1))).classes[0]?.relays, [])
  test.strictSame(planOf(O.chain(O.clipByGlobalNorm(1), O.adamw(0.1))).classes[0]?.relays, [], 'one root of a total')
  test.end()
})

t.test('a slot whose old value a later pass reads is written by that pass', test => {
  const late = elementwise({
    name: 'late',
    slots: { s: 1 },
    totals: { size: { over: 'leaf', of: ({ u, s }) => square(div(u, sqrt(add(square(s), 1)))) } },
    step: ({ u, s, size }) => ({
      u: mul(add(s, div(u, sqrt(add(square(s), 1)))), size),
      s: square(div(u, sqrt(add(square(s), 1)))),
    }),
  })
  const last = planOf(late).classes[0]?.passes.at(-1)?.kernel
  const first = planOf(late).classes[0]?.passes[0]?.kernel
  test.ok(last?.reads.includes('s'))
  test.ok(last?.writes.some(({ stream }) => stream === "s'"))
  test.notOk(first?.writes.some(({ stream }) => stream === "s'"))
  test.end()
})

t.test('explain tells what relays add to the memory of a step', async test => {
  await useBackend('cpu')
  const lines = (tx: O.GradientTransformation): readonly string[] => O.explain(tx).split('\n')
  const more = '  relay 1: 4 more bytes per parameter until the step ends'
  test.ok(lines(O.lamb(0.1)).includes(`${more}, on cpu and wasm for the largest leaf only`))
  test.ok(lines(O.chain(direction, O.clipByGlobalNorm(1))).includes(more))
})

const wave = (size: number, k: number): tf.Tensor =>
  tf.tensor1d(Float32Array.from({ length: size }, (_, i) => Math.sin(1 + k + i * (k + 0.7))))

const sizes = {
  'leaves of few elements': [5, 1, 17],
  'leaves longer than a block': [2 * blockSize + 3, 7, blockSize + 1, blockSize, 40],
}

const chains = {
  'norms of leaves': () => O.lamb(0.1, { weightDecay: 0.1 }),
  'a norm of the tree': () => O.chain(O.scaleByAdam(), O.clipByGlobalNorm(1), O.scale(-0.1)),
  'norms of both': () => O.chain(O.scaleByAdam(), O.scaleByTrustRatio(), O.clipByGlobalNorm(0.5), O.scale(-0.1)),
}

const valuesOf = (tree: unknown): readonly (readonly number[])[] => O.tensorsOf(tree).map(([, leaf]) => numbers(leaf))

onBackends('steps with relays have the bits of tfjs ops', test => {
  for (const [which, shape] of Object.entries(sizes))
    for (const [name, make] of Object.entries(chains))
      for (const elements of [0, 1e9]) {
        interpretAtMost(elements)
        tf.tidy(() => {
          const tx = make()
          const gradients = shape.map((size, k) => wave(size, k))
          const first = shape.map((size, k) => wave(size, 10 + k))
          const reference = (): unknown => {
            const one = runStep(ops, tx.program, {
              who: 'test',
              updates: gradients,
              state: tx.init(first),
              params: first,
              extra: {},
            })
            const request = { who: 'test', updates: gradients, state: one.state, params: one.leaves, extra: {} }
            const two = runStep(ops, tx.program, request)
            return [valuesOf(two.leaves), valuesOf(two.state)]
          }
          for (const donate of [false, true]) {
            const before = jobs()
            const step = O.makeStep(tx, { donate })
            const given = shape.map((size, k) => wave(size, 10 + k))
            const [params, state] = step(given, gradients, tx.init(given))
            const [after, last] = step(params, gradients, state)
            const how = `${name}, ${which}, ${donate ? 'donated' : 'fresh'}, ${elements === 0 ? 'compiled' : 'interpreted'}`
            test.strictSame([valuesOf(after), valuesOf(last)], reference(), how)
            test.equal(jobs() - before, 2, `${how}: on the device`)
          }
        })
      }
  interpretAtMost(0)
})
