/** Configs of transformations that contain others. */
import { chain, identity } from '../../chain.js'
import { aggregate } from '../../replicas/aggregate.js'
import type { GradientTransformation } from '../../transform.js'
import { applyIfFinite } from '../../wrappers/applyIfFinite.js'
import { injectHyperparams } from '../../wrappers/injectHyperparams.js'
import { lookahead } from '../../wrappers/lookahead.js'
import { masked } from '../../wrappers/masked.js'
import { sam } from '../../wrappers/sam.js'
import { flatten } from '../../wrappers/flatten.js'
import { freeze, selectiveTransform } from '../../wrappers/freeze.js'
import { partition } from '../../wrappers/partition.js'
import { labels } from '../labels.js'
import { mechanize } from '../../wrappers/mechanize.js'
import { multiSteps } from '../../wrappers/multiSteps.js'
import { kind, options, tagged, type Codec, type Kind } from '../kind.js'
import { later, links, namedChainOf, namedLinks } from '../links.js'
import { mask } from '../masks.js'
import type { Parts, TransformKinds } from '../parts.js'
import { choice, flag, integer, interval, positive, positiveSteps, steps } from '../values.js'
import { skipLargeUpdates, skipNotFinite, type SkipRule } from '../../wrappers/skip.js'
import { isRecord } from '../../tree/structure.js'

const skipRule: Codec<SkipRule> = tagged({
  name: 'a rule of skipped gradients',
  kinds: new Map<string, Kind<SkipRule>>([
    ['skipNotFinite', kind(options({}, {}), () => skipNotFinite())],
    ['skipLargeUpdates', kind(options({ maxSquaredNorm: positive }, {}), o => skipLargeUpdates(o.maxSquaredNorm))],
  ]),
  is: (u): u is SkipRule => isRecord(u) && typeof u['skips'] === 'function',
  encode: ({ type, args }) => ({ type, ...args }),
})

export const nestKinds = ({ transform, schedule, h }: Parts): TransformKinds => {
  const inner = later(transform)
  const groups = kind(options({ groups: namedLinks(transform), labels }, {}), (o): GradientTransformation =>
    partition(Object.fromEntries(o.groups.map(({ name, link }) => [name, link])), o.labels),
  )
  return {
    chain: kind(options({ links: links(transform) }, {}), o => chain(...o.links)),
    namedChain: kind(options({ links: namedLinks(transform) }, {}), o => namedChainOf(o.links)),
    identity: kind(options({}, {}), () => identity()),
    masked: kind(options({ inner: later(transform), mask }, {}), o => masked(o.inner, o.mask)),
    multiSteps: kind(
      options(
        { inner: later(transform), everyK: interval(schedule) },
        { useGradMean: flag, shouldSkipUpdate: skipRule },
      ),
      ({ inner, everyK, ...rest }) => multiSteps(inner, everyK, rest),
    ),
    aggregate: kind(
      options({ how: choice('sum', 'mean') }, { each: later(transform), axis: integer }),
      ({ how, ...rest }): GradientTransformation => aggregate(how, rest as never),
    ),
    partition: groups,
    multiTransform: groups,
    sam: kind(
      options({ optimizer: inner, advOptimizer: inner }, { syncPeriod: positiveSteps, resetState: flag }),
      ({ optimizer, advOptimizer, ...rest }): GradientTransformation => sam(optimizer, advOptimizer, rest),
    ),
    flatten: kind(options({ inner }, {}), (o): GradientTransformation => flatten(o.inner)),
    freeze: kind(options({ mask }, {}), o => freeze(o.mask)),
    selectiveTransform: kind(options({ inner, mask }, {}), (o): GradientTransformation =>
      selectiveTransform(o.inner, o.mask),
    ),
    injectHyperparams: kind(options({ inner }, {}), (o): GradientTransformation => injectHyperparams(o.inner)),
    applyIfFinite: kind(options({ inner, maxConsecutiveErrors: steps }, {}), (o): GradientTransformation =>
      applyIfFinite(o.inner, o.maxConsecutiveErrors),
    ),
    mechanize: kind(
      options({ base: inner }, { weightDecay: h.nonNegative, eps: h.positive, sInit: h.positive, numBetas: integer }),
      ({ base, ...rest }): GradientTransformation => mechanize(base, rest),
    ),
    lookahead: kind(
      options({ inner, syncPeriod: positiveSteps, slowStepSize: h.finite }, { resetState: flag }),
      ({ inner: fast, syncPeriod, slowStepSize, ...rest }): GradientTransformation =>
        lookahead(fast, syncPeriod, slowStepSize, rest),
    ),
  }
}
