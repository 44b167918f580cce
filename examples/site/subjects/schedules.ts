/** Examples of schedules, and how many steps their pictures show. */
export type ScheduleRows = Readonly<Record<string, readonly [code: string, steps: number]>>

const shifted = 'initialLearningRate: 0.1, decaySteps: 250, offset: 50'
const decay = 'kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 300, endLearningRate: 0 })'

export const scheduleRows: ScheduleRows = {
  byEpoch: ['byEpoch(exponentialDecay(0.1, 1, 0.7), 50)', 300],
  constantSchedule: ['constantSchedule(0.1)', 300],
  cosineDecaySchedule: ['cosineDecaySchedule(0.1, 250, { alpha: 0.1 })', 300],
  cosineOnecycleSchedule: ['cosineOnecycleSchedule(300, 0.1)', 300],
  exponentialDecay: ['exponentialDecay(0.1, 100, 0.5)', 300],
  joinSchedules: ['joinSchedules([linearSchedule(0, 0.1, 50), cosineDecaySchedule(0.1, 200)], [50])', 300],
  linearOnecycleSchedule: ['linearOnecycleSchedule(300, 0.1)', 300],
  linearSchedule: ['linearSchedule(0.1, 0.01, 200, { transitionBegin: 50 })', 300],
  multiplySchedules: [
    'multiplySchedules([repeatSchedule(cosineDecaySchedule(1, 100), 100), exponentialDecay(0.1, 100, 0.8, { staircase: true })])',
    400,
  ],
  piecewiseConstantSchedule: ['piecewiseConstantSchedule(0.1, { 100: 0.5, 200: 0.2 })', 300],
  piecewiseInterpolateSchedule: ["piecewiseInterpolateSchedule('cosine', 0.02, { 100: 5, 250: 0.1 })", 300],
  polynomialSchedule: ['polynomialSchedule(0.1, 0.01, 2, 250)', 300],
  repeatSchedule: ["repeatSchedule(piecewiseInterpolateSchedule('linear', 0.01, { 50: 10, 100: 0.1 }), 100)", 300],
  sgdrSchedule: [
    'sgdrSchedule([100, 200, 400].map((decaySteps, i) => ({ initValue: 0, peakValue: 0.1 / 2 ** i, warmupSteps: 10, decaySteps })))',
    700,
  ],
  warmupConstantSchedule: ['warmupConstantSchedule(0, 0.1, 50)', 300],
  warmupCosineDecaySchedule: ['warmupCosineDecaySchedule(0, 0.1, 50, 300, { endValue: 0.005 })', 300],
  warmupExponentialDecaySchedule: ['warmupExponentialDecaySchedule(0, 0.1, 50, 100, 0.5)', 300],
  kerasCosineDecay: ['kerasCosineDecay({ initialLearningRate: 0.1, decaySteps: 250, alpha: 0.1 })', 300],
  kerasCosineDecayRestarts: ['kerasCosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 100 })', 700],
  kerasCosineDecayWithOffset: [`kerasCosineDecayWithOffset({ ${shifted} })`, 350],
  kerasDirectPowerDecay: ['kerasDirectPowerDecay({ initialLearningRate: 0.1, power: -0.5 })', 300],
  kerasExponentialDecay: [
    'kerasExponentialDecay({ initialLearningRate: 0.1, decaySteps: 50, decayRate: 0.7, staircase: true })',
    300,
  ],
  kerasExponentialDecayWithOffset: [`kerasExponentialDecayWithOffset({ ${shifted}, decayRate: 0.2 })`, 350],
  kerasInverseTimeDecay: ['kerasInverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 50, decayRate: 1 })', 300],
  kerasLinearWarmup: [
    `kerasLinearWarmup({ afterWarmupLrSched: ${decay}, warmupSteps: 50, warmupLearningRate: 0 })`,
    300,
  ],
  kerasPiecewiseConstantDecay: [
    'kerasPiecewiseConstantDecay({ boundaries: [100, 200], values: [0.1, 0.05, 0.01] })',
    300,
  ],
  kerasPiecewiseConstantDecayWithOffset: [
    'kerasPiecewiseConstantDecayWithOffset({ boundaries: [100, 200], values: [0.1, 0.05, 0.01], offset: 50 })',
    350,
  ],
  kerasPolynomialDecay: [
    'kerasPolynomialDecay({ initialLearningRate: 0.1, decaySteps: 100, endLearningRate: 0.01, cycle: true })',
    400,
  ],
  kerasPolynomialDecayWithOffset: [`kerasPolynomialDecayWithOffset({ ${shifted} })`, 350],
  kerasPolynomialWarmUp: [`kerasPolynomialWarmUp({ afterWarmupLrSched: ${decay}, warmupSteps: 50, power: 2 })`, 300],
  kerasPowerAndLinearDecay: [
    'kerasPowerAndLinearDecay({ initialLearningRate: 0.1, totalDecaySteps: 300, power: -0.2 })',
    350,
  ],
  kerasPowerDecayWithOffset: [
    'kerasPowerDecayWithOffset({ initialLearningRate: 0.3, power: -0.5, offset: 50, preOffsetLearningRate: 0.1 })',
    300,
  ],
  kerasStepCosineDecayWithOffset: [
    'kerasStepCosineDecayWithOffset({ boundaries: [0, 100, 250], values: [0.1, 0.04, 0.01] })',
    300,
  ],
  kerasWarmUp: [`kerasWarmUp({ initialLearningRate: 0.1, decayScheduleFn: ${decay}, warmupSteps: 50 })`, 300],
}
