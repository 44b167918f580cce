/** What every test needs: backends, gradients registered, and snapshots under test/snapshots that show values. */
import { basename, resolve } from 'node:path'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { interpretAtMost } from '../lib/backends/small.js'
import { disposeTree } from '../lib/index.js'
import { isTensor } from '../lib/tree/tensors.js'

export type { Test }

// No banner of tfjs about its native package among the results.
tf.env().set('PROD', true)

// Tests are of few numbers, and it is the compiled code that they are about.
interpretAtMost(0)

/** Makes `name` the backend; tfjs goes on with another one silently if it can't. */
export const useBackend = async (name: string): Promise<void> => {
  const ok = await tf.setBackend(name)
  if (!ok || tf.getBackend() !== name) throw new Error(`backend ${name} is not to be had, got ${tf.getBackend()}`)
}

/** A subtest on each of cpu and wasm, one after the other: the backend is global. */
export const onBackends = (title: string, run: (test: Test, backend: string) => void | Promise<void>): void => {
  for (const backend of ['cpu', 'wasm'])
    t.test(`${title} (${backend})`, async test => {
      await useBackend(backend)
      await run(test, backend)
    })
}

/** Snapshots of this file, with tensors as their values rounded to six digits. */
export const snapshotsOf = (url: string): void => {
  t.snapshotFile = resolve('test/snapshots', `${basename(new URL(url).pathname, '.test.ts')}.snap`)
  t.formatSnapshot = (x: unknown) => (typeof x === 'string' ? x : JSON.stringify(plain(x), null, 2))
}

const round = (x: number): string => (Object.is(x, -0) ? '-0' : String(Number(x.toPrecision(6))))

const plain = (x: unknown): unknown => {
  if (isTensor(x)) return `${x.dtype}[${x.shape.join(',')}] ${Array.from(x.dataSync(), round).join(' ')}`
  if (Array.isArray(x)) return x.map(plain)
  if (typeof x === 'object' && x !== null)
    return Object.fromEntries(Object.entries(x).map(([key, y]) => [key, plain(y)]))
  return x
}

/** Runs `body` and says how many tensors it left. */
export const leftBehind = async (body: () => unknown): Promise<number> => {
  const before = tf.memory().numTensors
  await body()
  return tf.memory().numTensors - before
}

/** The numbers of a tensor, copied: on cpu `dataSync` gives the live array. */
export const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync())

/** Runs `use` on trees and disposes them. */
export const using = <T, R>(tree: T, use: (tree: T) => R): R => {
  try {
    return use(tree)
  } finally {
    disposeTree(tree)
  }
}
