/** Rows of the schedules, by the name of their case in optax.json. */
import * as O from '../../../lib/index.js'

export const schedules: Readonly<Record<string, O.Schedule>> = {
  'linear(1,0,10,begin2)': O.linearSchedule(1, 0, 10, { transitionBegin: 2 }),
  'poly(1,.1,2.5,8)': O.polynomialSchedule(1, 0.1, 2.5, 8),
  'exp(1,4,.5)': O.exponentialDecay(1, 4, 0.5),
  'exp staircase, floor': O.exponentialDecay(1, 3, 0.5, { transitionBegin: 2, staircase: true, endValue: 0.2 }),
  'exp growing, ceiling': O.exponentialDecay(0.1, 2, 1.5, { endValue: 0.7 }),
  'cosine(1,10,.1,1.5)': O.cosineDecaySchedule(1, 10, { alpha: 0.1, exponent: 1.5 }),
  'pwc(1,{3:.5,6:4})': O.piecewiseConstantSchedule(1, { 3: 0.5, 6: 4 }),
  'pwi_lin(1,{3:.5,6:4})': O.piecewiseInterpolateSchedule('linear', 1, { 3: 0.5, 6: 4 }),
  'pwi_cos(1,{3:.5,6:4})': O.piecewiseInterpolateSchedule('cosine', 1, { 3: 0.5, 6: 4 }),
  'warmup_const(0,1,4)': O.warmupConstantSchedule(0, 1, 4),
  'warmup_cosine(.1,1,4,12,.2,2)': O.warmupCosineDecaySchedule(0.1, 1, 4, 12, { endValue: 0.2, exponent: 2 }),
  join: O.joinSchedules([O.linearSchedule(0, 1, 3), O.constantSchedule(0.7), O.exponentialDecay(0.7, 1, 0.5)], [3, 6]),
  'constant(0.3)': O.constantSchedule(0.3),
  'linear rising(-1,1,7)': O.linearSchedule(-1, 1, 7),
  'poly(0,2,0.5,9,begin3)': O.polynomialSchedule(0, 2, 0.5, 9, { transitionBegin: 3 }),
  'poly(2,0,3,12)': O.polynomialSchedule(2, 0, 3, 12),
  'exp(2,5,.3,begin4)': O.exponentialDecay(2, 5, 0.3, { transitionBegin: 4 }),
  'exp staircase(1,4,.5)': O.exponentialDecay(1, 4, 0.5, { staircase: true }),
  'exp growing, begin, staircase': O.exponentialDecay(0.1, 3, 1.4, { transitionBegin: 2, staircase: true, endValue: 0.5 }),
  'cosine(2,9)': O.cosineDecaySchedule(2, 9),
  'cosine(1,20,.3,.5)': O.cosineDecaySchedule(1, 20, { alpha: 0.3, exponent: 0.5 }),
  'pwc(2,{0:.5,1:2,7:0})': O.piecewiseConstantSchedule(2, { 0: 0.5, 1: 2, 7: 0 }),
  'pwi_lin(2,{1:.5,2:3,9:0})': O.piecewiseInterpolateSchedule('linear', 2, { 1: 0.5, 2: 3, 9: 0 }),
  'pwi_cos(2,{4:2,5:.1})': O.piecewiseInterpolateSchedule('cosine', 2, { 4: 2, 5: 0.1 }),
  'warmup_const(.2,.1,5)': O.warmupConstantSchedule(0.2, 0.1, 5),
  'warmup_cosine(0,1,5,15)': O.warmupCosineDecaySchedule(0, 1, 5, 15),
  'warmup_cosine(0,1,0,10)': O.warmupCosineDecaySchedule(0, 1, 0, 10),
  'join(join)': O.joinSchedules(
    [
      O.joinSchedules([O.linearSchedule(0, 1, 3), O.constantSchedule(0.7)], [3]),
      O.joinSchedules([O.cosineDecaySchedule(1, 6), O.exponentialDecay(0.7, 2, 0.5)], [6]),
    ],
    [5],
  ),
}
