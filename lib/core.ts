/** The public names without the kernel generators: the smallest bundle, which runs tfjs ops until `await ready(tx)`. */
export { applyUpdates, makeStep, type LinkStep, type ReplicaStep, type Step, type StepOptions } from './apply.js'
export { ready, type ReadyOptions } from './ready.js'
export {
  asState,
  chain,
  identity,
  monoid,
  namedChain,
  type ChainState,
  type Named,
  type NamedChainState,
} from './chain.js'
export { describe } from './describe.js'
export { elementwise, type SlotState } from './elementwise.js'
export { explain, type ExplainOptions } from './explain.js'
export { ConfigError, KeyError, RuntimeError, ValueError } from './errors.js'
export { hyperparamsOf, setHyper, type HyperNow } from './hyperparams.js'
export { paramsOf, valueAndGrad, type GradOptions, type ModelLike } from './grad.js'
export type {
  At,
  Extra,
  FirstLink,
  GradientTransformation,
  GradientsLike,
  Link,
  ReplicaLink,
  ReplicaTransformation,
  StackedTransformation,
  StateIn,
  StateOf,
  UpdatesLike,
} from './transform.js'
export type { ByPath, Hyper, Schedule, Timed } from './rule/hyper.js'
export { tensorwise, type TensorwiseDefinition } from './tensorwise.js'
export type { MadeBy, Nest, Opaque, Program, Reduce } from './program/program.js'
export type { Rule, RuleOptions, Scalars, Total } from './rule/rule.js'

export { adam, type AdamRecipeOptions } from './optimizers/adam.js'
export { adamw, type AdamwOptions } from './optimizers/adamw.js'
export { sgd, type SgdOptions } from './optimizers/sgd.js'

export { scaleByAdam } from './transforms/adam.js'
export type { AdamOptions } from './transforms/adamMoments.js'
export { scaleByAmsgrad } from './transforms/amsgrad.js'
export { clip, clipByGlobalNorm, clipByNorm } from './transforms/clip.js'
export { clipnorm, globalClipnorm } from './transforms/clipnorm.js'
export { addDecayedWeights, type DecayOptions } from './transforms/decay.js'
export { decayParams } from './transforms/decayParams.js'
export { adamEpsilonHat, amsgradEpsilonHat, type EpsilonHatOptions } from './transforms/epsilonHat.js'
export { kerasAdagrad, type KerasAdagradOptions } from './transforms/kerasAdagrad.js'
export { kerasLamb, type KerasLambOptions } from './transforms/kerasLamb.js'
export { kerasLars, type KerasLarsOptions } from './transforms/kerasLars.js'
export { kerasMomentum, type KerasMomentumOptions } from './transforms/kerasMomentum.js'
export { kerasRmsprop, type KerasRmspropOptions } from './transforms/kerasRmsprop.js'
export { scaleByMuon, type MuonOptions } from './transforms/muon.js'
export { scaleByNadam } from './transforms/nadam.js'
export { scale, scaleByLearningRate, scaleBySchedule, type LearningRateOptions } from './transforms/scale.js'
export { trace, type TraceOptions } from './transforms/trace.js'
export { aggregate, type AggregateOptions, type AggregateState, type EachState } from './replicas/aggregate.js'
export { byPath, type PatternValue, type ValueFunction, type ValuePatterns } from './wrappers/byPath.js'
export { masked, type Absent, type MaskedState } from './wrappers/masked.js'
export { multiSteps, type MultiStepsOptions, type MultiStepsState } from './wrappers/multiSteps.js'
export { matching, type MaskPatterns, type PatternMask } from './wrappers/matching.js'

export { byEpoch, type ByEpochOptions } from './schedules/byEpoch.js'
export { constantSchedule } from './schedules/constant.js'
export { cosineDecaySchedule, type CosineOptions } from './schedules/cosine.js'
export { exponentialDecay, type ExponentialOptions } from './schedules/exponential.js'
export { joinSchedules } from './schedules/join.js'
export { multiplySchedules } from './schedules/multiply.js'
export {
  cosineOnecycleSchedule,
  linearOnecycleSchedule,
  type CosineOnecycleOptions,
  type LinearOnecycleOptions,
} from './schedules/onecycle.js'
export {
  piecewiseConstantSchedule,
  piecewiseInterpolateSchedule,
  type BoundariesAndScales,
} from './schedules/piecewise.js'
export { linearSchedule, polynomialSchedule, type TransitionOptions } from './schedules/polynomial.js'
export { repeatSchedule } from './schedules/repeat.js'
export { sgdrSchedule, type SgdrCycle } from './schedules/sgdr.js'
export { warmupConstantSchedule, warmupCosineDecaySchedule, type WarmupCosineOptions } from './schedules/warmup.js'
export { warmupExponentialDecaySchedule } from './schedules/warmupExponential.js'

export { asOptimizer, TransformOptimizer, type AsOptimizerOptions } from './shell/transformOptimizer.js'
export type { ConstrainedModel } from './shell/constraints.js'
export type { LastStep } from './shell/lastStep.js'
export { ExponentialMovingAverage, type ShadowedModel } from './legacy/exponentialMovingAverage.js'
export type { ExponentialMovingAverageSettings } from './legacy/keras/average.js'
export { registerOptimizers, type RegisterOptions } from './legacy/register.js'

export { loadTree, saveTree } from './io/files.js'
export { fromNamedTensors, toNamedTensors, type NamedTensor } from './io/named.js'
export { fromSafetensors, readSafetensors, type LoadOptions } from './io/read.js'
export type { Rename } from './io/rename.js'
export { toSafetensors, type FileMetadata, type SaveOptions } from './io/write.js'

export { editState, type Editable } from './tree/edit.js'
export { disposeTree, keepTree, mapTree, tensorsOf, tidy, type MapLeaves, type TensorsLike } from './tree/map.js'
export type { Mask, MaskFunction, MaskTree } from './tree/mask.js'
