/** Steps where WebGL stores 16-bit numbers: float32 all the same, bit for bit what tfjs's cpu backend gives. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { extra } from '../laws/entry.js'
import { all, made } from '../laws/table.js'
import { hard, plain, shapes } from './trees.js'
import { held, long, walk, type Check, type Tx } from './walk.js'
import { everyThird } from '../thorough.js'

const bitsOf = (tree: unknown): string =>
  JSON.stringify(
    O.tensorsOf(tree).map(([path, x]) => [path, ...new Uint32Array(Float32Array.from(x.dataSync()).buffer)]),
  )

/** As a model does: its textures are of 16 bits, and tfjs forgets the values. */
const useOnGpu = (tree: unknown): void =>
  O.tensorsOf(tree).forEach(([, x]) => {
    tf.add(x, 0).dispose()
  })

type Way = 'update' | 'makeStep' | 'donate' | 'asOptimizer'
const ways: readonly Way[] = ['update', 'makeStep', 'donate', 'asOptimizer']

interface Run {
  readonly way: Way
  readonly tx: () => Tx
  readonly start: () => Readonly<Record<string, tf.Tensor>>
  readonly gradients: (t: number) => Readonly<Record<string, tf.Tensor>>
  readonly steps: number
}

/** The bits of parameters (and but for `asOptimizer` of the state) after some steps; a model looks at them in between. */
const after = ({ way, tx, start, gradients, steps }: Run): string => {
  const link = tx()
  if (way === 'asOptimizer') {
    const optimizer = asOptimizer(link)
    const first = start()
    const variables = O.mapTree(first, (x, path) => tf.variable(x, true, path)) as Record<string, tf.Variable>
    O.disposeTree(first)
    for (let t = 1; t <= steps; t++) {
      const given = gradients(t)
      optimizer.applyGradients(given)
      if (t < steps) useOnGpu(variables)
      O.disposeTree(given)
    }
    const seen = bitsOf(variables)
    optimizer.dispose()
    O.disposeTree(variables)
    return seen
  }
  const step = O.makeStep(link, { donate: way === 'donate' })
  let params: unknown = start()
  let state: unknown = link.init(params)
  for (let t = 1; t <= steps; t++) {
    const given = gradients(t)
    const before = [params, state]
    if (way === 'update') {
      const [updates, next] = link.update(given, state, params as never, extra)
      params = O.applyUpdates(params, updates as never)
      state = next
      O.disposeTree(updates)
    } else [params, state] = step(params, given as never, state, extra)
    if (way !== 'donate') O.disposeTree(before)
    if (t < steps) useOnGpu(params)
    O.disposeTree(given)
  }
  const seen = bitsOf([params, state])
  O.disposeTree([params, state])
  return seen
}

const onCpu = async <T>(body: () => T): Promise<T> => {
  await tf.setBackend('cpu')
  try {
    return body()
  } finally {
    await tf.setBackend('webgl')
  }
}

const sameAsCpu = async (who: string, run: Omit<Run, 'way'>): Promise<void> => {
  for (const way of ways) {
    const got = after({ ...run, way })
    const want = await onCpu(() => after({ ...run, way }))
    if (got !== want) throw new Error(`${who}, ${way}: ${got}, not ${want}`)
  }
}

const small = (t: number) => ({
  // As gradients mostly are: their squares are below what 16 bits hold.
  w: tf.tensor1d([1e-3, -2e-5, 4e-3, 0, t % 2 === 0 ? 5e-3 : 0, 1e-7]),
  b: tf.tensor1d([0, 300]),
})
const start = () => ({ w: tf.tensor1d([1, -0.5, 0.25, 1, 0.125, 3]), b: tf.tensor1d([1, 1e-3]) })

