/** The chains that are timed, and who does the same (or less) elsewhere. */
import * as tf from '@tensorflow/tfjs-core'
import {
  adafactor,
  adam,
  adamw,
  adan,
  ademamix,
  chain,
  clipByGlobalNorm,
  explain,
  kerasLamb,
  prodigy,
  addDecayedWeights,
  scaleByLearningRate,
  sgd,
  type GradientTransformation,
} from '../../lib/index.js'
import { decayRate, elementwise, ema, sign } from '../../lib/rule.js'
import type { HandOptions } from './hand.js'
import * as loops from './loops.js'

export interface Chain {
  readonly name: string
  readonly make: () => GradientTransformation
  /** the nearest that tfjs has; it neither clips nor decays */
  readonly tfjs: { readonly name: string; readonly make: () => tf.Optimizer }
  readonly loop: loops.Loop | null
  readonly hand: HandOptions | null
}

/** Lion as a rule of one's own: the sign of an average, another average kept. */
const lion = elementwise({
  name: 'lion',
  hyper: { b1: decayRate(0.9), b2: decayRate(0.99) },
  slots: { mu: 0 },
  step: ({ u, mu }, { b1, b2 }) => ({ u: sign(ema(b1, mu, u)), mu: ema(b2, mu, u) }),
})

const tfAdam = { name: 'tf.train.adam', make: () => tf.train.adam(1e-3) }
const tfMomentum = { name: 'tf.train.momentum', make: () => tf.train.momentum(1e-3, 0.9) }

export const chains: readonly Chain[] = [
  {
    name: 'sgd-momentum',
    make: () => sgd(1e-3, { momentum: 0.9 }),
    tfjs: tfMomentum,
    loop: loops.momentum,
    hand: null,
  },
  {
    name: 'adam',
    make: () => adam(1e-3),
    tfjs: tfAdam,
    loop: loops.adamw({ clip: false, decay: false }),
    hand: { clip: false, decay: false },
  },
  {
    name: 'adamw',
    make: () => adamw(1e-3, { weightDecay: 1e-2 }),
    tfjs: tfAdam,
    loop: loops.adamw({ clip: false, decay: true }),
    hand: { clip: false, decay: true },
  },
  {
    name: 'clip-adamw',
    make: () => chain(clipByGlobalNorm(1), adamw(1e-3, { weightDecay: 1e-2 })),
    tfjs: tfAdam,
    loop: loops.adamw({ clip: true, decay: true }),
    hand: { clip: true, decay: true },
  },
  {
    name: 'lion',
    make: () => chain(lion, addDecayedWeights(1e-2), scaleByLearningRate(1e-4)),
    tfjs: tfAdam,
    loop: loops.lion,
    hand: null,
  },
  {
    name: 'lamb',
    make: () => kerasLamb(1e-3, { weightDecay: 1e-2 }),
    tfjs: tfAdam,
    loop: null,
    hand: null,
  },
  { name: 'adan', make: () => adan(1e-3), tfjs: tfAdam, loop: null, hand: null },
  { name: 'ademamix', make: () => ademamix(1e-3, { weightDecay: 1e-2 }), tfjs: tfAdam, loop: null, hand: null },
  { name: 'prodigy', make: () => prodigy(), tfjs: tfAdam, loop: null, hand: null },
  { name: 'adafactor', make: () => adafactor(1e-2), tfjs: tfAdam, loop: null, hand: null },
]

/**
 * Bytes that a donated step reads and writes per parameter, as `explain` counts them; those of the kernels alone where
 * tfjs ops run a link too.
 */
export const bytesOf = (tx: GradientTransformation): number => {
  const found = [...explain(tx).matchAll(/, (\d+) bytes per parameter/g)]
  if (found.length === 0) throw new Error(`explain tells no bytes: ${explain(tx)}`)
  return found.reduce((sum, [, bytes]) => sum + Number(bytes), 0)
}
