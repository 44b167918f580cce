/** A WebGL context that is lost: said at once, before anything changes; what was read before is kept. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { readied } from '../backends/counted.js'
import { long, type Check, type Tx } from './walk.js'

/** What each call says; a promise that never settles would say nothing. */
const said = async (calls: Readonly<Record<string, () => unknown>>): Promise<readonly string[]> =>
  Promise.all(
    Object.entries(calls).map(async ([name, call]) => {
      const late = new Promise<string>(resolve => setTimeout(resolve, 10_000, 'nothing for ten seconds'))
      const now = async (): Promise<string> => {
        try {
          await call()
          return 'that all is well'
        } catch (fault) {
          return String(fault)
        }
      }
      return `${name}: ${await Promise.race([now(), late])}`
    }),
  )

const expectAll = (lines: readonly string[], says: string): string => {
  const other = lines.filter(line => !line.includes(says))
  if (other.length > 0) throw new Error(other.join('\n'))
  return `${lines.length} calls`
}

const { loseContext, isLost } = {
  loseContext: () => gl().getExtension('WEBGL_lose_context')?.loseContext(),
  isLost: () => gl().isContextLost(),
}
const gl = (): WebGLRenderingContext => (tf.backend() as unknown as { gpgpu: { gl: WebGLRenderingContext } }).gpgpu.gl

export const lostChecks: Readonly<Record<string, Check>> = {
  'every call says that the context is lost, and nothing changes': async () => {
    const tx = long() as Tx
    const params = { w: tf.tensor1d([1, 2]), v: tf.tensor1d([3]) }
    const gradients = { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }
    await readied(tx, params)
    const [kept, state] = O.makeStep(tx)(params, gradients, tx.init(params)) as [typeof params, unknown]
    const before = [...(await kept.w.data()), ...(await kept.v.data())]
    const x = tf.variable(tf.scalar(1), true, 'x')
    const optimizer = asOptimizer(O.adam(0.1))
    optimizer.applyGradients({ x: tf.scalar(1) })
    const [value] = await x.data()
    const reading = O.toSafetensors(state)
    const lostMeanwhile = said({ 'a save under way': () => reading })
    loseContext()
    if (!isLost()) throw new Error('the context is there')
    const line = expectAll(
      [
        ...(await lostMeanwhile),
        ...(await said({
          step: () => O.makeStep(tx)(params, gradients, state),
          donated: () => O.makeStep(tx, { donate: true })(params, gradients, state),
          update: () => tx.update(gradients, state, params),
          init: () => tx.init(params),
          applyUpdates: () => O.applyUpdates(params, gradients),
          valueAndGrad: () => O.valueAndGrad((p: typeof params) => tf.sum(p.w))(params),
          shell: () => {
            optimizer.applyGradients({ x: tf.scalar(1) })
          },
          ready: () => O.ready(O.trace(0.3), { params }),
          'save of what was never read': () => O.toSafetensors(state),
          describe: () => O.describe(tx, state),
        })),
      ],
      'its WebGL context is lost',
    )
    const file = await O.toSafetensors(kept)
    const after = [...(await kept.w.data()), ...(await kept.v.data())]
    if (after.join() !== before.join() || file.length < 8) throw new Error(`${after.join()}, not ${before.join()}`)
    if ((await x.data())[0] !== value) throw new Error('the Variable has moved')
    if (optimizer.iterations !== 1) throw new Error(`${optimizer.iterations} iterations`)
    const explained = O.explain(tx).split('\n')[0]
    if (explained !== 'webgl: no steps, since its WebGL context is lost') throw new Error(explained)

    await tf.setBackend('cpu')
    const fresh = { w: tf.tensor1d([1, 1]), v: tf.tensor1d([1]) }
    const [on] = O.makeStep(O.sgd(1))(kept, fresh, O.sgd(1).init(kept)) as [typeof params, unknown]
    const went = [...on.w.dataSync(), ...on.v.dataSync()]
    if (went.join() !== before.map(y => Math.fround(y - 1)).join()) throw new Error(`${went.join()} on cpu`)
    const gone = await said({ 'what was never read': () => O.makeStep(tx)(kept, fresh, state as never) })
    expectAll(gone, 'has lost its values: it was on webgl, its WebGL context is lost; nothing has changed')
    return line
  },
}
