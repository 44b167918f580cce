/** Steps on a device held against the reference: values by float64, and how far float32 on a GPU may be off. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, makeStep, mapTree, tensorsOf, type GradientTransformation } from '../../../lib/index.js'
import { bounds, onGpu, within, type Bounded } from '../../../lib/rule/bounds.js'
import { runStep, runUpdate } from '../../../lib/program/execute.js'
import { Values } from '../../../lib/rule/reference.js'
import { build, flatten, pathsOf } from '../../../lib/tree/structure.js'
import { isTensor } from '../../../lib/tree/tensors.js'
import { extra } from '../../laws/entry.js'
import { readied } from '../counted.js'

const smallest = 2 ** -126
const given = (value: number): Bounded => ({ value, error: Math.abs(value) < smallest ? Math.abs(value) : 0 })

const toReference = async (tree: unknown): Promise<unknown> => {
  const { structure, leaves } = flatten(tree)
  return build(
    structure,
    await Promise.all(
      leaves.map(async leaf => (isTensor(leaf) ? new Values(Array.from(await leaf.data(), given)) : leaf)),
    ),
  )
}

/** The first element that is not within its bound, in words; null if all are. */
const faultOf = async (tensors: unknown, values: unknown): Promise<string | null> => {
  const right = flatten(values)
  const paths = pathsOf(right.structure)
  for (const [i, leaf] of flatten(tensors).leaves.entries()) {
    const beside = right.leaves[i]
    if (!isTensor(leaf) || !(beside instanceof Values)) continue
    const got = await leaf.data()
    const items = (beside as Values<Bounded>).items
    if (got.length !== items.length) return `${paths[i]}: ${got.length} elements, not ${items.length}`
    const k = items.findIndex((bound, at) => !within(got[at] ?? NaN, bound))
    if (k >= 0) return `${paths[i]}[${k}]: ${got[k]}, not ${items[k]?.value} ± ${items[k]?.error}`
  }
  return null
}

export type Mode = 'update' | 'step' | 'donated'

/** Some steps of `tx`, each held against the reference from the values before it. What was given is disposed. */
export const faultIn = async (
  tx: GradientTransformation,
  mode: Mode,
  first: unknown,
  gradients: readonly unknown[],
): Promise<string | null> => {
  const bounded = bounds(onGpu)
  await readied(tx, first)
  const step = makeStep(tx, { donate: mode === 'donated' })
  let params = first
  let state: unknown = tx.init(params)
  const left: unknown[] = [gradients]
  for (const updates of gradients) {
    const request = {
      who: mode,
      updates: await toReference(updates),
      state: await toReference(state),
      params: await toReference(params),
      extra,
    }
    const right = (mode === 'update' ? runUpdate : runStep)(bounded, tx.program, request)
    const [out, next] =
      mode === 'update'
        ? tx.update(updates, state, params as never, extra)
        : step(params as never, updates as never, state as never, extra)
    const fault = await faultOf([out, next], [build(right.structure, right.leaves), right.state])
    if (mode === 'update') left.push(out, state)
    if (mode === 'step') left.push(params, state)
    if (mode !== 'update') params = out
    state = next
    if (fault !== null) return fault
  }
  disposeTree([left, params, state])
  return null
}

/** Numbers that are the same in every run, in (-2, 2). */
export const source = (seed: number): (() => number) => {
  let x = seed
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return Math.fround((x / 2 ** 30 - 2) * 0.999)
  }
}

/** A tree of random tensors in these shapes. */
export const randomTree = (shapes: Readonly<Record<string, number[]>>, next: () => number): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, next), shape, 'float32'),
    ]),
  )

/** A copy of a tree with memory of its own. */
export const copied = <T>(tree: T): T => mapTree(tree as tf.Tensor[], leaf => tf.add(leaf, 0)) as T

/** All numbers of a tree, read from the device. */
export const numbersOf = async (tree: unknown): Promise<number[][]> =>
  Promise.all(tensorsOf(tree).map(async ([, tensor]) => Array.from(await tensor.data())))
