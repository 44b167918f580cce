/** A WebGPU device that is lost: every call says so before anything changes, and what was read before is kept. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { whereThereIs } from '../whereThereIs.js'
import { readied } from './counted.js'
import { gpuBackend } from './gpu/dawn.js'
import { reason } from './gpu/onGpu.js'

whereThereIs('a device that is destroyed', reason, async test => {
  await tf.setBackend('webgpu')
  const { device } = gpuBackend()
  const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(0.1))
  const params = { w: tf.tensor1d([1, 2]), v: tf.tensor1d([3]) }
  const gradients = { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }
  await readied(tx, params)
  const [kept, state] = O.makeStep(tx)(params, gradients, tx.init(params))
  const before = [...(await kept.w.data()), ...(await kept.v.data())]
  const x = tf.variable(tf.scalar(1), true, 'x')
  const optimizer = asOptimizer(O.adam(0.1))
  optimizer.applyGradients({ x: tf.scalar(1) })
  const [value] = await x.data()
  const says = { name: 'RuntimeError', message: /its WebGPU device is lost/ }
  const reading = test.rejects(O.toSafetensors(state), says, 'a save under way')
  device.destroy()
  await reading
  await device.lost
  test.throws(() => O.makeStep(tx)(params, gradients, state), says)
  test.throws(() => O.makeStep(tx, { donate: true })(params, gradients, state), says)
  test.throws(() => tx.update(gradients, state, params), says)
  test.throws(() => tx.init(params), says)
  test.throws(() => O.valueAndGrad((p: typeof params) => tf.sum(p.w))(params), says)
  test.throws(() => {
    optimizer.applyGradients({ x: tf.scalar(1) })
  }, says)
  await test.rejects(O.ready(O.trace(0.3), { params }), says)
  await test.rejects(O.toSafetensors(state), says)
  await test.rejects(O.describe(tx, state), says)
  test.match(O.explain(tx), /^webgpu: no steps, since its WebGPU device is lost \(/)
  test.equal(optimizer.iterations, 1)
  test.equal((await x.data())[0], value)
  await test.resolves(O.toSafetensors(kept))

  await tf.setBackend('cpu')
  const fresh = { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }
  const [on] = O.makeStep(O.sgd(1))(kept, fresh, O.sgd(1).init(kept))
  test.strictSame(
    [...on.w.dataSync(), ...on.v.dataSync()],
    before.map(y => Math.fround(y - 1)),
    'what was read goes on',
  )
  test.throws(() => O.makeStep(tx)(kept, fresh, state), {
    name: 'RuntimeError',
    message: /^makeStep: leaf \S+ of state has lost its values: it was on webgpu, its WebGPU device is lost/,
  })
})
