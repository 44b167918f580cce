/** An optimizer inside another: what each kind of `tf.Optimizer` takes, and what it may lack. */
import * as tf from '@tensorflow/tfjs-core'
import { delegateLacks, notAnOptimizer } from '../errors.js'
import type { Extra } from '../../transform.js'
import type { Hyper } from '../../rule/hyper.js'
import type { ConstrainedModel } from '../../shell/constraints.js'
import type { ApplyOptions } from './kind.js'
import type { Pair, ReplicaGradients } from './pairs.js'

type ReplicaPairs = readonly Pair<ReplicaGradients | null>[]

/** What some optimizers have besides. */
interface OptimizerParts {
  iterations: number
  learningRate: Hyper
  readonly weights: tf.Variable[]
  getSlot(variable: tf.Variable, slot: string): tf.Variable
  getSlotNames(): string[]
  constrain(model: ConstrainedModel): unknown
}

// Any optimizer is an `instanceof` any other in tfjs, which looks at methods only; so does this.
const isKeras = (inner: tf.Optimizer): boolean => 'gradientTransformers' in inner
const isTransform = (inner: tf.Optimizer): boolean => 'tx' in inner

/** tfjs's `instanceof` reads methods, and so throws on null. */
export const isOptimizer = (u: unknown): u is tf.Optimizer => u !== null && u !== undefined && u instanceof tf.Optimizer

export const checkOptimizer = (who: string, inner: unknown): tf.Optimizer => {
  if (!isOptimizer(inner)) throw notAnOptimizer(who, inner)
  return inner
}

/** The optimizer with a part that not all have; throws where this one lacks it. */
export const having = <K extends keyof OptimizerParts>(
  who: string,
  inner: tf.Optimizer,
  part: K,
): Pick<OptimizerParts, K> => {
  if (!(part in inner)) throw delegateLacks(who, part, inner.getClassName())
  return inner as unknown as Pick<OptimizerParts, K>
}

type Applying = (given: unknown, second?: ApplyOptions | Extra) => unknown

/** One step of any optimizer, with what of the options it knows. */
export const applyInner = (inner: tf.Optimizer, pairs: ReplicaPairs, options: ApplyOptions): void => {
  const apply = inner.applyGradients.bind(inner) as Applying
  if (isKeras(inner)) apply(pairs, options)
  else {
    const named = pairs.map(([tensor, { name }]) => ({ name, tensor }))
    if (isTransform(inner)) apply(named, options.extra)
    else apply(named)
  }
}

/** Counts a step of an optimizer whose class forgot to; tfjs keeps the method from subclasses' users only by type. */
export const countFor = (inner: tf.Optimizer): void => {
  const { incrementIterations } = inner as unknown as { readonly incrementIterations: () => void }
  incrementIterations.call(inner)
}
