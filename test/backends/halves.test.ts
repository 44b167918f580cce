/**
 * Rules on the host in float32, for backends that store 16-bit numbers: the bits of tfjs ops. The browser shows it on such
 * textures; here cpu passes for such a backend.
 */
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { evaluateOnHost } from '../../lib/backends/host.js'
import { ops } from '../../lib/backends/ops.js'
import * as O from '../../lib/index.js'
import { anyFloat32, expressions } from '../laws/arbitrary.js'

const bits = (values: ArrayLike<number>): string =>
  [...new Uint32Array(Float32Array.from(values, x => (Number.isNaN(x) ? NaN : x)).buffer)].join()

const data = fc
  .array(fc.tuple(anyFloat32, anyFloat32, anyFloat32), { minLength: 1, maxLength: 5 })
  .map(rows => [0, 1, 2].map(k => Float32Array.from(rows, row => row[k] ?? NaN)))

tf.env().set('PROD', true)

t.test('every expression has the bits of tfjs ops', async test => {
  await tf.setBackend('cpu')
  fc.assert(
    fc.property(expressions, data, anyFloat32, fc.double({ noNaN: true }), (expr, [u, p, s], total, k) => {
      const own = { u: u!, p: p!, s: s! }
      const env = { scalars: { k, t: 3 }, values: { ...own, total: Math.fround(total) } }
      const [got] = evaluateOnHost([expr], env, u!.length)
      const want = tf.tidy(() => {
        const values = { u: tf.tensor1d(own.u), p: tf.tensor1d(own.p), s: tf.tensor1d(own.s), total: tf.scalar(total) }
        return ops.evaluate([expr], { scalars: env.scalars, values, like: values.u })[0]!.dataSync()
      })
      return bits(got!) === bits(want)
    }),
    { numRuns: 500 },
  )
  test.pass('equal')
})

t.test('a backend with 16 bits: the same steps, one warning, and no gradient through an update', async test => {
  await tf.setBackend('cpu')
  const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(0.1))
  const run = (): string =>
    tf.tidy(() => {
      const g = { w: tf.tensor2d([1e-3, 0, -2e-5, 4], [2, 2]), b: tf.scalar(1e-3), none: tf.zeros([0]) }
      let params = { w: tf.ones([2, 2]), b: tf.scalar(2), none: tf.zeros([0]) }
      let state = tx.init(params)
      for (let step = 0; step < 3; step++) [params, state] = O.makeStep(tx)(params, g, state)
      return O.tensorsOf([params, state])
        .map(([path, x]) => `${path} ${bits(x.dataSync())}`)
        .join('\n')
    })
  const want = run()
  const backend = tf.backend() as unknown as { data: { get: (id: object) => object } }
  tf.env().registerFlag('WEBGL_RENDER_FLOAT32_ENABLED', () => false)
  Object.assign(backend, { gpgpu: {}, texData: { get: (id: object) => backend.data.get(id) } })
  const warned: unknown[] = []
  const { warn } = console
  console.warn = (what: unknown) => warned.push(what)
  const got = [run(), run()]
  console.warn = warn
  test.strictSame(got, [want, want])
  test.match(warned, [/^tfjs-optax: cpu stores 16-bit numbers on this device/])
  test.equal(warned.length, 1)
  test.match(O.explain(tx), /^cpu: float32 on the host, since textures hold 16-bit numbers here\n/)
  const p = tf.tensor1d([1, 2])
  const state = tx.init(p)
  test.throws(() => tf.grad(g => tf.sum(tx.update(g, state, p)[0]))(p), {
    name: 'RuntimeError',
    message: /^cpu stores 16-bit numbers on this device, in which an update cannot be differentiated/,
  })
})
