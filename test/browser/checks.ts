/** What is shown of the kernels of every backend. Each check throws where it fails, and gives a line on what it saw. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { add, elementwise, mul, square } from '../../lib/rule.js'
import { runUpdate } from '../../lib/program/execute.js'
import { build } from '../../lib/tree/structure.js'
import { extra } from '../laws/entry.js'
import { all, made } from '../laws/table.js'
import { readied } from '../backends/counted.js'
import { skipping } from '../backends/skipping.js'
import { boundsFor, compare } from './agree.js'
import { halfChecks } from './half.js'
import { lostChecks } from './lost.js'
import { strictChecks } from './strict.js'
import { hard, plain, shapes, treeOf } from './trees.js'
import { alone, held, long, request, stepMany, table, walk, wide, type Check, type Tx } from './walk.js'
import { everyThird } from '../thorough.js'
import { webglChecks } from './webgl.js'

const checks: Readonly<Record<string, Check>> = {
  'every rule of the table agrees with f64': seen => table(seen, everyThird(all), shapes, plain),
  'values that need care': seen =>
    table(seen, everyThird(all.filter(({ name }) => !name.includes('keras'))), { a: [40], b: [3, 7] }, hard),
  'one leaf only, of every size': async seen => {
    const entries = all.filter(({ name }) =>
      ['adamw', 'clipByGlobalNorm', 'clipByNorm', 'probe: totals'].includes(name),
    )
    const said: string[] = []
    for (const shape of [[0], [1], [3], [4], [63], [], [70, 99], [300, 301]])
      said.push(await table(seen, entries, { a: shape }, plain))
    return `${said.length} shapes`
  },
  'many leaves: totals of more textures than a shader reads': seen =>
    table(
      seen,
      all.filter(({ name }) => ['clipByGlobalNorm', 'probe: totals', 'kerasLamb'].includes(name)),
      { a: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`l${i}`, [1 + (i % 3)]])) },
      plain,
    ),
  'more slots than a shader has inputs': async ({ backend, jobs }) => {
    const start = jobs()
    const [, elements] = await walk('wide', wide(20), { a: [5], b: [3, 3] }, plain, backend)
    if (jobs() === start) throw new Error('the device never ran')
    return `${elements} elements`
  },
  'operations on numbers alone, and names that differ by a capital': async seen => {
    const entries = [0, -1, 3e38, Infinity, 1e-42, 1, 2, 3, 4, 5].map(value => ({
      name: `${value}`,
      hyper: {},
      make: () => alone(value),
    }))
    return table(seen, entries, { a: [40], b: [3, 7] }, plain)
  },
  '1,000 steps leak no tensor': async () => {
    await stepMany(long(), 1000)
    return held()
  },
  '200 steps of every rule leak no tensor': async () => {
    const some = everyThird(all)
    for (const entry of some) await stepMany(made(entry), 200)
    return `${some.length} entries`
  },
  'steps with NaN are skipped on the device, and nothing is read back': async () => {
    const seen = await skipping()
    if (seen.reads > 0) throw new Error(`${seen.reads} reads`)
    if (seen.after !== seen.before) throw new Error(`${seen.after} beside ${seen.before}`)
    if (seen.resumed === seen.before) throw new Error('no step was taken')
    return 'no bit changed, 0 reads'
  },
  'values read before a step are not those after it': async () => {
    const tx = O.sgd(0.5)
    const params = { w: tf.variable(tf.tensor1d([1, 2, 3])) }
    const gradients = { w: tf.tensor1d([1, 1, 1]) }
    await readied(tx, params)
    const step = O.makeStep(tx, { donate: true })
    let state: unknown = tx.init(params)
    const seen: number[][] = []
    for (let t = 0; t < 3; t++) {
      seen.push([...(await params.w.data())])
      const [moved, next] = step(params, gradients, state as never)
      if (moved.w !== params.w) throw new Error('the Variable is another one')
      state = next
    }
    seen.push([...(await params.w.data())])
    const want = [0, 1, 2, 3].map(t => [1 - t / 2, 2 - t / 2, 3 - t / 2])
    if (JSON.stringify(seen) !== JSON.stringify(want)) throw new Error(JSON.stringify(seen))
    O.disposeTree([params, gradients, state])
    return JSON.stringify(seen)
  },
  'a total of 2 M elements': async ({ backend }) => {
    const n = 2_000_003
    const data = Float32Array.from({ length: n }, (_, i) => ((i * 48271) % 2147483647) / 2147483647)
    const right = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0))
    const tx = O.clipByGlobalNorm(1)
    const u = { a: tf.tensor1d(data) }
    await readied(tx, u)
    const [updates] = tx.update(u, tx.init(u))
    const tail = tf.slice(updates.a, n - 1, 1)
    const [got = NaN] = await tail.data()
    const off = (got / (data[n - 1] ?? NaN)) * right - 1
    O.disposeTree([u, updates, tail])
    if (!(Math.abs(off) < (backend.startsWith('webg') ? 4e-6 : 5e-7))) throw new Error(`off by ${off}`)
    return `relative error ${off.toExponential(1)}`
  },
  'gradients that are slices and reshapes, of one memory in several shapes': async ({ backend }) => {
    const base = tf.tensor1d(Float32Array.from({ length: 60 }, (_, i) => plain(i, 3)))
    const product = tf.matMul(tf.reshape(base, [6, 10]), tf.reshape(base, [10, 6]))
    const updates = {
      sliced: tf.slice(base, [7], [9]),
      rows: tf.slice(product, [1, 2], [3, 3]),
      flat: tf.reshape(product, [36]),
      odd: tf.reshape(product, [4, 9]),
      deep: tf.reshape(product, [2, 1, 3, 2, 3]),
      wide: tf.reshape(base, [4, 15]),
      turned: tf.transpose(product),
      base,
      product,
    }
    const params = Object.fromEntries(Object.entries(updates).map(([key, x], i) => [key, tf.fill(x.shape, i / 8)]))
    const tx = long() as Tx
    const state = tx.init(params)
    const asked = await request('update', backend, { updates, state, params })
    await readied(tx, params)
    const got = tx.update(updates, state, params as never, extra)
    const want = runUpdate(boundsFor(backend), tx.program, asked)
    const [, elements] = await compare('views', got, [build(want.structure, want.leaves), want.state])
    O.disposeTree([updates, params, state, got])
    return `${elements} elements`
  },
  'the stateful optimizer moves Variables as a step moves tensors': async () => {
    const start = treeOf({ w: [3, 5], b: [4] }, plain, 0) as Record<'w' | 'b', tf.Tensor>
    const variables = { w: tf.variable(start.w, true, 'w'), b: tf.variable(start.b, true, 'b') }
    const optimizer = asOptimizer(long())
    await readied(long(), variables)
    const step = O.makeStep(long() as Tx)
    let pair: readonly [unknown, unknown] = [start, long().init(start)]
    for (let t = 1; t <= 5; t++) {
      const gradients = treeOf({ w: [3, 5], b: [4] }, plain, t) as Record<'w' | 'b', tf.Tensor>
      const next = step(pair[0], gradients as never, pair[1], extra)
      O.disposeTree(pair)
      pair = next
      optimizer.applyGradients(gradients)
      O.disposeTree(gradients)
    }
    const read = async (tree: unknown): Promise<string> =>
      JSON.stringify(await Promise.all(O.tensorsOf(tree).map(async ([, x]) => [...(await x.data())])))
    const [got, want] = [await read(variables), await read(pair[0])]
    optimizer.dispose()
    O.disposeTree([pair, variables])
    if (got !== want) throw new Error(`${got} beside ${want}`)
    return 'the same bits after 5 steps'
  },
  '`ready` finds no fault': async () => {
    const said: unknown[] = []
    const warn = console.warn
    console.warn = (...what: unknown[]) => said.push(...what)
    try {
      for (const tx of [long(), O.kerasLamb(0.1), made(all.find(({ name }) => name === 'probe: totals') ?? all[0]!)])
        await O.ready(tx, { params: treeOf({ a: [3], b: [2] }, plain, 0) })
    } finally {
      console.warn = warn
    }
    if (said.length > 0) throw new Error(said.join())
    return 'no warning'
  },
  'padding of a matrix stays zero for what tfjs does next': async () => {
    const one = elementwise({ name: 'one', step: ({ u }) => ({ u: add(mul(u, 0), square(2)) }) })
    const u = { w: tf.tensor2d(new Float32Array(15).fill(1), [3, 5]) }
    await readied(one, u)
    const [updates] = one.update(u, one.init(u))
    const product = tf.matMul(updates.w, updates.w, false, true)
    const got = [...(await product.data())]
    O.disposeTree([u, updates, product])
    if (got.some(x => x !== 80)) throw new Error(got.join())
    return 'a product of odd sides is right'
  },
}

const onPages: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  cpu: { ...checks, ...strictChecks },
  webgl: { ...checks, ...webglChecks },
  'webgl half': halfChecks,
  'webgl lost': lostChecks,
}

/** `page` is the backend, with a word for how it is set up. */
export const namesFor = (page: string): readonly string[] => Object.keys(onPages[page] ?? checks)
export const checkOf = (name: string): Check | undefined =>
  ({ ...checks, ...webglChecks, ...halfChecks, ...lostChecks, ...strictChecks })[name]
