/** The options that recipes with decoupled weight decay share. */
import type { Names } from '../call/signature.js'
import type { Hyper } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'

/** The options of weight decay that many recipes share. */
export interface DecayedOptions {
  /** decay, multiplied by the parameter and the learning rate; the default is the recipe's */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly mask?: Mask
}

export const decayedOptions: Names<DecayedOptions> = { weightDecay: 'wd', mask: '' }
