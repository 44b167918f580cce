/** The table of all rules and recipes. Every law runs over it; a new rule is a line here. */
import * as O from '../../lib/index.js'
import {
  abs,
  add,
  decayRate,
  elementwise,
  finite,
  isFinite,
  lt,
  mul,
  select,
  sqrt,
  square,
  sub,
} from '../../lib/rule.js'
import type { GradientTransformation, Hyper } from '../../lib/index.js'
import { adaptiveRules } from './adaptive.js'
import { entry, type Entry } from './entry.js'
import { estimatingRules } from './estimating.js'
import { normRules, normsInOps } from './norms.js'
import { waiting, wrappedInOps, wrappedRules } from './wrapped.js'

export { waiting }

export type { Entry }

const adam = { b1: 0.9, b2: 0.99, eps: 1e-3, epsRoot: 1e-6 }
const rmsprop = { rho: 0.9, eps: 1e-3 }
const lamb = { b1: 0.9, b2: 0.99, eps: 1e-3, weightDecay: 0.1 }
const lars = { momentum: 0.9, weightDecay: 0.1, eeta: 0.01 }
const onlyA = (path: string): boolean => path.startsWith('a')

/** Values by patterns, made once: each says once that a pattern finds no leaf, as in most random trees. */
const byPatterns = {
  b1: O.byPath([['b', 0.8]], 0.9),
  decay: O.byPath([['^a', O.linearSchedule(0.1, 0.2, 3)]], 0),
  rate: O.byPath(
    [
      ['a', 0.1],
      ['b', 0.2],
    ],
    0.3,
  ),
  decayOfC: O.byPath([['c', 0.2]], 0.1),
  half: O.byPath([['a', 0.5]], 0.25),
}

/** The library's own. */
export const rules: readonly Entry[] = [
  entry('identity', {}, () => O.identity()),
  entry('scale', { stepSize: -0.3 }, h => O.scale(h.stepSize)),
  entry('scaleBySchedule', {}, () => O.scaleBySchedule(O.linearSchedule(-1, -0.1, 3))),
  entry('scaleByLearningRate', { learningRate: 0.1 }, h => O.scaleByLearningRate(h.learningRate)),
  entry('clip', { maxDelta: 0.5 }, h => O.clip(h.maxDelta)),
  entry('clipByNorm', { maxNorm: 0.7 }, h => O.clipByNorm(h.maxNorm)),
  entry('clipByGlobalNorm', { maxNorm: 0.7 }, h => O.clipByGlobalNorm(h.maxNorm)),
  entry('addDecayedWeights', { weightDecay: 0.1 }, h => O.addDecayedWeights(h.weightDecay)),
  entry('addDecayedWeights masked', { weightDecay: 0.1 }, h => O.addDecayedWeights(h.weightDecay, { mask: onlyA })),
  entry('trace', { decay: 0.9 }, h => O.trace(h.decay)),
  entry('trace nesterov', { decay: 0.9 }, h => O.trace(h.decay, { nesterov: true })),
  entry('scaleByAdam', adam, O.scaleByAdam),
  entry('adamEpsilonHat', { lr: 0.1, b1: 0.9, b2: 0.99, eps: 1e-3 }, ({ lr, ...h }) => O.adamEpsilonHat(lr, h)),
  entry('amsgradEpsilonHat', { lr: 0.1, b1: 0.9, b2: 0.99, eps: 1e-3 }, ({ lr, ...h }) => O.amsgradEpsilonHat(lr, h)),
  entry('kerasMomentum', { lr: 0.1, momentum: 0.9 }, ({ lr, ...h }) => O.kerasMomentum(lr, h)),
  entry('kerasMomentum nesterov', { lr: 0.1, momentum: 0.9 }, ({ lr, momentum }) =>
    O.kerasMomentum(lr, { momentum, nesterov: true }),
  ),
  entry('kerasRmsprop', { lr: 0.1, ...rmsprop }, ({ lr, ...h }) => O.kerasRmsprop(lr, h)),
  entry('kerasRmsprop centered', { lr: 0.1, ...rmsprop }, ({ lr, ...h }) =>
    O.kerasRmsprop(lr, { ...h, centered: true }),
  ),
  entry('kerasRmsprop momentum', { lr: 0.1, momentum: 0.9, ...rmsprop }, ({ lr, ...h }) => O.kerasRmsprop(lr, h)),
  entry('kerasRmsprop momentum centered', { lr: 0.1, momentum: 0.9, ...rmsprop }, ({ lr, ...h }) =>
    O.kerasRmsprop(lr, { ...h, centered: true }),
  ),
  entry('kerasAdagrad', { lr: 0.1, eps: 1e-3 }, ({ lr, ...h }) => O.kerasAdagrad(lr, h)),
  entry('kerasLamb', { lr: 0.1, ...lamb }, ({ lr, ...h }) => O.kerasLamb(lr, h)),
  entry('kerasLamb masked', { lr: 0.1, ...lamb }, ({ lr, ...h }) => O.kerasLamb(lr, { ...h, decayMask: onlyA })),
  entry('kerasLars', { lr: 0.1, ...lars }, ({ lr, ...h }) => O.kerasLars(lr, h)),
  entry('kerasLars popular, masked', { lr: 0.1, ...lars }, ({ lr, ...h }) =>
    O.kerasLars(lr, { ...h, nesterov: true, classicMomentum: false, decayMask: onlyA, adaptMask: false }),
  ),
  entry('decayParams', { lr: 0.1, weightDecay: 0.5 }, h => O.chain(O.decayParams(h.lr, h.weightDecay), O.scale(-0.1))),
  entry('clipnorm', { c: 0.7 }, h => O.clipnorm(h.c)),
  entry('globalClipnorm', { c: 0.7 }, h => O.globalClipnorm(h.c)),
  entry('scaleByNadam', adam, O.scaleByNadam),
  entry('scaleByAmsgrad', adam, O.scaleByAmsgrad),
  entry('masked', adam, h => O.masked(O.scaleByAdam(h), onlyA)),
  entry('sgd', { learningRate: 0.1 }, h => O.sgd(h.learningRate)),
  entry('sgd momentum', { learningRate: 0.1, momentum: 0.9 }, h => O.sgd(h.learningRate, { momentum: h.momentum })),
  entry('adam', { lr: 0.1, ...adam }, ({ lr, ...h }) => O.adam(lr, h)),
  entry('adamw', { lr: 0.1, weightDecay: 0.1, ...adam }, ({ lr, ...h }) => O.adamw(lr, h)),
  entry('nadamw', { lr: 0.1, ...adam }, ({ lr, ...h }) => O.adamw(lr, { nesterov: true, ...h })),
  entry('adamw by path', { a: 0.1, b: 0.02 }, h =>
    O.adamw(
      O.byPath(path => (onlyA(path) ? (h.a as number) : (h.b as number))),
      { b1: byPatterns.b1, weightDecay: byPatterns.decay, eps: 1e-3 },
    ),
  ),
  entry('kerasLamb by path, masked', {}, () =>
    O.kerasLamb(byPatterns.rate, { ...lamb, weightDecay: byPatterns.decayOfC, decayMask: onlyA }),
  ),
  entry('multiSteps', { lr: 0.1, ...adam }, ({ lr, ...h }) => O.multiSteps(O.adam(lr, h), 2)),
  entry('multiSteps of sums, scheduled, in a chain', { decay: 0.9 }, ({ decay }) =>
    O.chain(
      O.clip(2),
      O.multiSteps(O.trace(decay), count => 1 + (count % 3), { useGradMean: false }),
      O.addDecayedWeights(0.1),
    ),
  ),
  entry('multiSteps masked, of multiSteps', {}, () => O.masked(O.multiSteps(O.multiSteps(O.trace(0.9), 2), 2), onlyA)),
  entry('namedChain', { maxNorm: 1 }, h =>
    O.namedChain(['clip', O.clipByGlobalNorm(h.maxNorm)], ['adam', O.scaleByAdam(adam)]),
  ),
  ...adaptiveRules,
  ...normRules,
  ...wrappedRules,
  ...waiting,
  ...estimatingRules,
]

