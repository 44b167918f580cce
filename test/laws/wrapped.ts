/** Rows of the table: combinators and wrappers. */
import * as O from '../../lib/index.js'
import { entry, type Entry } from './entry.js'

const adam = { b1: 0.9, b2: 0.99, eps: 1e-3 }
const onlyA = (path: string): boolean => path.startsWith('a')
const groupOf = (path: string): string => (onlyA(path) ? 'first' : path.includes('b') ? 'second' : 'third')

/** Those that wait for a number before each step, which a GPU in Node cannot, and whose state tells it. */
export const waiting: readonly Entry[] = [
  entry('multiSteps without large gradients', {}, () =>
    O.multiSteps(O.adam(0.1), 2, { shouldSkipUpdate: O.skipLargeUpdates(20) }),
  ),
  entry('multiSteps of finite gradients, behind others, masked, in multiSteps', { decay: 0.9 }, h =>
    O.chain(
      O.trace(h.decay),
      O.conditionallyTransform(O.clip(2), step => step !== 1),
      O.masked(
        O.multiSteps(O.chain(O.scale(2), O.multiSteps(O.trace(0.5), 2, { shouldSkipUpdate: O.skipNotFinite() })), 2, {
          shouldSkipUpdate: O.skipLargeUpdates(10),
          useGradMean: false,
        }),
        onlyA,
      ),
      O.scale(-0.1),
    ),
  ),
]

export const wrappedRules: readonly Entry[] = [
  entry('setToZero', {}, () => O.setToZero()),
  entry('zeroNans', {}, () => O.zeroNans()),
  entry('keepParamsNonnegative', { lr: 0.5 }, h => O.chain(O.sgd(h.lr), O.keepParamsNonnegative())),
  entry('applyEvery', {}, () => O.applyEvery(3)),
  entry('emaOfParams', { decay: 0.9 }, h => O.chain(O.trace(0.9), O.emaOfParams(h.decay))),
  entry('freeze', adam, h => O.chain(O.scaleByAdam(h), O.freeze(onlyA))),
  entry('partition', { lr: 0.1 }, h =>
    O.partition(
      {
        first: O.chain(O.clipByGlobalNorm(1), O.adam(h.lr)),
        second: O.trace(0.9),
        third: O.setToZero(),
        none: O.sgd(1),
      },
      groupOf,
    ),
  ),
  entry('partition by patterns, of a partition, in a chain', {}, () =>
    O.chain(
      O.clip(2),
      O.partition(
        {
          a: O.partition({ in: O.trace(0.5), out: O.scale(2) }, { patterns: [['b', 'in']], otherwise: 'out' }),
          rest: O.multiSteps(O.trace(0.9), 2),
        },
        { patterns: [['^a', 'a']], otherwise: 'rest' },
      ),
      O.addDecayedWeights(0.1),
    ),
  ),
  entry('selectiveTransform', adam, h => O.selectiveTransform(O.scaleByAdam(h), onlyA)),
  entry('conditionallyTransform', {}, () => O.conditionallyTransform(O.scaleByAdam(adam), step => step % 3 !== 1)),
  entry('conditionallyMask', {}, () =>
    O.chain(
      O.conditionallyMask(O.trace(0.9), step => step > 0),
      O.scale(-0.1),
    ),
  ),
  entry('injectHyperparams', {}, () => O.injectHyperparams(O.adamw(0.1, { weightDecay: O.linearSchedule(0, 1, 3) }))),
  entry('applyIfFinite', adam, h => O.applyIfFinite(O.chain(O.clipByGlobalNorm(1), O.adam(0.1, h)), 1)),
  entry('applyIfFinite of wrappers, within itself, masked', { lr: 0.1, decay: 0.9 }, h =>
    O.masked(
      O.applyIfFinite(
        O.chain(
          O.applyIfFinite(O.chain(O.scaleByNovograd(), O.masked(O.trace(h.decay), onlyA)), 0),
          O.lookahead(O.chain(O.scaleByLearningRate(h.lr), O.emaOfParams(0.5)), 2, 0.5),
        ),
        2,
      ),
      path => !path.includes('b'),
    ),
  ),
  entry('mechanize', { weightDecay: 0.1, eps: 1e-3, sInit: 0.1 }, h => O.mechanize(O.sgd(0.5), { ...h, numBetas: 3 })),
  entry('mechanize of a chain with a mask, a guard and another one', {}, () =>
    O.mechanize(
      O.chain(
        O.mechanize(O.masked(O.scale(-0.1), onlyA), { numBetas: 1, eps: 0.1 }),
        O.applyIfFinite(O.sgd(0.1, { momentum: 0.5 }), 1),
      ),
      { numBetas: 2, eps: 0.1, sInit: 0.5 },
    ),
  ),
  entry('lookahead', { lr: 0.1, slowStepSize: 0.5 }, h => O.lookahead(O.adam(h.lr), 2, h.slowStepSize)),
  entry('lookahead, anew', { slowStepSize: 0.5 }, h =>
    O.lookahead(O.chain(O.adam(0.1), O.novograd(0.1), O.emaOfParams(0.9)), 2, h.slowStepSize, { resetState: true }),
  ),
  entry('flatten', { lr: 0.1 }, h => O.flatten(O.chain(O.clipByBlockRms(0.5), O.multiSteps(O.novograd(h.lr), 2)))),
  entry('sam', {}, () => O.sam(O.adamw(0.1), O.chain(O.normalize(), O.sgd(0.05, { momentum: 0.9 })))),
  entry('sam every third step', {}, () =>
    O.sam(O.chain(O.clip(1), O.lion(0.1)), O.novograd(0.1), { syncPeriod: 3, resetState: false }),
  ),
  entry('flatten masked', {}, () => O.masked(O.flatten(O.lamb(0.1)), onlyA)),
]

const norm = (updates: object) => O.globalNorm(updates)

/** Those that only tensors can run. */
export const wrappedInOps: readonly Entry[] = [
  entry('monitor and snapshot', {}, () =>
    O.chain(
      O.monitor({ norm, mean: O.measureWithEma(norm, 0.9), smooth: O.ema(0.5) }),
      O.scale(2),
      O.snapshot('after', norm),
    ),
  ),
]
