/** The public transformations that contain others, and masks and values by path for them. */
export { applyIfFinite, type ApplyIfFiniteState, type IfFinite } from './wrappers/applyIfFinite.js'
export { byPath, type PatternValue, type ValueFunction, type ValuePatterns } from './wrappers/byPath.js'
export {
  conditionallyMask,
  conditionallyTransform,
  type Condition,
  type Conditional,
  type ConditionalState,
} from './wrappers/conditionally.js'
export { flatten, type FlattenState } from './wrappers/flatten.js'
export { freeze, selectiveTransform } from './wrappers/freeze.js'
export { injectHyperparams, type Injected, type InjectedState } from './wrappers/injectHyperparams.js'
export { lookahead, type Lookahead, type LookaheadOptions, type LookaheadState } from './wrappers/lookahead.js'
export { masked, type Absent, type MaskedState } from './wrappers/masked.js'
export { matching, type MaskPatterns, type PatternMask } from './wrappers/matching.js'
export { mechanize, type Mechanized, type MechanizeOptions, type MechanizeState } from './wrappers/mechanize.js'
export { measureWithEma, monitor, type Measures, type MonitorState, type StatefulMeasure } from './wrappers/monitor.js'
export { multiSteps, type MultiStepsOptions, type MultiStepsState } from './wrappers/multiSteps.js'
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
export { sam, type Sam, type SamOptions, type SamState } from './wrappers/sam.js'
export { skipLargeUpdates, skipNotFinite, type NotFinite, type SkipRule, type TooLarge } from './wrappers/skip.js'
export { snapshot, type MeasureFunction, type SnapshotState } from './wrappers/snapshot.js'
export { stateless, statelessWithTreeMap, type NoState } from './wrappers/stateless.js'
