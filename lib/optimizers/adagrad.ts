import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { rssOptions, scaleByRss, type RssOptions } from '../transforms/rss.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * Adagrad: `scaleByRss`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source optax `adagrad`, and Adagrad of Keras 3. torch's is `torchAdagrad`, that of Keras's legacy class
 * `kerasAdagrad`.
 * @example
 * import { adagrad } from 'tfjs-optax'
 * const tx = adagrad(0.1)
 */
export const adagrad = /* @__PURE__ */ checked(
  { who: 'adagrad', takes: ['learningRate'], options: rssOptions },
  (learningRate: Hyper, options: RssOptions = {}) => chain(scaleByRss(options), scaleByLearningRate(learningRate)),
)
