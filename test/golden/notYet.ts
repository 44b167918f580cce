/**
 * Cases of optax.json for which there is no transformation yet, by the family that they will belong to. A case leaves this
 * list when it gets a row in test/golden/rows.
 */

export const notYet = {
  perElement: [],
  totals: [
    'muon_plain_rms',
    'muon_aol_dion',
    'muon_schatten',
    'muon(0.1), layers',
    'muon(linear, beta 0.8, ns_steps 3)',
    'muon(adam_learning_rate, adam_weight_decay)',
    'muon(adaptive)',
    'muon(no nesterov, own coefficients)',
    'muon(coefficients by step)',
    'muon(spectral)',
    'muon(aol)',
    'muon(schatten, dion)',
    'muon(decay mask)',
    'muon(dimension numbers)',
  ],
  wrappers: [
    'flatten_adam',
    'sam_transparent',
    'multi_steps(adam, 2, skip_large_updates(4))',
    'lookahead(adam(0.1), 2, 0.3, reset_state)',
    'flatten(clip_by_block_rms(0.5))',
    'flatten(lamb(0.1))',
    'sam(sgd(0.1), 3)',
    'monitor, snapshot, adam',
    'partition(muon, adamw)',
    'multi_steps(adam, 2, skip_not_finite)',
    'multi_steps(sgd momentum, 3, sums, skip_not_finite)',
    'multi_steps(adam, 2, skip_large_updates(1e3))',
  ],
} satisfies Readonly<Record<string, readonly string[]>>
