/** The laws about single leaves. */
import { masked } from '../../wrappers/masked.js'
import { disposeTree, mapTree, tensorPaths } from '../../tree/map.js'
import { isRecord } from '../../tree/structure.js'
import * as tf from '@tensorflow/tfjs-core'
import { bitsOf, differenceOf, type Bits } from '../bits.js'
import type { LawDefinition, Sample } from '../law.js'
import { eachSample, init, release, stepOf, traced, update, walk } from '../walk.js'

const pair = (): {
  readonly params: Readonly<Record<'a' | 'b', tf.Tensor>>
  readonly g: Readonly<Record<'a' | 'b', tf.Tensor>>
} => ({
  params: { a: tf.tensor1d([1, -2]), b: tf.tensor1d([3, 1]) },
  g: { a: tf.tensor1d([2, -2]), b: tf.tensor1d([3, 2]) },
})

/** The part of a tree that belongs to the leaf at `path`, or to those below it. */
const ofLeaf = (bits: Bits, path: string): Bits =>
  Object.fromEntries(Object.entries(bits).filter(([at]) => `.${at}.`.includes(`.${path}.`)))

export const absence: LawDefinition = {
  says: 'a leaf whose gradient is null sits the step out: its update stays null, its slots and parameter as they are',
  check: async ({ make, extra }, broken) => {
    const tx = make()
    const { params, g } = pair()
    const state = init(tx, params)
    const sparse = { a: g.a, b: null }
    const [updates, next] = update(tx, sparse, state, params, extra(0))
    if (!isRecord(updates) || updates['b'] !== null) throw broken('the update of a null gradient is not null')
    const slots = differenceOf(ofLeaf(await bitsOf(next), 'b'), ofLeaf(await bitsOf(state), 'b'))
    if (slots !== null) throw broken(`in the state ${slots}`)
    const [moved, after] = stepOf(tx)(params, sparse, state, extra(0))
    const change = differenceOf(ofLeaf(await bitsOf(moved), 'b'), ofLeaf(await bitsOf(params), 'b'))
    if (change !== null) throw broken(`the parameter ${change}`)
    disposeTree([params, g, state, updates, next, moved, after])
  },
}

export const masks: LawDefinition = {
  says: 'leaves that a mask leaves out pass unchanged and have no slots',
  check: async (subject, broken) => {
    const tx = masked(subject.make(), path => path === 'a')
    await eachSample(subject.samples(2, 'finite'), async sample => {
      const steps = walk(subject, tx, sample)
      for (const { gradients, updates, next } of steps) {
        const out = tensorPaths(gradients).filter(([path]) => path !== 'a')
        const slot = tensorPaths(next).find(([at]) => out.some(([path]) => `.${at}`.endsWith(`.${path}`)))
        if (slot !== undefined) throw broken(`the state has ${slot[0]}, a slot of a leaf that is left out`)
        const [got, want] = [await bitsOf(updates), await bitsOf(gradients)]
        const change = differenceOf({ ...got, a: '' }, { ...want, a: '' })
        if (change !== null) throw broken(`of the updates ${change}`)
      }
      release(steps, sample)
    })
  },
}

/** The tree with the keys of each record in the other order. */
const turned = (tree: unknown): unknown => {
  if (Array.isArray(tree)) return tree.map(turned)
  if (!isRecord(tree)) return tree
  return Object.fromEntries(
    Object.entries(tree)
      .reverse()
      .map(([key, below]) => [key, turned(below)]),
  )
}

export const order: LawDefinition = {
  says: 'no number depends on the order in which the keys of a record are written',
  check: async (subject, broken) => {
    const tx = subject.make()
    for (const make of subject.samples(2, 'finite')) {
      const [one, other] = [make(), make()]
      const back: Sample = { params: turned(other.params), gradients: other.gradients.map(turned) }
      const [want, got] = [await traced(subject, tx, one), await traced(subject, tx, back)]
      disposeTree([one, other])
      const change = differenceOf(got, want)
      if (change !== null) throw broken(`with turned keys ${change}`)
    }
  },
}

export const zeros: LawDefinition = {
  says: 'zero gradients give finite updates, and no NaN in the state',
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(subject.samples(3, 'moderate'), async ({ params, gradients }) => {
      const none = gradients.map(tree => mapTree(tree, leaf => tf.zerosLike(leaf)))
      const sample = { params, gradients: none }
      const steps = walk(subject, tx, sample)
      for (const [i, { updates, next }] of steps.entries()) {
        for (const [path, tensor] of tensorPaths({ updates }))
          if (!(await tensor.data()).every(Number.isFinite)) throw broken(`step ${i}: ${path} is not finite`)
        // What a state starts from may be infinite, as the best loss so far.
        for (const [path, tensor] of tensorPaths({ state: next }))
          if ((await tensor.data()).some(Number.isNaN)) throw broken(`step ${i}: ${path} has a NaN`)
      }
      release(steps, sample)
      disposeTree(none)
    })
  },
}
