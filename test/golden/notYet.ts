/**
 * Cases of optax.json for which there is no transformation yet, by the family that they will belong to. A case leaves this
 * list when it gets a row in test/golden/rows.
 */

export const notYet = {
  perElement: [],
  totals: [],
  wrappers: [
    'flatten_adam',
    'sam_transparent',
    'multi_steps(adam, 2, skip_large_updates(4))',
    'lookahead(adam(0.1), 2, 0.3, reset_state)',
    'flatten(clip_by_block_rms(0.5))',
    'flatten(lamb(0.1))',
    'sam(sgd(0.1), 3)',
    'monitor, snapshot, adam',
    'multi_steps(adam, 2, skip_not_finite)',
    'multi_steps(sgd momentum, 3, sums, skip_not_finite)',
    'multi_steps(adam, 2, skip_large_updates(1e3))',
  ],
} satisfies Readonly<Record<string, readonly string[]>>
