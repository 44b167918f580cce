/** Configs of transformations that contain others. */
import { chain, identity } from '../../chain.js'
import { aggregate } from '../../replicas/aggregate.js'
import type { GradientTransformation } from '../../transform.js'
import { masked } from '../../wrappers/masked.js'
import { multiSteps } from '../../wrappers/multiSteps.js'
import { kind, options } from '../kind.js'
import { later, links, namedChainOf, namedLinks } from '../links.js'
import { mask } from '../masks.js'
import type { Parts, TransformKinds } from '../parts.js'
import { choice, flag, integer, interval } from '../values.js'

export const nestKinds = ({ transform, schedule }: Parts): TransformKinds => ({
  chain: kind(options({ links: links(transform) }, {}), o => chain(...o.links)),
  namedChain: kind(options({ links: namedLinks(transform) }, {}), o => namedChainOf(o.links)),
  identity: kind(options({}, {}), () => identity()),
  masked: kind(options({ inner: later(transform), mask }, {}), o => masked(o.inner, o.mask)),
  multiSteps: kind(
    options({ inner: later(transform), everyK: interval(schedule) }, { useGradMean: flag }),
    ({ inner, everyK, ...rest }) => multiSteps(inner, everyK, rest),
  ),
  aggregate: kind(
    options({ how: choice('sum', 'mean') }, { each: later(transform), axis: integer }),
    ({ how, ...rest }): GradientTransformation => aggregate(how, rest as never),
  ),
})
