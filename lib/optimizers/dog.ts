import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import { badArgument } from '../errors.js'
import type { Hyper } from '../rule/hyper.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { firstStepKinds, scaleByDog, scaleByDowg, type FirstStepKind } from '../transforms/dog.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** What makes the first step: a kind, and a number above 0. */
export type DogFirstStep = readonly [kind: FirstStepKind, value: Hyper]

/** Options of `dog`; the default of `weightDecay` is 0. */
export interface DogOptions extends DecayedOptions {
  /** a factor of the step size, default 1 */
  readonly learningRate?: Hyper
  /**
   * `['heuristic', a]`: the first distance is `a (1 + |p0|)`; `['distance', a]`: it is `a`; `['learningRate', a]`: the
   * first step size is `a`. Default `['heuristic', 1e-6]`; with batch normalization 1e-4 is advised
   */
  readonly initStep?: DogFirstStep
  /** added to the sum of squared norms, above 0, default 1e-8 */
  readonly eps?: Hyper
}

const dogOptions: Names<DogOptions> = { ...decayedOptions, learningRate: 'lr', initStep: 'repsrel', eps: 'epsilon' }

/**
 * Distance over gradients (DoG), SGD without a learning rate: `addDecayedWeights` (0 by default, coupled), the step size
 * of DoG, `scaleByLearningRate`.
 *
 * `r = max(r, |p - p0|);  G = G + |u|^2;  u = -learningRate r / sqrt(G + eps) u`, with norms over all leaves. An average
 * of the parameters is advised for evaluation.
 *
 * State: a tuple of `count`; `count`, `initParams`, the parameters of `init`, float32 of the parameter's shape, 4 bytes
 * per parameter, and the float32 scalars `maxDist` and `sumSqNormGrads`; `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Ivgi et al. 2023, algorithm 1; optax `contrib.dog`, which with `learning_rate` never moves after a first gradient
 * of zeros. Here the first step size stays until something has moved.
 * @example
 * import { dog } from 'tfjs-optax'
 * const tx = dog({ initStep: ['heuristic', 1e-4] })
 */
export const dog = /* @__PURE__ */ checked(
  { who: 'dog', takes: [], options: dogOptions },
  ({ learningRate = 1, initStep = ['heuristic', 1e-6], eps = 1e-8, weightDecay = 0, mask = true }: DogOptions = {}) => {
    const given: unknown = initStep
    if (!Array.isArray(given) || given.length !== 2 || !firstStepKinds.includes(given[0] as FirstStepKind))
      throw badArgument('dog', 'initStep', `[kind, value] with a kind of ${firstStepKinds.join(', ')}`, given)
    const [kind, value] = initStep
    return chain(
      addDecayedWeights(weightDecay, { mask }),
      scaleByDog(kind, value, eps),
      scaleByLearningRate(learningRate),
    )
  },
)

/** Options of `dowg`; the default of `weightDecay` is 0. */
export interface DowgOptions extends DecayedOptions {
  /** a factor of the step size, default 1 */
  readonly learningRate?: Hyper
  /** the first guess of the squared distance to the solution, above 0, default `eps` */
  readonly initEstimSqDist?: Hyper
  /** added to the root, above 0, default 1e-4 */
  readonly eps?: Hyper
}

const dowgOptions: Names<DowgOptions> = { ...decayedOptions, learningRate: 'lr', initEstimSqDist: '', eps: 'epsilon' }

/**
 * Distance over weighted gradients (DoWG), SGD without a learning rate that goes on faster than `dog`:
 * `addDecayedWeights` (0 by default, coupled), the step size of DoWG, `scaleByLearningRate`.
 *
 * `d = max(d, |p - p0|^2);  v = v + d |u|^2;  u = -learningRate d / (sqrt(v) + eps) u`, with norms over all leaves.
 *
 * State: a tuple of `count`; `count`, `initParams`, the parameters of `init`, float32 of the parameter's shape, 4 bytes
 * per parameter, and the float32 scalars `estimSqDist` and `weightedSqNormGrads`; `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Khaled et al. 2023, algorithm 1; optax `contrib.dowg`.
 * @example
 * import { dowg } from 'tfjs-optax'
 * const tx = dowg()
 */
export const dowg = /* @__PURE__ */ checked(
  { who: 'dowg', takes: [], options: dowgOptions },
  ({ learningRate = 1, eps = 1e-4, initEstimSqDist = eps, weightDecay = 0, mask = true }: DowgOptions = {}) =>
    chain(
      addDecayedWeights(weightDecay, { mask }),
      scaleByDowg(initEstimSqDist, eps),
      scaleByLearningRate(learningRate),
    ),
)
