/** Trees of tensors beside trees of bounded numbers, on backends that may be read only asynchronously. */
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { bounds, correctlyRounded, within, type Bounded, type Precision } from '../../lib/rule/bounds.js'
import type { StepRequest, StepResult } from '../../lib/program/execute.js'
import { Values } from '../../lib/rule/reference.js'
import { build, flatten, pathsOf } from '../../lib/tree/structure.js'
import { isTensor } from '../../lib/tree/tensors.js'

const smallestNormal = 2 ** -126

/**
 * What GLSL and WGSL promise: `x / y` within 2.5 ulp, `sqrt` as the inverse of an inverse root, subnormals as zeros. Sums
 * are trees of windows, so a term goes through far fewer additions than there are terms.
 */
const gpu: Precision = { add: 1, mul: 1, div: 5, sqrt: 8, tiny: smallestNormal, sum: n => Math.min(n, 512) }
const isGpu = (backend: string): boolean => backend.startsWith('webg')

/** WebGPU cannot wait for values; tfjs's webgl waits in steps of milliseconds where it need not wait at all. */
const valuesOf = (tensor: Tensor): Promise<ArrayLike<number>> | ArrayLike<number> =>
  tf.getBackend() === 'webgpu' ? tensor.data() : tensor.dataSync()

export const boundsFor = (backend: string) => bounds(isGpu(backend) ? gpu : correctlyRounded)

/** A number that a device may take for zero has an error from the start. */
const given =
  (backend: string) =>
  (value: number): Bounded => ({
    value,
    error: isGpu(backend) && value !== 0 && Math.abs(value) < smallestNormal ? smallestNormal : 0,
  })

/** A tree with numbers in place of tensors. */
export const toBounded = async (tree: unknown, backend: string): Promise<unknown> => {
  const { structure, leaves } = flatten(tree)
  const read = await Promise.all(
    leaves.map(async leaf => (isTensor(leaf) ? new Values(Array.from(await valuesOf(leaf), given(backend))) : leaf)),
  )
  return build(structure, read)
}

export type Reference = (request: StepRequest) => StepResult<Values<Bounded>>

/** Throws where a tensor is not what `expected` allows; gives how many elements it allowed anything for, and of how many. */
export const compare = async (who: string, tensors: unknown, expected: unknown): Promise<readonly [number, number]> => {
  const want = flatten(expected)
  const paths = pathsOf(want.structure)
  let [free, all] = [0, 0]
  for (const [i, leaf] of flatten(tensors).leaves.entries()) {
    const beside = want.leaves[i]
    if (!isTensor(leaf)) {
      if (!Object.is(leaf, beside)) throw new Error(`${who} ${paths[i]}: ${String(leaf)}, not ${String(beside)}`)
      continue
    }
    if (!(beside instanceof Values)) throw new Error(`${who} ${paths[i]}: a tensor where none should be`)
    const items = (beside as Values<Bounded>).items
    const got = await valuesOf(leaf)
    if (got.length !== items.length) throw new Error(`${who} ${paths[i]}: ${got.length} elements, not ${items.length}`)
    items.forEach((bound, k) => {
      const x = got[k] ?? NaN
      all += 1
      if (bound.error === Infinity) free += 1
      if (!within(x, bound)) throw new Error(`${who} ${paths[i]}[${k}]: ${x}, not ${bound.value} ± ${bound.error}`)
    })
  }
  return [free, all]
}
