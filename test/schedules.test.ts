/** Laws of schedules: pieces meet, rise and fall as they should, and combinators are what they say. */
import fc from 'fast-check'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { asOptimizer } from '../lib/legacy.js'
import { model } from './legacy/subjects.js'
import { useBackend } from './setup.js'

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const steps = fc.integer({ min: 1, max: 60 })
const count = fc.nat({ max: 200 })

/** Equal but for rounding, of numbers of a size of 1. */
const near = (a: number, b: number, by = 1e-12): boolean => Math.abs(a - b) <= by
const holds = (test: Test, says: string, property: fc.IProperty<never>): void => {
  test.doesNotThrow(() => {
    fc.assert(property as fc.IProperty<unknown>, { numRuns: 300 })
  }, says)
}

/** Whether the schedule goes one way from count to count, between two counts. */
const goes = (way: 'up' | 'down', schedule: O.Schedule, from: number, to: number): boolean =>
  Array.from({ length: to - from }, (_, i) => schedule(from + i + 1) - schedule(from + i)).every(change =>
    way === 'up' ? change >= -1e-12 : change <= 1e-12,
  )

/** Whether a schedule of fractional counts comes to its value at `at` without a jump. */
const meets = (schedule: O.Schedule, at: number): boolean => near(schedule(at - 2 ** -30), schedule(at), 1e-6)

t.test('one cycle: up to the peak, down to the end, without jumps, and constant after it', test => {
  const given = fc.record({
    pctStart: between(0, 0.5),
    pctFinal: between(0.5, 1),
    divFactor: between(1, 100),
    finalDivFactor: between(1, 1e4),
  })
  holds(
    test,
    'along lines',
    fc.property(steps, between(0.1, 1), given, count, (n, peak, options, after) => {
      const schedule = O.linearOnecycleSchedule(n, peak, options)
      const first = peak / options.divFactor
      const [top, back] = [Math.trunc(options.pctStart * n), Math.trunc(options.pctFinal * n)]
      const phases = [0, top, back, n]
      const distinct = new Set(phases).size === 4
      return (
        (!distinct ||
          (near(schedule(0), first) &&
            near(schedule(top), peak) &&
            near(schedule(back), first) &&
            goes('up', schedule, 0, top) &&
            phases.slice(1).every(at => meets(schedule, at)))) &&
        goes('down', schedule, top, n) &&
        schedule(n + after) === first / options.finalDivFactor
      )
    }) as never,
  )
  holds(
    test,
    'along cosines',
    fc.property(steps, between(0.1, 1), given, count, (n, peak, { pctFinal: _, ...options }, after) => {
      const schedule = O.cosineOnecycleSchedule(n, peak, options)
      const top = Math.trunc(options.pctStart * n)
      return (
        near(schedule(top), peak) &&
        goes('up', schedule, 0, top) &&
        goes('down', schedule, top, n) &&
        (top === 0 || (meets(schedule, top) && near(schedule(0), peak / options.divFactor))) &&
        meets(schedule, n) &&
        schedule(n + after) === peak / options.divFactor / options.finalDivFactor
      )
    }) as never,
  )
  // Two phases end at count 5: the cycle still goes up towards the peak. optax's record of boundaries has no peak then.
  const sharp = O.linearOnecycleSchedule(10, 1, { pctStart: 0.5, pctFinal: 0.5 })
  test.ok(near(sharp(4), 0.04 + 0.96 * 0.8), 'towards the peak')
  test.ok(near(sharp(5), 0.04) && near(sharp(10), 4e-6), 'and down at once')
  test.end()
})

