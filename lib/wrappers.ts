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
export { freeze, selectiveTransform } from './wrappers/freeze.js'
export { injectHyperparams, type Injected, type InjectedState } from './wrappers/injectHyperparams.js'
export { lookahead, type Lookahead, type LookaheadState } from './wrappers/lookahead.js'
export { masked, type Absent, type MaskedState } from './wrappers/masked.js'
export { matching, type MaskPatterns, type PatternMask } from './wrappers/matching.js'
export { mechanize, type Mechanized, type MechanizeOptions, type MechanizeState } from './wrappers/mechanize.js'
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
export { stateless, statelessWithTreeMap, type NoState } from './wrappers/stateless.js'