/** Those with links in tfjs ops, which only tensors can run. */
export const inOps: readonly Entry[] = [...normsInOps, ...wrappedInOps]

/** Decays the parameter itself, before the links behind it. */
const mover = (rate: Hyper = 0.1) =>
  elementwise({
    name: 'decayFirst',
    hyper: { rate: finite(rate) },
    step: ({ u, p }, { rate }) => ({ u: mul(u, rate), p: sub(p, mul(mul(p, rate), 0.01)) }),
  })

/** What the language can do and no rule of the library uses yet. */
export const probes: readonly Entry[] = [
  entry('probe: moves p', { rate: 0.1 }, h => mover(h.rate)),
  entry('probe: moves p in a chain', { rate: 0.1 }, h =>
    O.chain(mover(h.rate), O.scaleByAdam(adam), O.addDecayedWeights(0.1), O.scale(-0.1)),
  ),
  entry('probe: moves p masked', { rate: 0.1 }, h => O.chain(O.masked(mover(h.rate), onlyA), O.scale(-1))),
  entry('masked masked', {}, () =>
    O.masked(
      O.masked(O.trace(0.9), path => !path.includes('b')),
      onlyA,
    ),
  ),
  entry('probe: slot from p', {}, () =>
    elementwise({
      name: 'pullBack',
      slots: { start: ({ p }) => p, doubled: ({ p }) => add(p, p) },
      step: ({ u, p, start, doubled }) => ({ u: add(u, sub(start, p)), start, doubled: sub(doubled, u) }),
    }),
  ),
  entry('probe: totals', { decay: 0.5 }, h =>
    elementwise({
      name: 'totals',
      hyper: { decay: decayRate(h.decay) },
      totals: {
        n: { over: 'leaf', of: () => 1 },
        most: { over: 'tree', reduce: 'max', of: ({ u }) => abs(u) },
        sq: { over: 'leaf', of: ({ u, most }) => square(sub(abs(u), most)) },
      },
      step: ({ u, n, most, sq }, { decay }) => ({ u: add(mul(u, decay), sub(sqrt(add(sq, n)), most)) }),
    }),
  ),
  entry('probe: totals by path', {}, () =>
    elementwise({
      name: 'totals',
      hyper: { decay: decayRate(byPatterns.half) },
      totals: {
        most: { over: 'tree', reduce: 'max', of: ({ u }, { decay }) => mul(abs(u), decay) },
        sq: { over: 'leaf', of: ({ u, most }, { decay }) => square(sub(mul(abs(u), decay), most)) },
      },
      step: ({ u, most, sq }, { decay }) => ({ u: add(mul(u, decay), sub(sqrt(add(sq, 1)), most)) }),
    }),
  ),
  entry('probe: a number by path', {}, () =>
    elementwise({
      name: 'constantByPath',
      hyper: { value: finite(byPatterns.half) },
      step: (_x, { value }) => ({ u: value }),
    }),
  ),
  entry('probe: cells', { decay: 0.5 }, h =>
    O.chain(
      O.trace(0.9),
      elementwise({
        name: 'cells',
        hyper: { decay: decayRate(h.decay) },
        slots: { s: 0 },
        cells: {
          most: { over: 'tree', first: 0.25 },
          steps: { over: 'tree', first: 0 },
          own: { over: 'leaf', first: 2 },
          kept: { over: 'leaf', first: 3 },
        },
        totals: {
          sq: { over: 'tree', of: ({ u, most }) => square(mul(u, most)) },
          mine: { over: 'leaf', of: ({ u, own, sq }) => mul(abs(u), add(own, sq)) },
        },
        step: ({ u, s, most, steps, own, kept, sq, mine }, { decay }) => {
          const next = select(lt(most, sq), sqrt(sq), most)
          return {
            u: add(mul(u, add(next, own)), mul(s, kept)),
            s: add(mul(s, decay), u),
            most: next,
            steps: add(steps, 1),
            own: add(mul(own, decay), mine),
            kept,
          }
        },
      }),
      O.masked(
        elementwise({
          name: 'leafCell',
          cells: { n: { over: 'leaf', first: 1 }, whole: { over: 'tree', first: 1 } },
          totals: { sum: { over: 'leaf', of: ({ p }) => p }, all: { over: 'tree', reduce: 'max', of: ({ u }) => u } },
          step: ({ u, n, whole, sum, all }) => ({ u: sub(u, mul(n, whole)), n: sub(sum, n), whole: add(all, 1) }),
        }),
        onlyA,
      ),
    ),
  ),
  entry('probe: cells by path', {}, () =>
    elementwise({
      name: 'cellsByPath',
      hyper: { rate: finite(byPatterns.half), shared: finite(0.5) },
      cells: { own: { over: 'leaf', first: 1 }, all: { over: 'tree', first: 0 } },
      totals: { sum: { over: 'tree', of: ({ u }, { rate }) => mul(u, rate) } },
      step: ({ u, own, all, sum }, { rate, shared }) => ({
        u: mul(u, own),
        own: mul(own, rate),
        all: add(all, mul(sum, shared)),
      }),
    }),
  ),
  entry('probe: extras', { decay: 0.5 }, h =>
    O.chain(
      elementwise({
        name: 'extras',
        hyper: { decay: decayRate(h.decay) },
        extras: ['value', 'weight'],
        cells: { mean: { over: 'tree', first: 0 }, own: { over: 'leaf', first: 1 } },
        totals: { most: { over: 'leaf', reduce: 'max', of: ({ u, value }) => mul(u, value) } },
        step: ({ u, mean, own, value, weight, most }, { decay }) => ({
          u: add(mul(u, weight), sub(mean, most)),
          mean: add(mul(mean, decay), value),
          own: add(mul(own, value), most),
        }),
      }),
      elementwise({ name: 'again', extras: ['value'], step: ({ u, value }) => ({ u: sub(u, value) }) }),
    ),
  ),
  entry('probe: the greatest of negative numbers', {}, () =>
    elementwise({
      name: 'greatest',
      totals: {
        whole: { over: 'tree', reduce: 'max', of: ({ u }) => sub(-1, abs(u)) },
        own: { over: 'leaf', reduce: 'max', of: ({ u }) => sub(-2, abs(u)) },
      },
      step: ({ u, whole, own }) => ({ u: add(u, add(whole, own)) }),
    }),
  ),
  entry('probe: only finite', {}, () =>
    elementwise({ name: 'onlyFinite', step: ({ u }) => ({ u: select(isFinite(u), u, 0) }) }),
  ),
  entry('probe: constant', {}, () =>
    elementwise({ name: 'constant', slots: { s: 2 }, step: () => ({ u: 0.1, s: 3 }) }),
  ),
]

/** The transformation of an entry with the numbers of the table. */
export const made = ({ hyper, make }: Entry): GradientTransformation => make(hyper)

/** What every device runs, the probes of the language too. */
export const all: readonly Entry[] = [...rules.filter(one => !waiting.includes(one)), ...probes]
