import * as tf from '@tensorflow/tfjs-core'
import { averagedParams } from '../averagedParams.js'
import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { averagedAlready, averageWithoutVariable, notAveragedYet } from '../errors/averages.js'
import type { GradientTransformation } from '../transform.js'
import { share } from '../tree/ownership.js'

/** An optimizer of `asOptimizer`, whose chain has `emaOfParams`. */
export interface Averaging {
  readonly tx: GradientTransformation
  readonly state: unknown
}

/** Optimizers whose averages are in the variables now. */
const swapped = new WeakSet<object>()

/**
 * Runs `run` while the variables have their averages, which `emaOfParams` keeps, and then puts the old values back: also
 * if it throws, and for a promise once that settles. Returns what `run` returns.
 *
 * Nothing is copied: variables and averages share their memory meanwhile. Do not train inside `run`, since its steps are
 * undone.
 *
 * @throws RuntimeError before the first step, within another call for the same optimizer, and where a variable was
 * disposed; ValueError if the chain has no `emaOfParams`, or several. Then `run` is not called.
 * @source Keras's `SwapEMAWeights`, and `swap_weights` of the TensorFlow Model Garden.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, asOptimizer, chain, emaOfParams, withAverages } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const optimizer = asOptimizer(chain(adam(0.01), emaOfParams(0.999)))
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * await model.trainOnBatch(tf.ones([8, 3]), tf.ones([8, 1]))
 * const loss = withAverages(optimizer, () => model.evaluate(tf.ones([8, 3]), tf.ones([8, 1])))
 */
export const withAverages = /* @__PURE__ */ checked(
  { who: 'withAverages', takes: ['optimizer', 'run'] },
  <R>(optimizer: Averaging, run: () => R): R => {
    const who = 'withAverages'
    if (typeof run !== 'function') throw badArgument(who, 'run', 'a function', run)
    if (swapped.has(optimizer)) throw averagedAlready(who)
    const putBack = swapIn(who, optimizer)
    swapped.add(optimizer)
    const end = (): void => {
      putBack()
      swapped.delete(optimizer)
    }
    let isPending = false
    try {
      const result = run()
      if (!isPromise(result)) return result
      isPending = true
      return result.finally(end) as R
    } finally {
      if (!isPending) end()
    }
  },
)

const isPromise = (x: unknown): x is Promise<unknown> => x instanceof Promise

/** Puts the averages into the variables; the result puts the old values back. */
const swapIn = (who: string, { tx, state }: Averaging): (() => void) => {
  if (state === null || state === undefined) throw notAveragedYet(who)
  const known = tf.engine().registeredVariables
  const pairs = Object.entries(averagedParams(tx, state)).flatMap(([name, average]: [string, tf.Tensor | null]) => {
    const variable = known[name]
    if (average === null) return []
    if (variable === undefined) throw averageWithoutVariable(who, name)
    return [[variable, average] as const]
  })
  const old = pairs.map(([variable, average]) => {
    const value = share(variable)
    tf.keep(value)
    variable.assign(average)
    return [variable, value] as const
  })
  return () => {
    for (const [variable, value] of old) {
      if (!variable.isDisposed) variable.assign(value)
      value.dispose()
    }
  }
}
