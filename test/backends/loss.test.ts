/**
 * A backend that is removed, replaced or reset between two calls: an error of ours names the leaf before anything changes;
 * what the host still has goes on. (A lost WebGL context: test/browser/lost.ts; a lost WebGPU device: webgpuLoss.test.ts.)
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { useDevice } from '../../lib/backends/select.js'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { searchedTrees } from '../../lib/tree/alive.js'
import { numbers, useBackend } from '../setup.js'

const tx = O.adam(0.1)
const factories = { cpu: tf.findBackendFactory('cpu'), wasm: tf.findBackendFactory('wasm') }
type Name = keyof typeof factories

const setUp = () => {
  const params = { w: tf.tensor1d([1, 2]), v: tf.variable(tf.tensor1d([3])) }
  const gradients = { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }
  const [, state] = O.makeStep(tx)(params, gradients, tx.init(params))
  return { params, gradients, state }
}

const ways: Readonly<Record<string, (name: Name) => Promise<void>>> = {
  removed: async name => {
    tf.removeBackend(name)
    await useBackend(name === 'cpu' ? 'wasm' : 'cpu')
  },
  'registered again': async name => {
    tf.removeBackend(name)
    tf.registerBackend(name, factories[name], 1)
    await useBackend(name)
  },
  reset: async name => {
    tf.engine().reset()
    await useBackend(name)
  },
}

const restore = async (name: Name): Promise<void> => {
  if (!(name in tf.engine().registryFactory)) tf.registerBackend(name, factories[name], 1)
  await useBackend(name)
}

/** Collects what nobody can reach. */
const collect = async (): Promise<void> => {
  setFlagsFromString('--expose_gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setTimeout(resolve, 1))
    gc()
  }
}

// First: once tfjs was reset nobody can say any more which tensors are from before.
// A wasm backend that was removed cannot dispose of anything, so its tensors only go with the garbage.
for (const [name, endings] of [
  ['cpu', ['disposed', 'collected']],
  ['wasm', ['collected']],
] as const)
  for (const ending of endings)
    t.test(`steps look for lost values until those of the lost ${name} are ${ending}`, async test => {
      await useBackend(name)
      await collect()
      const fresh = () => {
        const params = { w: tf.tensor1d([1, 2]), v: tf.tidy(() => tf.variable(tf.tensor1d([3]))) }
        return { params, gradients: { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }, state: tx.init(params) }
      }
      const searchedBy = (steps: number): number => {
        const { params, gradients, state } = fresh()
        const [step, before] = [O.makeStep(tx), searchedTrees()]
        for (let i = 0; i < steps; i++) {
          const [next, after] = step(params, gradients, state)
          O.disposeTree([next.w, after]) // its Variable is that of before
        }
        const found = searchedTrees() - before
        O.disposeTree([params, gradients, state])
        return found
      }
      // In a function of its own, whose variables nothing holds on to afterwards.
      const lose = async (): Promise<void> => {
        const old = fresh()
        const { params, gradients, state } = old
        test.equal(searchedBy(3), 0, 'before')
        await ways['registered again']!(name)
        test.ok(searchedBy(3) >= 9, 'while old tensors may come')
        if (name === 'wasm')
          test.throws(() => O.makeStep(tx)(params, gradients, state), { message: /has lost its values/ })
        test.ok(searchedBy(3) >= 9, 'however many steps went well')
        O.disposeTree(ending === 'disposed' ? old : params.v) // tfjs itself holds on to Variables
      }
      await lose()
      if (ending === 'collected') await collect()
      test.equal(searchedBy(3), 0, 'afterwards')
    })

for (const name of ['wasm', 'cpu'] as const)
  for (const [way, lose] of Object.entries(ways))
    t.test(`${name} is ${way}`, async test => {
      await useBackend(name)
      const { params, gradients, state } = setUp()
      const optimizer = asOptimizer(O.sgd(0.1))
      const x = tf.variable(tf.scalar(1), true, `x ${name} ${way}`)
      optimizer.applyGradients({ [x.name]: tf.scalar(1) })
      await lose(name)
      const calls: Record<string, () => unknown> = {
        step: () => O.makeStep(tx)(params, gradients, state),
        donated: () => O.makeStep(tx, { donate: true })(params, gradients, state),
        update: () => tx.update(gradients, state, params),
        init: () => tx.init(params),
        apply: () => O.applyUpdates(params, gradients),
        valueAndGrad: () => O.valueAndGrad((p: typeof params) => tf.sum(p.w))(params),
        shell: () => {
          optimizer.applyGradients({ [x.name]: tf.scalar(1) })
        },
      }
      const isKept = name === 'cpu' && way !== 'reset'
      if (isKept) {
        const [next] = O.makeStep(tx)(params, gradients, state)
        test.ok(Math.abs(numbers(next.w)[0]! - 0.9) < 1e-6, 'what the host has goes on')
        await test.resolves(O.toSafetensors(state), 'and can be saved')
      } else {
        const cause = way === 'reset' ? 'tfjs was reset' : `it was on ${name}, which was removed`
        if (way === 'reset') delete calls['shell'] // tfjs has forgotten its Variables: "no Variable is called x"
        for (const [call, run] of Object.entries(calls))
          test.throws(
            run,
            { name: 'RuntimeError', message: new RegExp(`has lost its values: ${cause}; nothing`) },
            call,
          )
        await test.rejects(O.toSafetensors(state), { name: 'RuntimeError', message: /leaf \S+ of the tree has lost/ })
        await test.rejects(O.describe(tx, state), { name: 'RuntimeError', message: /has lost its values/ })
        test.throws(() => O.makeStep(tx)(params, gradients, state), { message: /^makeStep: leaf v of updates/ })
        test.equal(state.length, 2)
        test.equal(optimizer.iterations, 1, 'no count goes on')
        O.disposeTree([params, gradients, state]) // what is gone with its backend is no fault
        const again = setUp()
        const [next] = O.makeStep(tx)(again.params, again.gradients, again.state)
        test.ok(Math.abs(numbers(next.w)[0]! - 0.9) < 1e-6, 'new tensors go on')
      }
      optimizer.dispose()
      O.disposeTree([x, params, gradients, state])
      test.notOk(x.name in tf.engine().state.registeredVariables, 'a Variable leaves the registry all the same')
      await restore(name)
    })

t.test('`ready` refuses to go on where the backend changes meanwhile', async test => {
  await useBackend('wasm')
  const { wasm } = await import('../../lib/backends/wasm/device.js')
  // As a GPU's: its values come later.
  useDevice({ ...wasm, readsAtOnce: undefined as never })
  const waiting = O.ready(O.chain(O.trace(0.7), O.scale(3)))
  await Promise.resolve()
  tf.removeBackend('wasm')
  await useBackend('cpu')
  await test.rejects(waiting, {
    name: 'RuntimeError',
    message: /^ready: the backend changed from wasm to cpu meanwhile/,
  })
  useDevice(wasm)
  await restore('wasm')
  await O.ready(tx)
})
