/** The public names without kernel generators and what complete.ts adds: the smallest bundle, until `await ready(tx)`. */
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
export { findLearningRate, type FindRateOptions, type FoundRate, type TriedRate } from './findLearningRate.js'
export { paramsOf, valueAndGrad, type GradOptions, type ModelLike } from './grad.js'
export { setParams } from './setParams.js'
export { stopEarly, type Stopping, type StopOptions, type StopRule } from './stopEarly.js'
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

export * from './optimizers.js'
export * from './schedules.js'
export * from './transforms.js'
export * from './wrappers.js'
export { aggregate, type AggregateOptions, type AggregateState, type EachState } from './replicas/aggregate.js'
export type { ChartRow, ChartSink } from './charts/rows.js'
export { terminalChart, type TerminalOptions } from './charts/terminal.js'
export { tfvisChart, type TfvisLike, type TfvisOptions } from './charts/tfvis.js'
export { drawTraining, type DrawOptions, type StepRecorder, type TrainingChart } from './shell/drawTraining.js'
export { earlyStopping, type EarlyStopping } from './shell/earlyStopping.js'
export type { EarlyStoppingOptions, StoppableModel } from './shell/earlyStopping.js'
export { validateOnAverages, type EpochCallback, type Evaluated } from './shell/validateOnAverages.js'
export { withAverages, type Averaging } from './shell/withAverages.js'
export { hutchinsonEstimatorDiagHessian } from './hessian.js'
export { averagedParams } from './averagedParams.js'

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
