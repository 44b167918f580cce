/** Steps that the device skips, on any backend: the bits around them, and how often values were read meanwhile. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { readied } from './counted.js'

interface Reading {
  read: (...args: unknown[]) => unknown
  readSync?: (...args: unknown[]) => unknown
}

/** Counts the reads of the current backend until `stop`. */
export const countReads = (): { readonly stop: () => number } => {
  const backend = tf.backend() as unknown as Reading
  const { read, readSync } = backend
  let reads = 0
  backend.read = function (this: unknown, ...args) {
    reads++
    return read.apply(this, args)
  }
  if (readSync !== undefined)
    backend.readSync = function (this: unknown, ...args) {
      reads++
      return readSync.apply(this, args)
    }
  return {
    stop: () => {
      Object.assign(backend, readSync === undefined ? { read } : { read, readSync })
      return reads
    },
  }
}

const bitsOf = async (tree: unknown): Promise<string> => {
  const leaves = await Promise.all(
    O.tensorsOf(tree).map(async ([path, x]) => [path, ...new Uint32Array(new Float32Array(await x.data()).buffer)]),
  )
  return JSON.stringify(leaves)
}

/**
 * A step, three skipped ones, and another: the bits of parameters and inner state before and after the skipped ones and
 * at the end, and the number of reads during the steps.
 */
export const skipping = async () => {
  const tx = O.applyIfFinite(O.chain(O.clipByGlobalNorm(1), O.adamw(O.linearSchedule(0.1, 0, 10))), 5)
  const gradients = (broken: number) => ({ w: tf.tensor1d([0.5, -0.25, 1]), b: tf.tensor2d([[1, broken]]) })
  let params = { w: tf.tensor1d([1, -2, 3]), b: tf.tensor2d([[0.5, 4]]) }
  await readied(tx, params)
  const step = O.makeStep(tx, { donate: true })
  let state: unknown = tx.init(params)
  const run = (broken: number): void => {
    const given = gradients(broken)
    ;[params, state] = step(params, given, state as never)
    O.disposeTree(given)
  }
  const bits = () => bitsOf([params, (state as { readonly innerState: unknown }).innerState])
  let reads = 0
  const counting = (steps: () => void): void => {
    const { stop } = countReads()
    try {
      steps()
    } finally {
      reads += stop()
    }
  }
  counting(() => {
    run(1)
  })
  const before = await bits()
  counting(() => {
    for (const broken of [NaN, Infinity, -Infinity]) run(broken)
  })
  const after = await bits()
  counting(() => {
    run(2)
  })
  const resumed = await bits()
  O.disposeTree([params, state])
  return { before, after, resumed, reads }
}
