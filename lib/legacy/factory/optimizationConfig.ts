/** Reads the Model Garden's OptimizationConfig: an optimizer, its rate and a warm-up, each chosen by its `type`. */
import type * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import type { Names } from '../../call/signature.js'
import { checked as checkedCall } from '../../call/checked.js'
import { ConfigError, nameOf } from '../../errors.js'
import { admit } from '../../config/admit.js'
import { configError } from '../../config/faults.js'
import { isRecord } from '../../tree/structure.js'
import { checked, unknownKeys } from './choice.js'
import { readAverage, readOptimizer, registered, type Beside, type Makers } from './makers.js'
import { readRate, readWarmup } from './rates.js'

export type { MakeOptimizer } from './makers.js'

/** Options of `optimizerFromConfig`. */
export interface OptimizerFromConfigOptions extends Omit<Beside, 'learningRate'> {
  /** optimizers of your own, by their `type` */
  readonly optimizers?: Makers
}

const options: Names<OptimizerFromConfigOptions> = {
  optimizers: '',
  gradientAggregator: '',
  gradientTransformers: '',
}

/**
 * The optimizer that a Model Garden OptimizationConfig describes: `{optimizer: {type, adamw: {…}}, learning_rate:
 * {type, …}, warmup: {type, …}, ema}`, with its defaults. Left lists all faults, a line each, such as
 * `optimizer.adamw.beta_1: expected …`; unknown keys are faults. Configs of types that are not chosen are ignored.
 *
 * `optimizer.type`: sgd, adam, adamw, lamb, rmsprop, lars, adagrad, or one of `optimizers`. `learning_rate.type`:
 * constant, stepwise, exponential, polynomial, cosine, power, power_linear, power_with_offset, step_cosine_with_offset.
 * `warmup.type`: linear, polynomial. With `ema` the optimizer is an ExponentialMovingAverage.
 *
 * @throws TypeError for an unknown option.
 * @source tensorflow/models `official/modeling/optimization/optimizer_factory.py`; its registry of classes is the
 * option `optimizers` here.
 * @example
 * import { either as E } from 'fp-ts'
 * import { optimizerFromConfig } from 'tfjs-optax/legacy'
 * const read = optimizerFromConfig({
 *   optimizer: { type: 'adamw', adamw: { weight_decay_rate: 0.01, exclude_from_weight_decay: ['bias'] } },
 *   learning_rate: { type: 'polynomial', polynomial: { initial_learning_rate: 2e-5, decay_steps: 1000 } },
 *   warmup: { type: 'linear', linear: { warmup_steps: 100 } },
 * })
 * const steps = E.isRight(read) ? read.right.iterations : NaN
 * // steps is 0
 */
export const optimizerFromConfig = /* @__PURE__ */ checkedCall(
  { who: 'optimizerFromConfig', takes: ['json'], options },
  (
    config: unknown,
    { optimizers: own = {}, gradientAggregator, gradientTransformers }: OptimizerFromConfigOptions = {},
  ): E.Either<ConfigError, tf.Optimizer> => {
    const who = 'optimizerFromConfig'
    const admitted = admit(config)
    if (E.isLeft(admitted)) return E.left(configError(who, admitted.left))
    const json = admitted.right
    if (!isRecord(json)) return E.left(new ConfigError(who, [`config: expected a record, got ${nameOf(json)}`]))
    const rate = readWarmup(json['warmup'], readRate(json['learning_rate']))
    // Faults of the rate must not hide those of the optimizer.
    const learningRate = E.isRight(rate) ? rate.right : 0
    const built = readOptimizer(json['optimizer'], own, {
      learningRate,
      ...(gradientAggregator !== undefined && { gradientAggregator }),
      ...(gradientTransformers !== undefined && { gradientTransformers }),
    })
    const checks = [...registered(own), unknownKeys('', json, ['optimizer', 'learning_rate', 'warmup', 'ema']), rate]
    const read = checked(checks, readAverage(json['ema'], built))
    if (E.isLeft(read) && E.isRight(built)) built.right.dispose()
    return F.pipe(
      read,
      E.mapLeft(lines => new ConfigError(who, lines)),
    )
  },
)
