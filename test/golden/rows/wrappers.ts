/** Rows of the wrappers and combinators. */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../../lib/index.js'
import type { Rows } from './row.js'

const labels = { kernel: 'matrix', bias: 'rest', gain: 'rest' }
const bias = { kernel: false, bias: true, gain: false }
const byRank = (path: string): string => ({ kernel: 'rank 2', bias: 'rank 1' })[path] ?? 'rank 0'
const total = (updates: O.Extra): tf.Tensor => tf.addN(O.tensorsOf(updates).map(([, leaf]) => tf.sum(leaf)))
const first = { w: true, b: false }
const linear = O.linearSchedule(0.1, 0.01, 4)

/** An update at a synchronisation is the difference of two parameters, so it has their rounding. */
const atol = 2e-7

export const wrappers: Rows = {
  set_to_zero: O.setToZero(),
  zero_nans: O.zeroNans(),
  cond_mask: O.conditionallyMask(O.adam(0.05), step => step % 2 === 0),
  freeze_w: O.freeze(first),
  selective: O.selectiveTransform(O.adam(0.05), first),
  'sgd(0.3), keep_params_nonnegative': O.chain(O.sgd(0.3), O.keepParamsNonnegative()),
  'apply_every(3)': O.applyEvery(3),
  'adam, apply_every(2)': O.chain(O.adam(0.1), O.applyEvery(2)),
  'conditionally_transform(adam, from the third)': O.conditionallyTransform(O.adam(0.1), step => step >= 2),
  'conditionally_mask(sgd momentum, not every third)': O.conditionallyMask(
    O.sgd(0.1, { momentum: 0.9 }),
    step => step % 3 !== 0,
  ),
  'conditionally_mask(adam, while the value is above 2)': O.conditionallyMask(
    O.adam(0.1),
    (_step, { value }) => Number(value) > 2,
  ),
  'lookahead(sgd(0.2), 3, 0.5)': { tx: O.lookahead(O.sgd(0.2), 3, 0.5), atol },
  'lookahead(adam(0.1), 2, 0.3)': { tx: O.lookahead(O.adam(0.1), 2, 0.3), atol },
  'lookahead(adam(0.1), 2, 0.3, reset_state)': { tx: O.lookahead(O.adam(0.1), 2, 0.3, { resetState: true }), atol },
  'lookahead(sgd momentum, 1, 0.5)': { tx: O.lookahead(O.sgd(0.1, { momentum: 0.9 }), 1, 0.5), atol },
  flatten_adam: O.flatten(O.adam(0.05)),
  'flatten(clip_by_block_rms(0.5))': O.flatten(O.clipByBlockRms(0.5)),
  'flatten(lamb(0.1))': O.flatten(O.lamb(0.1)),
  'monitor, snapshot, adam': O.chain(
    O.monitor({ sum: total, mean: O.measureWithEma(total, 0.9) }),
    O.snapshot('first', total),
    O.adam(0.1),
  ),
  sam_transparent: { tx: O.sam(O.sgd(0.05), O.chain(O.normalize(), O.sgd(0.02))), atol },
  'sam(sgd(0.1), 3)': {
    tx: O.sam(O.sgd(0.1, { momentum: 0.9 }), O.chain(O.normalize(), O.sgd(0.05)), { syncPeriod: 3, resetState: false }),
    atol,
  },
  'partition(labels)': O.partition({ matrix: O.adam(0.1), rest: O.sgd(0.3, { momentum: 0.9 }) }, labels),
  'partition(by rank)': O.partition(
    { 'rank 0': O.setToZero(), 'rank 1': O.lion(0.05), 'rank 2': O.adamw(0.1, { weightDecay: 0.1 }) },
    byRank,
  ),
  'partition(clip_by_global_norm in a group)': O.chain(
    O.partition({ matrix: O.clipByGlobalNorm(0.5), rest: O.identity(), none: O.adam(1) }, labels),
    O.sgd(0.1),
  ),
  'partition(of a partition)': O.partition(
    {
      matrix: O.adam(0.1),
      rest: O.partition({ a: O.sgd(0.1), b: O.setToZero() }, { kernel: 'a', bias: 'a', gain: 'b' }),
    },
    labels,
  ),
  'freeze(true)': O.freeze(true),
  'adam, freeze(bias)': O.chain(O.adam(0.1), O.freeze(bias)),
  'selective_transform(adamw, frozen bias)': O.selectiveTransform(O.adamw(0.1), bias),
  'stateless(u + 0.1 p)': O.stateless((updates: Record<string, tf.Tensor>, params: Record<string, tf.Tensor>) =>
    O.mapTree(updates, (u, _path, p: tf.Tensor) => tf.add(u, tf.mul(0.1, p)), params),
  ),
  'stateless_with_tree_map(u - 0.2 p)': O.statelessWithTreeMap((u, p) => tf.sub(u, tf.mul(0.2, p))),
  apply_if_finite_adam: O.applyIfFinite(O.adam(0.05), 2),
  'apply_if_finite(adam, 5)': O.applyIfFinite(O.adam(0.1), 5),
  'apply_if_finite(clip, sgd momentum; 3)': O.applyIfFinite(O.chain(O.clip(1), O.sgd(0.1, { momentum: 0.9 })), 3),
  'apply_if_finite(clip_by_global_norm, adamw(linear); 2)': O.applyIfFinite(
    O.chain(O.clipByGlobalNorm(1), O.adamw(linear, { weightDecay: 0.1 })),
    2,
  ),
  'zero_nans, apply_if_finite(adam, 2)': O.chain(O.zeroNans(), O.applyIfFinite(O.adam(0.1), 2)),
  mechanize_adam: { tx: O.mechanize(O.adam(0.05), { sInit: 1e-2 }), atol },
  'mechanize(sgd(0.1), s_init 0.1)': { tx: O.mechanize(O.sgd(0.1), { sInit: 0.1 }), atol },
  'mechanize(adamw(0.1), weight_decay 0.1, num_betas 4)': {
    tx: O.mechanize(O.adamw(0.1), { weightDecay: 0.1, sInit: 0.1, numBetas: 4 }),
    atol,
  },
  'multi_steps(adam, 2, skip_large_updates(4))': O.multiSteps(O.adam(0.1), 2, {
    shouldSkipUpdate: O.skipLargeUpdates(4),
  }),
  'multi_steps(adam, 2, skip_not_finite)': O.multiSteps(O.adam(0.1), 2, { shouldSkipUpdate: O.skipNotFinite() }),
  'multi_steps(sgd momentum, 3, sums, skip_not_finite)': O.multiSteps(O.sgd(0.1, { momentum: 0.9 }), 3, {
    useGradMean: false,
    shouldSkipUpdate: O.skipNotFinite(),
  }),
  'multi_steps(adam, 2, skip_large_updates(1e3))': O.multiSteps(O.adam(0.1), 2, {
    shouldSkipUpdate: O.skipLargeUpdates(1e3),
  }),
  'zero_nans, clip(1)': O.chain(O.zeroNans(), O.clip(1)),
  // for the reason at the other rows of muon
  'partition(muon, adamw)': {
    tx: O.partition({ m: O.muon(0.1), a: O.adamw(0.1) }, { wide: 'm', tall: 'a', bias: 'm' }),
    atol: 5e-7,
  },
}
