/** Rows of the transformations and recipes that were here first. */
import * as O from '../../../lib/index.js'
import type { Rows } from './row.js'

/**
 * Three elements lie where Adam's direction and the decay cancel to a hundredth: there optax's own float32 bias
 * correction leaves an error of 3e-8, up to 6e-5 of what remains. So does one parameter after two updates of the third.
 */
const atol = 5e-8
const onMatrix = { w: true, b: false }
const kernel = { kernel: true, bias: false, gain: false }
const linear = O.linearSchedule(0.1, 0.01, 4)

export const existing: Rows = {
  identity: O.identity(),
  'scale(-0.1)': O.scale(-0.1),
  sgd: O.sgd(0.05),
  sgd_mom: O.sgd(0.05, { momentum: 0.9 }),
  trace: O.trace(0.9),
  trace_nesterov: O.trace(0.9, { nesterov: true }),
  adam: O.adam(0.05),
  adam_eps_root: O.adam(0.05, { epsRoot: 1e-4 }),
  nadam: O.adam(0.05, { nesterov: true }),
  adamw: { tx: O.adamw(0.05, { weightDecay: 0.1 }), atol },
  nadamw: { tx: O.adamw(0.05, { weightDecay: 0.1, nesterov: true }), atol },
  amsgrad: O.chain(O.scaleByAmsgrad(), O.scaleByLearningRate(0.05)),
  clip: O.clip(0.5),
  clip_by_global_norm: O.clipByGlobalNorm(1),
  add_decayed_weights: O.addDecayedWeights(0.1),
  scale_by_schedule: O.scaleBySchedule(O.cosineDecaySchedule(1, 4)),
  multisteps_adam_2: { tx: O.multiSteps(O.adam(0.05), 2), atol },
  muon: O.muon(0.05),
  masked_adam_w: O.masked(O.adam(0.05), onMatrix),
  inject_adam_sched: O.adam(O.linearSchedule(0.1, 0, 4)),
  'multi_steps(adam, 3)': O.multiSteps(O.adam(0.1), 3),
  'multi_steps(sgd momentum, 2, sums)': O.multiSteps(O.sgd(0.1, { momentum: 0.9 }), 2, { useGradMean: false }),
  'multi_steps(adamw(linear), 1)': O.multiSteps(O.adamw(linear), 1),
  'multi_steps(adam(linear), k by schedule)': O.multiSteps(O.adam(linear), count => Math.min(count + 1, 3)),
  'multi_steps(clip_by_global_norm, adam; 2)': O.multiSteps(O.chain(O.clipByGlobalNorm(0.5), O.adam(0.1)), 2),
  'clip, multi_steps(trace, 2), decay': O.chain(O.clip(0.5), O.multiSteps(O.trace(0.9), 2), O.addDecayedWeights(0.1)),
  'multi_steps(multi_steps(sgd, 2), 2)': O.multiSteps(O.multiSteps(O.sgd(0.1), 2), 2),
  'masked(masked(trace))': O.masked(O.masked(O.trace(0.9), { kernel: true, bias: false, gain: true }), {
    kernel: true,
    bias: true,
    gain: false,
  }),
  // One element of the fifth update cancels to 6e-5.
  'masked(chain(clip_by_global_norm, adam))': {
    tx: O.masked(O.chain(O.clipByGlobalNorm(0.5), O.adam(0.1)), kernel),
    atol,
  },
  'named_chain(clip, adam, decay)': O.namedChain(
    ['clip', O.clipByGlobalNorm(1)],
    ['adam', O.scaleByAdam()],
    ['decay', O.addDecayedWeights(0.1)],
    ['rate', O.scale(-0.1)],
  ),
  'inject_hyperparams(adamw)(linear, decay by schedule)': O.adamw(linear, { weightDecay: O.linearSchedule(0.2, 0, 4) }),
  'inject_hyperparams(adam)(b1 by schedule)': O.adam(0.1, {
    b1: O.linearSchedule(0.5, 0.9, 5),
    b2: O.linearSchedule(0.8, 0.95, 5),
  }),
  'inject_hyperparams(sgd)(momentum by schedule)': O.sgd(0.1, { momentum: O.linearSchedule(0.9, 0.1, 5) }),
  'inject_hyperparams(clip_by_global_norm)(by schedule)': O.clipByGlobalNorm(O.linearSchedule(2, 0.1, 5)),
}
