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
export { incrementalUpdate, periodicUpdate } from './averages.js'
export { describe } from './describe.js'
export { elementwise, type SlotState } from './elementwise.js'
export { scheduleFreeEvalParams } from './scheduleFreeEval.js'
export { explain, type ExplainOptions } from './explain.js'
export { ConfigError, KeyError, RuntimeError, ValueError } from './errors.js'
export { hyperparamsOf, setHyper, type HyperNow } from './hyperparams.js'
export { globalNorm } from './globalNorm.js'
export { paramsOf, valueAndGrad, type GradOptions, type ModelLike } from './grad.js'
export { hutchinsonEstimatorDiagHessian } from './hessian.js'
export { applyGradients, createTrainState } from './trainState.js'
export type { ApplyGradientsOptions, TrainStart, TrainState } from './trainState.js'
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
export { tensorwise, type SlotOfShape, type TensorwiseDefinition, type TensorwiseState } from './tensorwise.js'
export type { MadeBy, Nest, Opaque, Program, Reduce } from './program/program.js'
export type { Rule, RuleOptions, Scalars, Total } from './rule/rule.js'

export { acprop, type AcpropRecipeOptions } from './optimizers/acprop.js'
export { adabelief, type AdabeliefOptions } from './optimizers/adabelief.js'
export { adadelta, type AdadeltaRecipeOptions } from './optimizers/adadelta.js'
export { adagrad } from './optimizers/adagrad.js'
export { adam, type AdamRecipeOptions } from './optimizers/adam.js'
export { adamax, adamaxw, type AdamaxwOptions } from './optimizers/adamax.js'
export { adamw, type AdamwOptions } from './optimizers/adamw.js'
export { adan, type AdanRecipeOptions } from './optimizers/adan.js'
export {
  ademamix,
  simplifiedAdemamix,
  type AdemamixRecipeOptions,
  type SimplifiedAdemamixRecipeOptions,
} from './optimizers/ademamix.js'
export { adopt } from './optimizers/adopt.js'
export { amsgrad } from './optimizers/amsgrad.js'
export {
  cautiousAdamw,
  cautiousLion,
  type CautiousAdamwOptions,
  type CautiousLionOptions,
} from './optimizers/cautious.js'
export { cocob, type CocobRecipeOptions } from './optimizers/cocob.js'
export type { DecayedOptions } from './optimizers/decayed.js'
export { kerasNadam, type KerasNadamOptions } from './optimizers/kerasNadam.js'
export { lion, type LionRecipeOptions } from './optimizers/lion.js'
export { madgrad, type MadgradRecipeOptions } from './optimizers/madgrad.js'
export { mars, type MarsRecipeOptions } from './optimizers/mars.js'
export { muon, type MuonRecipeOptions } from './optimizers/muon.js'
export { nadam, nadamw, type NadamwOptions } from './optimizers/nadam.js'
export { optimisticAdam, optimisticGradientDescent, type OptimisticAdamOptions } from './optimizers/optimistic.js'
export { radam } from './optimizers/radam.js'
export { rmsprop, type RmspropOptions } from './optimizers/rmsprop.js'
export { rprop } from './optimizers/rprop.js'
export {
  scheduleFree,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  type ScheduleFreeAdamwOptions,
  type ScheduleFreeSgdOptions,
} from './optimizers/scheduleFree.js'
export { sgd, type SgdOptions } from './optimizers/sgd.js'
export { signSgd, signum, type SignumOptions } from './optimizers/signSgd.js'
export { sophia, type SophiaRecipeOptions } from './optimizers/sophia.js'
export {
  torchNadam,
  torchRmsprop,
  torchSgd,
  type CoupledDecay,
  type TorchNadamOptions,
  type TorchRmspropOptions,
  type TorchSgdOptions,
} from './optimizers/torch.js'
export { yogi } from './optimizers/yogi.js'
export { adafactor, type AdafactorOptions } from './optimizers/adafactor.js'
export { fromage, type FromageOptions } from './optimizers/fromage.js'
export { lamb, type LambOptions } from './optimizers/lamb.js'
export { lars, type LarsOptions } from './optimizers/lars.js'
export { noisySgd, type NoisySgdOptions } from './optimizers/noisySgd.js'
export { sm3, type Sm3RecipeOptions } from './optimizers/sm3.js'
export { dadaptAdamw } from './optimizers/dadaptAdamw.js'
export { dog, dowg, type DogFirstStep, type DogOptions, type DowgOptions } from './optimizers/dog.js'
export type { EstimatedOptions } from './optimizers/estimated.js'
export { momo, type MomoOptions } from './optimizers/momo.js'
export { momoAdam, type MomoAdamOptions } from './optimizers/momoAdam.js'
export { novograd, type NovogradRecipeOptions } from './optimizers/novograd.js'
export { polyakSgd, type PolyakSgdOptions } from './optimizers/polyakSgd.js'
export { prodigy, type ProdigyOptions } from './optimizers/prodigy.js'