export const halfChecks: Readonly<Record<string, Check>> = {
  'textures hold 16 bits here, and one warning names it': async () => {
    const tiny = tf.mul(tf.tensor1d([1e-8, 1, 1 + 2 ** -12]), tf.tensor1d([1, 1, 1]))
    const got = [...tiny.dataSync()]
    tiny.dispose()
    if (got.join() !== '0,1,1') throw new Error(got.join())
    const said: unknown[] = []
    const { warn } = console
    console.warn = (what: unknown) => said.push(what)
    const before = O.explain(long()).split('\n')[0]
    try {
      for (const run of [1, 2]) await sameAsCpu(`run ${run}`, { tx: () => long(), start, gradients: small, steps: 3 })
      await O.ready(long(), { params: null })
      await sameAsCpu('after ready', { tx: () => long(), start, gradients: small, steps: 3 })
    } finally {
      console.warn = warn
    }
    const line = 'webgl: float32 on the host, since textures hold 16-bit numbers here'
    if (before !== line || O.explain(long()).split('\n')[0] !== line) throw new Error(O.explain(long()))
    if (said.length !== 1 || !String(said[0]).includes('webgl stores 16-bit numbers on this device'))
      throw new Error(JSON.stringify(said))
    return String(said[0])
  },
  'Adam leaves a parameter without gradient alone, and moves the others as anywhere': async () => {
    for (const [name, tx] of Object.entries({ adam: O.adam(0.1), adamw: O.adamw(0.1), sgd: O.sgd(0.1) }))
      await sameAsCpu(name, { tx: () => tx, start, gradients: small, steps: 40 })
    const optimizer = asOptimizer(O.adam(0.1))
    const x = tf.variable(tf.tensor1d([1, 2]))
    for (let t = 0; t < 5; t++) optimizer.minimize(() => tf.sum<tf.Scalar>(tf.mul(x, tf.tensor1d([0, 1e-3]))))
    const [still, moved] = x.dataSync()
    optimizer.dispose()
    x.dispose()
    if (still !== 1 || !(Math.abs((moved ?? NaN) - 1.5) < 1e-4)) throw new Error(`${still}, ${moved}`)
    return `${still}, ${moved}`
  },
  'steps smaller than 1/2048 of a parameter add up': async () => {
    const optimizer = asOptimizer(O.sgd(1e-4))
    const x = tf.variable(tf.scalar(1))
    for (let t = 0; t < 100; t++) optimizer.minimize(() => tf.mul(x, 1))
    const seen = tf.tidy(() => tf.add(x, 0).dataSync()[0] ?? NaN)
    optimizer.dispose()
    x.dispose()
    if (!(Math.abs(seen - 0.99) < 6e-4)) throw new Error(`${seen}, not 0.99`)
    return `${seen}`
  },
  'what another backend wrote over is read anew': async () => {
    const step = O.makeStep(O.sgd(1), { donate: true })
    const [one, state] = [tf.scalar(1), O.sgd(1).init(tf.scalar(0))]
    let [x] = step(tf.scalar(8) as tf.Tensor, one, state)
    await onCpu(() => {
      for (let t = 0; t < 3; t++) [x] = step(x, one, state)
    })
    ;[x] = step(x, one, state)
    const [seen] = x.dataSync()
    O.disposeTree([x, one])
    if (seen !== 3) throw new Error(`${seen}, not 3`)
    return `${seen}`
  },
  'every rule of the table agrees with f64 as on cpu': async () => {
    let elements = 0
    const some = everyThird(all)
    for (const entry of some) {
      elements += (await walk(entry.name, made(entry), shapes, plain, 'cpu'))[1]
      if (!entry.name.includes('keras'))
        elements += (await walk(entry.name, made(entry), { a: [40], b: [3, 7] }, hard, 'cpu'))[1]
    }
    return `${elements} elements of ${some.length} entries`
  },
  "a user's link between ours": async () => {
    const flip = {
      init: () => ({}),
      update: (updates: unknown, state: unknown) => [O.mapTree(updates as tf.Tensor[], x => tf.neg(x)), state] as const,
    }
    const tx = () => O.chain(O.clipByGlobalNorm(1), flip as O.Link, O.adam(0.1)) as unknown as Tx
    const run = { way: 'makeStep' as const, tx, start, gradients: small, steps: 5 }
    const finite = JSON.parse(after(run)) as (string | number)[][]
    const values = new Float32Array(Uint32Array.from(finite.flat().filter(x => typeof x === 'number')).buffer)
    if (!values.every(Number.isFinite)) throw new Error(values.join())
    return `${values.length} numbers`
  },
  'the norm of the gradients is right where a square overflows 16 bits': async () => {
    const optimizer = asOptimizer(O.sgd(0.1), { lastStep: true })
    const x = tf.variable(tf.tensor1d([1, 1]), true, 'x')
    const gradient = tf.tensor1d([300, 400])
    useOnGpu(gradient)
    optimizer.applyGradients({ x: gradient })
    const norm = await optimizer.lastStep?.gradientNorm()
    optimizer.dispose()
    O.disposeTree([x, gradient])
    if (norm !== 500) throw new Error(`${norm}`)
    return `${norm}`
  },
  'an update under a gradient tape is refused': () => {
    const tx = O.adam(0.1)
    const p = tf.tensor1d([1, 2])
    const state = tx.init(p)
    let said = 'nothing'
    try {
      tf.grad(g => tf.sum(tx.update(g, state, p)[0]))(tf.tensor1d([1, 1])).dispose()
    } catch (fault) {
      said = String(fault)
    }
    O.disposeTree([p, state])
    if (!said.includes('webgl stores 16-bit numbers on this device, in which an update cannot be differentiated'))
      throw new Error(said)
    return Promise.resolve(said)
  },
  '200 steps leak nothing': async () => {
    const before = held()
    for (const way of ways) after({ way, tx: () => long(), start, gradients: small, steps: 200 })
    if (held() !== before) throw new Error(`${before} before, ${held()} after`)
    return Promise.resolve(before)
  },
}