t.test('warmup, then exponential decay; cycles of warmup and cosine', test => {
  const options = fc.record(
    { transitionBegin: fc.nat({ max: 9 }), staircase: fc.boolean(), endValue: between(0, 0.05) },
    { requiredKeys: [] },
  )
  holds(
    test,
    'the two parts are those of their own schedules',
    fc.property(fc.nat({ max: 20 }), steps, between(0.1, 0.9), options, count, (warmup, n, rate, given, at) => {
      const schedule = O.warmupExponentialDecaySchedule(0.1, 1, warmup, n, rate, given)
      const decay = O.exponentialDecay(1, n, rate, given)
      const want = at < warmup ? O.linearSchedule(0.1, 1, warmup)(at) : decay(at - warmup)
      return schedule(at) === want && (warmup === 0 || (meets(schedule, warmup) && goes('up', schedule, 0, warmup)))
    }) as never,
  )
  const cycle = fc
    .record({ initValue: between(0, 0.1), peakValue: between(0.2, 1), warmupSteps: fc.nat({ max: 9 }), more: steps })
    .map(({ more, ...rest }) => ({ ...rest, decaySteps: rest.warmupSteps + more, endValue: 0.1 }))
  holds(
    test,
    'each cycle is a schedule of its own',
    fc.property(fc.array(cycle, { minLength: 1, maxLength: 4 }), fc.nat({ max: 400 }), (cycles, at) => {
      const schedule = O.sgdrSchedule(cycles)
      let [start, i] = [0, 0]
      while (i < cycles.length - 1 && at >= start + cycles[i]!.decaySteps) start += cycles[i++]!.decaySteps
      const { initValue, peakValue, warmupSteps, decaySteps, endValue } = cycles[i]!
      const own = O.warmupCosineDecaySchedule(initValue, peakValue, warmupSteps, decaySteps, { endValue })
      return schedule(at) === own(at - start) && near(schedule(start + warmupSteps), peakValue)
    }) as never,
  )
  test.end()
})

t.test('schedules of schedules: products, repetitions, epochs, and joined ones in joined ones', test => {
  const any = fc.oneof(
    between(-2, 2).map(value => O.constantSchedule(value)),
    fc.tuple(between(0.1, 2), steps).map(([value, n]) => O.cosineDecaySchedule(value, n)),
    fc.tuple(between(0.1, 2), steps).map(([value, n]) => O.exponentialDecay(value, n, 0.9)),
    steps.map(n => O.linearSchedule(1, -1, n)),
  )
  holds(
    test,
    'a product of one is itself; of two, their product; of a product, the product of all',
    fc.property(any, any, any, count, (a, b, c, at) => {
      const [one, two] = [O.multiplySchedules([a]), O.multiplySchedules([a, b])]
      const nested = O.multiplySchedules([two, c])(at)
      return one(at) === a(at) && two(at) === a(at) * b(at) && nested === O.multiplySchedules([a, b, c])(at)
    }) as never,
  )
  holds(
    test,
    'a repetition has its period, and is the schedule in the first one',
    fc.property(any, steps, count, fc.nat({ max: 5 }), (schedule, period, at, times) => {
      const repeated = O.repeatSchedule(schedule, period)
      const within = at % period
      return repeated(within) === schedule(within) && repeated(within + times * period) === schedule(within)
    }) as never,
  )
  holds(
    test,
    'whole epochs change at their ends only, fractions agree with them there',
    fc.property(any, steps, fc.nat({ max: 20 }), count, (schedule, perEpoch, epoch, more) => {
      const [whole, parts] = [O.byEpoch(schedule, perEpoch), O.byEpoch(schedule, perEpoch, { fractional: true })]
      const [start, within] = [epoch * perEpoch, more % perEpoch]
      return (
        whole(start + within) === schedule(epoch) &&
        parts(start) === schedule(epoch) &&
        parts(start + within) === schedule((start + within) / perEpoch)
      )
    }) as never,
  )
  holds(
    test,
    'joined schedules in joined ones are the flat list',
    fc.property(any, any, any, steps, steps, count, (a, b, c, first, second, at) => {
      const flat = O.joinSchedules([a, b, c], [first, first + second])
      const nested = O.joinSchedules([a, O.joinSchedules([b, c], [second])], [first])
      return flat(at) === nested(at)
    }) as never,
  )
  test.end()
})

t.test('by epoch in fit: the rate changes when an epoch ends', async test => {
  await useBackend('cpu')
  const one = model()
  const optimizer = asOptimizer(O.sgd(O.byEpoch(O.exponentialDecay(0.1, 1, 0.5), 3)), { lastStep: true })
  one.compile({ optimizer, loss: 'meanSquaredError' })
  const [x, y] = [tf.ones([5, 2]), tf.ones([5, 1])]
  const rates: unknown[] = []
  const onBatchEnd = () => Promise.resolve(void rates.push(optimizer.lastStep?.learningRate))
  await one.fit(x, y, { batchSize: 2, epochs: 3, verbose: 0, callbacks: { onBatchEnd } })
  test.strictSame(rates, [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025])
})