export { scaleByAcprop, type AcpropOptions } from './transforms/acprop.js'
export { scaleByAdadelta, type AdadeltaOptions } from './transforms/adadelta.js'
export { scaleByAdam, type ScaleByAdamOptions } from './transforms/adam.js'
export { scaleByAdamax, type AdamaxOptions } from './transforms/adamax.js'
export type { AdamOptions } from './transforms/adamMoments.js'
export { scaleByAdan, type AdanOptions } from './transforms/adan.js'
export {
  scaleByAdemamix,
  scaleBySimplifiedAdemamix,
  type AdemamixOptions,
  type SimplifiedAdemamixOptions,
} from './transforms/ademamix.js'
export { scaleByAdopt, type AdoptOptions } from './transforms/adopt.js'
export { scaleByAmsgrad, type AmsgradOptions } from './transforms/amsgrad.js'
export { scaleByBelief, type BeliefOptions } from './transforms/belief.js'
export { scaleByCautiousAdam, scaleByCautiousLion } from './transforms/cautious.js'
export { addCautiousDecayedWeights } from './transforms/cautiousDecay.js'
export { adaptiveGradClip, type AdaptiveGradClipOptions } from './transforms/adaptiveGradClip.js'
export { addNoise } from './transforms/addNoise.js'
export type { Axes } from './transforms/axes.js'
export { clipByBlockRms } from './transforms/blockRms.js'
export { centralize, type CentralizeOptions } from './transforms/centralize.js'
export { clip, clipByGlobalNorm, clipByNorm } from './transforms/clip.js'
export { clipnorm, globalClipnorm } from './transforms/clipnorm.js'
export { scaleByCocob, type CocobOptions } from './transforms/cocob.js'
export { addDecayedWeights, type DecayOptions } from './transforms/decay.js'
export { decayParams } from './transforms/decayParams.js'
export { ema, type EmaOptions } from './transforms/ema.js'
export { adamEpsilonHat, amsgradEpsilonHat, type EpsilonHatOptions } from './transforms/epsilonHat.js'
export { grokfast, type GrokfastOptions } from './transforms/grokfast.js'
export { scaleByFactoredRms, type FactoredRmsOptions } from './transforms/factoredRms.js'
export { kerasAdagrad, type KerasAdagradOptions } from './transforms/kerasAdagrad.js'
export { kerasAdamax } from './transforms/kerasAdamax.js'
export { kerasLamb, type KerasLambOptions } from './transforms/kerasLamb.js'
export { kerasLars, type KerasLarsOptions } from './transforms/kerasLars.js'
export { kerasMomentum, type KerasMomentumOptions } from './transforms/kerasMomentum.js'
export { kerasRmsprop, type KerasRmspropOptions } from './transforms/kerasRmsprop.js'
export { scaleByLion, type LionMode, type LionMoments, type LionOptions } from './transforms/lion.js'
export { scaleByMadgrad, type MadgradOptions } from './transforms/madgrad.js'
export { scaleByMars, type MarsOptions } from './transforms/mars.js'
export type { DimensionNumbersOf, MuonDimensionNumbers } from './transforms/matrices.js'
export { scaleByMuon, type MuonOptions } from './transforms/muon.js'
export type { NsCoeffs, NsTriple, Preconditioning } from './transforms/newtonSchulz.js'
export { scaleByNadam } from './transforms/nadam.js'
export { scaleByOptimisticGradient, type OptimisticOptions } from './transforms/optimisticGradient.js'
export { orthoGrad } from './transforms/orthoGrad.js'
export { scaleByRadam, type RadamOptions } from './transforms/radam.js'
export { scaleByRms, scaleByStddev, type RmsOptions } from './transforms/rms.js'
export { scaleByRprop, type RpropOptions } from './transforms/rprop.js'
export { scaleByRss, type RssOptions } from './transforms/rss.js'
export { scale, scaleByLearningRate, scaleBySchedule, type LearningRateOptions } from './transforms/scale.js'
export { scheduleFreeAverage, type ScheduleFreeOptions } from './transforms/scheduleFree.js'
export { scaleByScheduledNadam, type ScheduledNadamOptions } from './transforms/scheduledNadam.js'
export { scaleBySign } from './transforms/sign.js'
export { scaleBySophia, type SophiaOptions } from './transforms/sophia.js'
export { torchAdagrad, type TorchAdagradOptions } from './transforms/torchAdagrad.js'
export { torchMomentum, type TorchMomentumOptions } from './transforms/torchMomentum.js'
export { scaleByParamBlockNorm, scaleByParamBlockRms, type ParamScaleOptions } from './transforms/paramNorms.js'
export { scaleByTrustRatio, type TrustRatioOptions } from './transforms/scaleByTrustRatio.js'
export { scaleBySm3, type Sm3Options } from './transforms/sm3.js'
export { scaleByDistanceOverGradients, type DistanceOverGradientsOptions } from './transforms/distanceOverGradients.js'
export { scaleByNovograd, type NovogradOptions } from './transforms/novograd.js'
export { scaleByPolyak, type PolyakOptions } from './transforms/polyak.js'
export { reduceOnPlateau, type ReduceOnPlateauOptions } from './transforms/reduceOnPlateau.js'
export { trace, type TraceOptions } from './transforms/trace.js'
export { normalize, normalizeByUpdateNorm, type UpdateNormOptions } from './transforms/updateNorm.js'
export { aggregate, type AggregateOptions, type AggregateState, type EachState } from './replicas/aggregate.js'
export { applyEvery } from './transforms/applyEvery.js'
export { averagedParams } from './averagedParams.js'
export { emaOfParams } from './transforms/emaOfParams.js'
export { keepParamsNonnegative } from './transforms/keepParamsNonnegative.js'
export { setToZero } from './transforms/setToZero.js'
export { zeroNans } from './transforms/zeroNans.js'
export {
  conditionallyMask,
  conditionallyTransform,
  type Condition,
  type Conditional,
  type ConditionalState,
} from './wrappers/conditionally.js'
export { injectHyperparams, type Injected, type InjectedState } from './wrappers/injectHyperparams.js'
export { lookahead, type Lookahead, type LookaheadState } from './wrappers/lookahead.js'
export { freeze, selectiveTransform } from './wrappers/freeze.js'
export {
  multiTransform,
  partition,
  type LabelFunction,
  type LabelPatterns,
  type LabelRanks,
  type Labels,
  type LabelTree,
  type PartitionState,
} from './wrappers/partition.js'
export { stateless, statelessWithTreeMap, type NoState } from './wrappers/stateless.js'
export { byPath, type PatternValue, type ValueFunction, type ValuePatterns } from './wrappers/byPath.js'
export { scaleByYogi, type YogiOptions } from './transforms/yogi.js'
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

export type { AtPath } from './tree/atPath.js'
export { editState, type Editable } from './tree/edit.js'
export { treeGet, treeSet } from './tree/get.js'
export { disposeTree, keepTree, mapTree, tensorsOf, tidy, type MapLeaves, type TensorsLike } from './tree/map.js'
export type { Mask, MaskFunction, MaskTree } from './tree/mask.js'
export type { TreePath } from './tree/place.js'
