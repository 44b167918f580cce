/** Gradients of a loss as in Keras. */
import * as tf from '@tensorflow/tfjs-core'
import { lossNotScalar, nameOf, shapeMismatch } from '../../errors.js'
import { noGradientsGiven, notALossFunction } from '../../errors/shell.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import { allTrainable, gradientsBy, readVariables, type LossGradients, type VariableList } from '../../shell/loss.js'
import { tidy } from '../../tree/map.js'
import { isTensor, showShape } from '../../tree/tensors.js'
import { noGradientFor } from '../errors.js'
import type { Pair } from './pairs.js'

/** Options of `minimize` of Keras's optimizers, in Keras's form. */
export interface LossOptions {
  /** factors of the loss's elements, of its shape; default ones */
  readonly gradLoss?: tf.Tensor
  /** a label for tfjs's profiler */
  readonly name?: string
  /** whether a variable without gradient is an error, default false */
  readonly required?: boolean
}

/** The gradients of Keras's `minimize`: a loss that is not a scalar is summed, after a multiplication by `gradLoss`. */
export const gradientsFor = (
  who: string,
  f: unknown,
  varList: VariableList,
  options: LossOptions = {},
): LossGradients => {
  const { gradLoss, name = who, required = false, ...unknown } = asRecord(who, options)
  refuseUnknown(who, unknown)
  if (typeof f !== 'function') throw notALossFunction(who, f)
  const losses: tf.Tensor[] = []
  const run = (): tf.Scalar =>
    tf.tidy(name, () => {
      const value = (f as () => unknown)()
      if (!isTensor(value)) throw lossNotScalar(who, nameOf(value))
      if (gradLoss !== undefined && showShape(gradLoss.shape) !== showShape(value.shape))
        throw shapeMismatch(who, 'gradLoss', 'gradLoss', showShape(gradLoss.shape), 'the loss', showShape(value.shape))
      losses.push(tf.keep(tf.add(value, 0)))
      return tf.sum(gradLoss === undefined ? value : tf.mul(value, gradLoss))
    })
  try {
    // In a tidy, which frees everything if the call throws, and gradients of variables outside the list.
    const pairs = tidy(() => {
      const lists = typeof varList === 'function' ? null : readVariables(who, varList)
      if (lists?.length === 0) throw noGradientsGiven(who, [])
      const { gradients } = gradientsBy(who, run, lists ?? allTrainable())
      const variables = lists ?? readVariables(who, varList)
      const found = variables.map((variable): Pair<tf.Tensor | null> => [gradients.get(variable) ?? null, variable])
      const missing = found.flatMap(([gradient, variable]) => (gradient === null ? [variable.name] : []))
      if (required && missing.length > 0) throw noGradientFor(who, missing)
      return found
    })
    const [value = tf.scalar(NaN)] = losses
    return { value, pairs }
  } catch (cause) {
    tf.dispose(losses)
    throw cause
  }
}
