import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { checkDimensions, type DimensionNumbersOf, type MuonDimensionNumbers } from '../transforms/matrices.js'
import { muonOptions, scaleByMuon, type MuonOptions } from '../transforms/muon.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleByShape } from '../transforms/scaleByShape.js'
import type { Mask } from '../tree/mask.js'
import { partition, type Labels } from '../wrappers/partition.js'
import { adamw } from './adamw.js'

/** Those of `scaleByMuon`, and: */
export interface MuonRecipeOptions extends Omit<MuonOptions, 'weightDimensionNumbers'> {
  /** decay of the matrices, multiplied by the parameter and the learning rate, default 0 */
  readonly weightDecay?: Hyper
  /** the matrices that decay, default all */
  readonly weightDecayMask?: Mask
  /** the root mean square that the steps of all matrices come to at rate 1, above 0; default null: by their shapes */
  readonly consistentRms?: number | null
  /** Adam's weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly adamB1?: Hyper
  /** Adam's weight of the past in the mean of squared updates, in [0, 1), default 0.999 */
  readonly adamB2?: Hyper
  /** added under Adam's root, at least 0, default 0 */
  readonly adamEpsRoot?: Hyper
  /** decay of the other leaves, default 0 */
  readonly adamWeightDecay?: Hyper
  /** the rate of the other leaves, default that of the matrices */
  readonly adamLearningRate?: Hyper
  /**
   * the leaves that are matrices, or several, and which of their axes are inputs and outputs: for all leaves, or a
   * function of path and leaf, which gives null for a leaf of Adam's; default the leaves of rank 2
   */
  readonly muonWeightDimensionNumbers?: DimensionNumbersOf<MuonDimensionNumbers | null>
}

const { weightDimensionNumbers: _, ...ofMuon } = muonOptions
const options: Names<MuonRecipeOptions> = {
  ...ofMuon,
  weightDecay: 'wd',
  weightDecayMask: 'mask decaymask',
  consistentRms: '',
  adamB1: '',
  adamB2: '',
  adamEpsRoot: '',
  adamWeightDecay: '',
  adamLearningRate: 'adamlr',
  muonWeightDimensionNumbers: 'weightdimensionnumbers',
}

/** Which leaves are Muon's; matrices by default. */
const labelsOf = (numbers: MuonRecipeOptions['muonWeightDimensionNumbers']): Labels =>
  numbers === undefined
    ? { ranks: { 2: 'muon' }, otherwise: 'adam' }
    : typeof numbers === 'function'
      ? (path: string, leaf: Tensor) => (numbers(path, leaf) === null ? 'adam' : 'muon')
      : 'muon'

/**
 * Muon for matrices: `scaleByMuon`, a factor by shape, `addDecayedWeights`, `scaleByLearningRate`; and `adamw` for all
 * other leaves, with the same `eps` and `nesterov`.
 *
 * The factor is `sqrt(max(1, outputs / inputs))`, so that a rate suits networks of any width, or with `consistentRms`
 * `consistentRms sqrt(max(inputs, outputs))`: with 0.2 the steps are as large as AdamW's are in practice, and the rates
 * of AdamW suit. Embeddings and the last layer are better left to AdamW, though they are matrices: the example does so.
 *
 * State: a record of the two groups: `muon` with `mu`, 4 bytes per parameter of a matrix, and `adam` with `mu` and `nu`,
 * 8 bytes per parameter of other leaves.
 *
 * @throws ValueError for an option out of its range, or, naming the path, for a leaf that does not have the axes of its
 * dimension numbers, in `init` too; TypeError for an unknown option, or an update without parameters.
 * @source Jordan et al. 2024; `consistentRms` Liu et al. 2025; optax `contrib.muon`, whose dimension numbers are a tree or
 * a function of trees. torch's Muon takes matrices only.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, asOptimizer, muon, partition } from 'tfjs-optax'
 * const model = sequential({ layers: [
 *   layers.dense({ units: 8, inputShape: [4], activation: 'relu', name: 'embedding' }),
 *   layers.dense({ units: 8, activation: 'relu', name: 'hidden' }),
 *   layers.dense({ units: 1, name: 'head' }),
 * ] })
 * const groups = { hidden: muon(0.02, { weightDecay: 0.01 }), rest: adamw(1e-3) }
 * const tx = partition(groups, { patterns: [['^hidden', 'hidden']], otherwise: 'rest' })
 * model.compile({ optimizer: asOptimizer(tx), loss: 'meanSquaredError' })
 * await model.fit(tf.ones([8, 4]), tf.zeros([8, 1]), { epochs: 2, verbose: 0 })
 */
export const muon = /* @__PURE__ */ checked(
  { who: 'muon', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    {
      weightDecay = 0,
      weightDecayMask = true,
      consistentRms = null,
      adamB1 = 0.9,
      adamB2 = 0.999,
      adamEpsRoot = 0,
      adamWeightDecay = 0,
      adamLearningRate = learningRate,
      muonWeightDimensionNumbers: numbers,
      eps = 1e-8,
      nesterov = true,
      ...rest
    }: MuonRecipeOptions = {},
  ) => {
    checkDimensions('muon', 'muonWeightDimensionNumbers', numbers)
    // A leaf without numbers is Adam's, so the links of Muon never ask for them.
    const weightDimensionNumbers = numbers as DimensionNumbersOf | undefined
    const shaped = weightDimensionNumbers === undefined ? {} : { weightDimensionNumbers }
    return partition(
      {
        muon: chain(
          scaleByMuon({ eps, nesterov, ...rest, ...shaped }),
          scaleByShape({ consistentRms, ...shaped }),
          addDecayedWeights(weightDecay, { mask: weightDecayMask }),
          scaleByLearningRate(learningRate),
        ),
        adam: adamw(adamLearningRate, {
          b1: adamB1,
          b2: adamB2,
          eps,
          epsRoot: adamEpsRoot,
          weightDecay: adamWeightDecay,
          nesterov,
        }),
      },
      labelsOf(numbers),
    )
  },
)
