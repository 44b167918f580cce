/** Examples of wrappers, of what goes into them, and of combinators. */
import type { Rows } from './subject.js'

const onKernel = "path => path !== 'bias'"

export const wrapperRows: Rows = {
  aggregate: [
    "chain(aggregate('mean'), sgd($rate))",
    undefined,
    'Two replicas with equal gradients, so the mean is that of one.',
  ],
  applyIfFinite: ['applyIfFinite(adam($rate), 5)'],
  byPath: ["adam(byPath([['bias$', 0.3]], 0.03))"],
  chain: ['chain(clipByGlobalNorm(1), adam($rate))'],
  conditionallyMask: ['conditionallyMask(adam($rate), step => step % 2 === 1)'],
  conditionallyTransform: ['chain(conditionallyTransform(clipByGlobalNorm(1), step => step < 50), sgd($rate))'],
  flatten: ['flatten(novograd($rate))'],
  freeze: [
    "chain(adam($rate), freeze(path => path === 'bias'))",
    undefined,
    'In the regression the bias stays where it was, so the loss cannot fall below what it costs.',
  ],
  identity: ['identity()', 'chain(identity(), sgd($rate))'],
  injectHyperparams: ['injectHyperparams(adam($rate))'],
  lookahead: ['lookahead(adam($rate), 5, 0.5)'],
  masked: [`chain(masked(clipByGlobalNorm(1), ${onKernel}), sgd($rate))`],
  matching: ["chain(masked(clipByGlobalNorm(1), matching({ exclude: ['bias'] })), sgd($rate))"],
  measureWithEma: ['chain(monitor({ meanNorm: measureWithEma(updates => globalNorm(updates), 0.9) }), sgd($rate))'],
  mechanize: ['mechanize(adam(0.01))'],
  monitor: ['chain(monitor({ norm: updates => globalNorm(updates) }), sgd($rate))'],
  multiSteps: ['multiSteps(adam($rate), 4)'],
  multiTransform: ["multiTransform({ fast: adam(0.1), slow: sgd(0.02) }, path => path === 'bias' ? 'fast' : 'slow')"],
  namedChain: ["namedChain(['clip', clipByGlobalNorm(1)], ['adam', adam($rate)])"],
  partition: ["partition({ fast: adam(0.1), slow: sgd(0.02) }, path => path === 'bias' ? 'fast' : 'slow')"],
  sam: ['sam(sgd($rate), chain(normalize(), sgd(0.05)))'],
  selectiveTransform: ["selectiveTransform(adam($rate), path => path === 'bias')"],
  skipLargeUpdates: ['multiSteps(adam($rate), 2, { shouldSkipUpdate: skipLargeUpdates(1000) })'],
  skipNotFinite: ['multiSteps(adam($rate), 2, { shouldSkipUpdate: skipNotFinite() })'],
  snapshot: ["chain(snapshot('norm', updates => globalNorm(updates)), sgd($rate))"],
  stateless: ['chain(stateless(updates => mapTree(updates, leaf => tf.mul(leaf, 0.5))), sgd($rate))'],
  statelessWithTreeMap: ['chain(statelessWithTreeMap(update => tf.clipByValue(update, -1, 1)), sgd($rate))'],
}
