/** The laws of `update` as a pure function. */
import * as tf from '@tensorflow/tfjs-core'
import { linksIn } from '../../program/fold.js'
import { disposeTree, tensorLeaves, tidy } from '../../tree/map.js'
import { bitsOf, differenceOf, hostOf, isFrozen, outlineOf } from '../bits.js'
import type { GradientTransformation } from '../../transform.js'
import type { LawDefinition, Sample, Subject } from '../law.js'
import { eachSample, init, release, update, walk } from '../walk.js'

export const purity: LawDefinition = {
  says: 'update changes and disposes nothing that it is given',
  check: async ({ make, samples, extra }, broken) => {
    const tx = make()
    await eachSample(samples(1, 'finite'), async ({ params, gradients: [gradients] }) => {
      const state = init(tx, params)
      const given = { gradients, state, params }
      const [bits, host] = [await bitsOf(given), hostOf(given)]
      const result = update(tx, gradients, state, params, extra(0))
      if (tensorLeaves(given).some(tensor => tensor.isDisposed)) throw broken('a tensor that was given is disposed')
      const change = differenceOf(await bitsOf(given), bits)
      if (change !== null) throw broken(`what was given has changed: ${change}`)
      if (hostOf(given) !== host) throw broken(`what was given has changed: ${hostOf(given)}, not ${host}`)
      disposeTree([state, result])
    })
  },
}

export const structure: LawDefinition = {
  says: 'updates keep structure, shapes and dtypes of the gradients, and states those of the first; states are frozen',
  check: async (subject, broken) => {
    const tx = subject.make()
    const isPlain = linksIn(tx.program).some(({ kind }) => kind === 'opaque') // whose state is as it likes
    await eachSample(subject.samples(3, 'finite'), sample => {
      const steps = walk(subject, tx, sample)
      for (const { updates, gradients, state, next } of steps) {
        const [u, g, before, after] = [updates, gradients, state, next].map(outlineOf)
        if (u !== g) throw broken(`the updates are ${u}, the gradients ${g}`)
        if (after !== before) throw broken(`the state became ${after}, it was ${before}`)
        if (!isPlain && !isFrozen(next)) throw broken('the state is not frozen')
      }
      release(steps, sample)
      return Promise.resolve()
    })
  },
}

export const ownership: LawDefinition = {
  says: 'old and new trees can be disposed in either order, and no other tensor is left',
  check: async ({ make, samples, extra }, broken) => {
    const tx = make()
    await eachSample(samples(1, 'finite'), async ({ params, gradients: [gradients] }, i) => {
      const before = tf.memory().numTensors
      const state = init(tx, params)
      const old = [gradients, state, params]
      const fresh = update(tx, gradients, state, params, extra(0))
      const oldFirst = i % 2 === 0
      const [first, kept] = oldFirst ? [old, fresh] : [fresh, old]
      const bits = await bitsOf(kept)
      const given = tensorLeaves([gradients, params]).length
      disposeTree(first)
      const lost = tensorLeaves(kept).some(tensor => tensor.isDisposed)
      const names = oldFirst ? 'the given trees, the results' : 'the results, the given trees'
      if (lost) throw broken(`a tensor is in both: of ${names}`)
      const change = differenceOf(await bitsOf(kept), bits)
      if (change !== null) throw broken(`after disposal of ${names} changed: ${change}`)
      disposeTree(kept)
      const left = tf.memory().numTensors - before + given
      if (left !== 0) throw broken(`${left} tensors are left`)
    })
  },
}

/** Some updates at the same parameters. */
const updatesAt = (
  tx: GradientTransformation,
  { extra }: Subject,
  { params, gradients }: Sample,
): readonly unknown[] => {
  let state = init(tx, params)
  return gradients.map((g, i) => {
    const [updates, next] = update(tx, g, state, params, extra(i))
    const seen = i === 0 ? { first: state, updates, next } : { updates, next }
    state = next
    return seen
  })
}

export const tidiness: LawDefinition = {
  says: 'updates inside tf.tidy are the same, and what is not returned is freed',
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(subject.samples(2, 'finite'), async sample => {
      const free = updatesAt(tx, subject, sample)
      const before = tf.memory().numTensors
      const held = tidy(() => updatesAt(tx, subject, sample))
      const more = tf.memory().numTensors - before - tensorLeaves(held).length
      if (more !== 0) throw broken(`${more} tensors more are left than were returned`)
      const change = differenceOf(await bitsOf(held), await bitsOf(free))
      if (change !== null) throw broken(`inside tidy ${change}`)
      disposeTree([free, held])
    })
  },
}
