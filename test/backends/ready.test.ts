/** The lean entry: tfjs ops until `ready`, generated kernels afterwards; and what `explain` says on the way. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { runnerNow } from '../../lib/backends/registry.js'
import { checkSoon } from '../../lib/backends/fused/checkSoon.js'
import { verdictOf, type Verdict } from '../../lib/backends/fused/verdicts.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/core.js'
import { placedLinks } from '../../lib/program/placed.js'
import { plan } from '../../lib/plan/plan.js'

const firstLine = (tx: O.FirstLink): string => O.explain(tx).split('\n')[0]!
const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(0.1))
const bits = (): number[] =>
  tf.tidy(() => {
    const params = tf.tensor1d([1, -2, 3])
    const [updates] = tx.update(tf.tensor1d([3, 0.1, -7]), tx.init(params), params)
    return [...new Uint32Array(Float32Array.from(updates.dataSync()).buffer)]
  })

t.test('each backend runs ops, then kernels, with the same bits', async test => {
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend)
    test.equal(tf.getBackend(), backend)
    test.equal(firstLine(tx), `${backend}: tfjs ops, \`await ready(tx)\` loads its kernels`)
    test.equal(O.explain(tx, { source: true }), O.explain(tx), 'no kernels, no code')
    test.equal(runnerNow(), null)
    const before = bits()
    const { numTensors } = tf.memory()
    await O.ready(tx)
    test.equal(tf.memory().numTensors, numTensors, 'leaves nothing')
    test.equal(firstLine(tx), `${backend}: generated kernels, in place where a step is donated`)
    test.strictSame(bits(), before)
    tf.grad(x => {
      test.equal(firstLine(tx), `${backend}: tfjs ops, since gradients are being taken`)
      return tf.sum(x)
    })(tf.scalar(1)).dispose()
  }
  await test.rejects(O.ready(tx, { params: null, param: 1 } as never), { message: /ready: unknown option param/ })
  await test.rejects(O.ready(3 as never), { name: 'TypeError' })
})

t.test('explain: masks by leaves, cuts, replicas', test => {
  const params = { kernel: tf.zeros([2]), bias: tf.zeros([1]), none: null }
  const masked = O.chain(
    O.masked(O.clip(1), path => path === 'kernel'),
    O.sgd(0.1),
  )
  const text = O.explain(masked, { params })
  test.match(text, 'on 1 of the leaves (bias)\n  without clip')
  test.match(text, 'on 1 of the leaves (kernel)')
  const stores = O.explain(masked, { params, source: true }).match(/v128\.store p'_address/g)
  test.equal(stores?.length, 2, 'the code for each set of leaves')
  test.match(O.explain(masked), /clip, scaleByLearningRate: 1 pass, 12 bytes per parameter\n/)
  const user = { init: () => ({}), update: (u: unknown, s: unknown) => [u, s] as const }
  test.match(
    O.explain(O.chain(O.clip(1), user as O.Link, O.scale(2))),
    "link 1: a user's functions, which cut the chain",
  )
  test.match(O.explain(O.chain(O.aggregate('mean'), O.scale(2))), 'aggregate: puts replicas together')
  test.match(O.explain(O.identity()), 'p + u: 1 pass, 12 bytes per parameter')
  test.throws(() => O.explain(tx, { parms: 1 } as never), { message: /explain: unknown option parms/ })
  O.disposeTree([params.kernel, params.bias])
  test.end()
})

t.test('a kernel that is wrong, or fails, is found where values come later, too', async test => {
  await tf.setBackend('wasm')
  const rules = placedLinks(tx.program).flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
  const make = (rate: number) =>
    plan({ rules: rules.slice(rate), goal: 'params', hasParams: true, classes: [rules.slice(rate).map(() => true)] })!
  const scalars = {
    maxNorm: 1,
    b1: 0.9,
    b2: 0.999,
    c1: 10,
    c2: 1000,
    eps: 1e-8,
    epsRoot: 0,
    weightDecay: 0,
    learningRate: 0.1,
  }
  const warned: string[] = []
  const { warn } = console
  console.warn = (text: string) => warned.push(text)
  const verdict = async (device: typeof wasm, from: number): Promise<Verdict | null> => {
    const made = make(from)
    await checkSoon(device, made, scalars)
    return verdictOf(made)
  }
  const { numTensors } = tf.memory()
  const good = await verdict(wasm, 0)
  const lazy = await verdict({ ...wasm, run: () => undefined }, 1)
  const broken = await verdict(
    {
      ...wasm,
      run: () => {
        throw new Error('lost device')
      },
    },
    2,
  )
  console.warn = warn
  test.strictSame([good, lazy, broken], ['good', 'bad', 'bad'])
  test.match(warned, [/gives other numbers/, /lost device/])
  test.equal(tf.memory().numTensors, numTensors)
})
