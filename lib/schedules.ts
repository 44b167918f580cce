/** The public schedules. */
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
