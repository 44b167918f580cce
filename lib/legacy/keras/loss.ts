/** Gradients of a loss, in the ways that tfjs and Keras ask for them. */
import * as tf from '@tensorflow/tfjs-core'
import { lossNotScalar, shapeMismatch } from '../../errors.js'
import { noGradientFor, noGradientsGiven, notALossFunction, notAVariable } from '../errors.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import { tidy } from '../../tree/map.js'
import { isTensor, isVariable, showShape } from '../../tree/tensors.js'
import { scalarLoss } from '../shell/gradients.js'
import type { Pair } from './pairs.js'

/** A Variable, any nesting of lists of them, or a function that gives such. */
export type VariableList = tf.Variable | readonly VariableList[] | (() => VariableList)

export interface LossOptions {
  /** the gradient of the loss itself, of its shape; default ones */
  readonly gradLoss?: tf.Tensor
  /** a label for tfjs's profiler */
  readonly name?: string
  /** whether a variable without gradient is an error, default false */
  readonly required?: boolean
}

interface LossGradients {
  readonly value: tf.Tensor
  readonly pairs: readonly Pair<tf.Tensor | null>[]
}

/** The Variables of a list, in order. */
export const readVariables = (who: string, list: unknown): readonly tf.Variable[] => {
  const given: unknown = typeof list === 'function' ? (list as () => unknown)() : list
  if (Array.isArray(given)) return given.flatMap(item => readVariables(who, item))
  if (!isVariable(given)) throw notAVariable(who, given)
  return [given]
}

/** As tfjs's `computeGradients`: of all trainable variables that the loss depends on, or of a list. */
export const lossGradients = (who: string, f: unknown, varList?: VariableList): LossGradients => {
  // tfjs leaves the loss behind where it throws.
  return tidy(() => {
    const list = varList && readVariables(who, varList)
    const { value, grads } = tf.variableGrads(scalarLoss(who, f), list && [...list])
    const registered = tf.engine().registeredVariables
    const variables = list ?? Object.keys(grads).flatMap(name => registered[name] ?? [])
    return {
      value,
      pairs: variables.map((variable): Pair<tf.Tensor | null> => [grads[variable.name] ?? null, variable]),
    }
  })
}

/** As Keras's `minimize`: a loss that is no scalar is summed, `gradLoss` multiplies its elements. */
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
      if (!isTensor(value)) throw lossNotScalar(who, String(value))
      if (gradLoss !== undefined && showShape(gradLoss.shape) !== showShape(value.shape))
        throw shapeMismatch(who, 'gradLoss', 'gradLoss', showShape(gradLoss.shape), 'the loss', showShape(value.shape))
      losses.push(tf.keep(tf.add(value, 0)))
      return tf.sum(gradLoss === undefined ? value : tf.mul(value, gradLoss))
    })
  try {
    // In a tidy, so that a call that throws leaves nothing, and gradients that nobody asked for go.
    const pairs = tidy(() => {
      const lists = typeof varList === 'function' ? null : readVariables(who, varList)
      if (lists?.length === 0) throw noGradientsGiven(who, [])
      const { grads } = lists === null ? tf.variableGrads(run) : tf.variableGrads(run, [...lists])
      const variables = lists ?? readVariables(who, varList)
      const found = variables.map((variable): Pair<tf.Tensor | null> => [grads[variable.name] ?? null, variable])
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
