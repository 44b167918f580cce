/** Steps of a transformation on the backend of now, beside the reference; and what they leave behind. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { add, div, elementwise, mul, sqrt } from '../../lib/rule.js'
import type { Operand } from '../../lib/rule/expr.js'
import { runStep, runUpdate } from '../../lib/program/execute.js'
import { build } from '../../lib/tree/structure.js'
import { extra } from '../laws/entry.js'
import { made, type Entry } from '../laws/table.js'
import { readied } from '../backends/counted.js'
import { boundsFor, compare, toBounded } from './agree.js'
import { plain, treeOf } from './trees.js'

export interface Seen {
  readonly backend: string
  /** how many jobs the device has run */
  readonly jobs: () => number
}
export type Check = (seen: Seen) => Promise<string>

export type Tx = O.GradientTransformation
const steps = 2
const ways = ['update', 'makeStep', 'donate'] as const

export const request = async (
  who: string,
  backend: string,
  trees: Readonly<Record<'updates' | 'state' | 'params', unknown>>,
) => ({
  who,
  updates: await toBounded(trees.updates, backend),
  state: await toBounded(trees.state, backend),
  params: await toBounded(trees.params, backend),
  extra,
})

/** Some steps of `update`, of `makeStep`, and of `makeStep` with donation, each beside the reference. */
export const walk = async (name: string, tx: Tx, of: unknown, make: typeof plain, backend: string) => {
  const bounded = boundsFor(backend)
  let [free, elements] = [0, 0]
  const look = async (who: string, got: unknown, want: unknown): Promise<void> => {
    const [f, n] = await compare(`${name}, ${who}`, got, want)
    free += f
    elements += n
  }
  for (const how of ways) {
    let params = treeOf(of, make, 0)
    await readied(tx, params)
    let state: unknown = tx.init(params)
    const step = how === 'update' ? null : O.makeStep(tx, { donate: how === 'donate' })
    for (let t = 1; t <= steps; t++) {
      const updates = treeOf(of, make, t)
      const asked = await request(how, backend, { updates, state, params })
      if (step === null) {
        const [got, next] = tx.update(updates, state, params as never, extra)
        const want = runUpdate(bounded, tx.program, asked)
        await look(`${how} ${t}`, [got, next], [build(want.structure, want.leaves), want.state])
        O.disposeTree([got, state])
        state = next
      } else {
        const [moved, next] = step(params, updates as never, state, extra)
        const want = runStep(bounded, tx.program, asked)
        await look(`${how} ${t}`, [moved, next], [build(want.structure, want.leaves), want.state])
        if (how === 'makeStep') O.disposeTree([params, state])
        ;[params, state] = [moved, next]
      }
      O.disposeTree(updates)
    }
    O.disposeTree([params, state])
  }
  return [free, elements] as const
}

/** The identity has nothing to run; Mechanic's cells are more textures than a shader of WebGL reads, so tfjs ops run it. */
const runsNothing = (name: string, backend: string): boolean =>
  name === 'identity' || (backend.startsWith('webgl') && name.startsWith('mechanize'))

export const table = async ({ backend, jobs }: Seen, entries: readonly Entry[], of: unknown, make: typeof plain) => {
  const before = tf.memory().numTensors
  const faults: string[] = []
  let [free, elements, ran] = [0, 0, 0]
  for (const entry of entries) {
    const start = jobs()
    try {
      const [f, n] = await walk(entry.name, made(entry), of, make, backend)
      free += f
      elements += n
    } catch (fault) {
      faults.push(String(fault))
    }
    const own = jobs() - start
    if (own >= ways.length * steps) ran += 1
    else if (!runsNothing(entry.name, backend)) faults.push(`${entry.name}: the device ran ${own} jobs only`)
  }
  if (faults.length > 0) throw new Error(`${faults.length} of ${entries.length}:\n${faults.join('\n')}`)
  const left = tf.memory().numTensors - before
  if (left !== 0) throw new Error(`${left} tensors left`)
  if (free > 0.2 * elements) throw new Error(`bounds say nothing for ${free} of ${elements} elements`)
  return `${elements} elements of ${entries.length} entries agree, ${free} of them unbounded; ${ran} on the device`
}

/** Sums each of `n` slots up; all of them reach the update. */
export const wide = (n: number): Tx => {
  const names = Array.from({ length: n }, (_, i) => `s${i}`)
  return elementwise({
    name: 'wide',
    slots: Object.fromEntries(names.map((name, i) => [name, i / 8])),
    step: ({ u, ...own }: Record<string, Operand>) => {
      const sum = names.reduce((total: Operand, name) => add(total, own[name] ?? 0), u ?? 0)
      return {
        u: sum,
        ...Object.fromEntries(names.map((name, i) => [name, add(mul(own[name] ?? 0, 0.5), mul(u ?? 0, i))])),
      }
    },
  })
}

/** The first rule knows its update beforehand, so that later operations have nothing but numbers. */
export const alone = (value: number): Tx =>
  O.chain(
    elementwise({ name: 'constant', step: () => ({ u: value }) }),
    elementwise({
      name: 'alone',
      slots: { m: 0, M: 1 },
      step: ({ u, m, M }) => ({ u: add(sqrt(u), m), m: add(div(1, u), M), M: add(mul(u, u), m) }),
    }),
  )

export const long = () => O.chain(O.clipByGlobalNorm(1), O.adamw(0.01, { weightDecay: 0.1 }))

/** What tfjs holds, on the host and on the device. */
export const held = (): string => {
  const { numTensors, numDataBuffers, ...rest } = tf.memory() as tf.MemoryInfo & { numBytesInGPU?: number }
  return JSON.stringify({ numTensors, numDataBuffers, inGPU: rest.numBytesInGPU, ids: tf.backend().numDataIds() })
}

export const stepMany = async (tx: Tx, count: number): Promise<void> => {
  const before = held()
  const gradients = treeOf({ w: [5, 3], b: [7] }, plain, 1)
  const start = treeOf({ w: [5, 3], b: [7] }, plain, 0)
  await readied(tx, start)
  const step = O.makeStep(tx, { donate: true })
  let pair: readonly [unknown, unknown] = [start, tx.init(start)]
  for (let i = 0; i < count; i++) pair = step(pair[0], gradients as never, pair[1], extra)
  for (const [path, tensor] of O.tensorsOf(pair))
    if (tensor.size > 0 && (await tensor.data()).length !== tensor.size) throw new Error(`${path} has no values`)
  O.disposeTree([pair, gradients])
  const after = held()
  if (after !== before) throw new Error(`${before} before, ${after} after`)
}
