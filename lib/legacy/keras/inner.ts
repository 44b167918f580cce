/** Calls an optimizer inside another one, which may be of any kind of `tf.Optimizer` and lack some methods. */
import * as tf from '@tensorflow/tfjs-core'
import { delegateLacks, notAnOptimizer } from '../errors.js'
import type { Extra } from '../../transform.js'
import type { Hyper } from '../../rule/hyper.js'
import type { ConstrainedModel } from '../../shell/constraints.js'
import type { ApplyOptions } from './kind.js'
import type { Pair, ReplicaGradients } from './pairs.js'

type ReplicaPairs = readonly Pair<ReplicaGradients | null>[]

/** Members that only some optimizers have. */
interface OptimizerParts {
  iterations: number
  learningRate: Hyper
  readonly weights: tf.Variable[]
  getSlot(variable: tf.Variable, slot: string): tf.Variable
  getSlotNames(): string[]
  constrain(model: ConstrainedModel): unknown
}

// By their members, so that optimizers of another copy of this package count too.
const isKeras = (inner: tf.Optimizer): boolean => 'gradientTransformers' in inner
const isTransform = (inner: tf.Optimizer): boolean => 'tx' in inner

/** tfjs's `instanceof` looks for methods, and so throws for null. */
export const isOptimizer = (u: unknown): u is tf.Optimizer => u !== null && u !== undefined && u instanceof tf.Optimizer

export const checkOptimizer = (who: string, inner: unknown): tf.Optimizer => {
  if (!isOptimizer(inner)) throw notAnOptimizer(who, inner)
  return inner
}

/** The optimizer with a member that not all have; throws if it lacks it. */
export const having = <K extends keyof OptimizerParts>(
  who: string,
  inner: tf.Optimizer,
  part: K,
): Pick<OptimizerParts, K> => {
  if (!(part in inner)) throw delegateLacks(who, part, inner.getClassName())
  return inner as unknown as Pick<OptimizerParts, K>
}

type Applying = (given: unknown, second?: ApplyOptions | Extra) => unknown

/** One step of any optimizer, with the options that it supports. */
export const applyInner = (inner: tf.Optimizer, pairs: ReplicaPairs, options: ApplyOptions): void => {
  const apply = inner.applyGradients.bind(inner) as Applying
  if (isKeras(inner)) apply(pairs, options)
  else {
    const named = pairs.map(([tensor, { name }]) => ({ name, tensor }))
    if (isTransform(inner)) apply(named, options.extra)
    else apply(named)
  }
}

/** Counts a step for an optimizer whose class does not; the method is protected by its type only. */
export const countFor = (inner: tf.Optimizer): void => {
  const { incrementIterations } = inner as unknown as { readonly incrementIterations: () => void }
  incrementIterations.call(inner)
}
