/** The law of gradient tapes. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, tensorLeaves } from '../../tree/map.js'
import { build, flatten } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import { bitsOf, differenceOf } from '../bits.js'
import { isExact } from '../counted.js'
import type { LawDefinition } from '../law.js'
import { eachSample, few, init, update } from '../walk.js'

export const tape: LawDefinition = {
  says: 'under a gradient tape updates are the same, and have finite gradients with respect to the gradients given',
  check: async (subject, broken) => {
    const tx = subject.make()
    await eachSample(few(subject.samples(2, 'moderate')), async ({ params, gradients: [first, second] }) => {
      const before = init(tx, params)
      const [, state] = update(tx, first, before, params, subject.extra(0))
      const plain = update(tx, second, state, params, subject.extra(1))
      const { structure, leaves } = flatten(second)
      const taped: unknown[] = []
      const f = (): tf.Tensor => {
        const [updates, next] = update(tx, build(structure, leaves), state, params, subject.extra(1))
        tensorLeaves([updates, next]).forEach(tensor => tf.keep(tensor))
        taped.push([updates, next])
        return tf.addN(tensorLeaves(updates).map(leaf => tf.sum(leaf)))
      }
      const { value, grads } = tf.engine().gradients(f, leaves.filter(isTensor), undefined, true)
      const change = isExact() ? differenceOf(await bitsOf(taped[0]), await bitsOf(plain)) : null
      if (change !== null) throw broken(`under a tape ${change}`)
      for (const [i, gradient] of (grads as readonly (tf.Tensor | null | undefined)[]).entries()) {
        const leaf = leaves[i] as tf.Tensor
        if (gradient === null || gradient === undefined) continue
        if (gradient.shape.join() !== leaf.shape.join())
          throw broken(
            `the gradient of leaf ${i} has shape [${gradient.shape.join()}], the leaf [${leaf.shape.join()}]`,
          )
        if ((await gradient.data()).some(x => !Number.isFinite(x)))
          throw broken(`the gradient of leaf ${i} is not finite`)
      }
      disposeTree([before, state, plain, taped, value, grads])
    })
  },
}
