/** The numbers of a run that are no options: the model, and how it is trained. A run file holds them too. */
export const settings = {
  /** characters that the model sees at once */
  context: 64,
  width: 64,
  heads: 2,
  layers: 2,
  /** windows of text in a step */
  batch: 8,
  peakRate: 5e-3,
  /** share of the steps that warm up */
  warmup: 0.05,
  b1: 0.9,
  b2: 0.99,
  weightDecay: 0.1,
  maxNorm: 1,
} as const

export const defaults = { steps: 1200, seed: 1, backend: 'wasm', save: 'runs/char' } as const
