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
    'apply_if_finite_adam',
    'mechanize_adam',
    'mechanize(sgd(0.1), s_init 0.1)',
    'mechanize(adamw(0.1), weight_decay 0.1, num_betas 4)',
    'partition(muon, adamw)',
    'apply_if_finite(adam, 5)',
    'apply_if_finite(clip, sgd momentum; 3)',
    'apply_if_finite(clip_by_global_norm, adamw(linear); 2)',
    'zero_nans, apply_if_finite(adam, 2)',
  ],
} satisfies Readonly<Record<string, readonly string[]>>
