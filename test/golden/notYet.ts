/**
 * Cases of optax.json for which there is no transformation yet, by the family that they will belong to. A case leaves this
 * list when it gets a row in test/golden/rows.
 */

export const notYet = {
  perElement: [],
  totals: [],
  wrappers: [
  ],
} satisfies Readonly<Record<string, readonly string[]>>
