import * as tf from '@tensorflow/tfjs-core'
import { badArgument } from '../errors.js'
import { ourTensorwise } from '../tensorwise.js'
import { dimensionsOption, matricesOf, type DimensionNumbersOf } from './matrices.js'

export interface ShapeOptions {
  /** the root mean square that the updates of all matrices come to, above 0; default null: see below */
  readonly consistentRms?: number | null
  /** as for `scaleByMuon` */
  readonly weightDimensionNumbers?: DimensionNumbersOf
}

/**
 * The link of `muon` behind the orthogonal updates: `u = sqrt(max(1, outputs / inputs)) u`, or with `consistentRms`
 * `u = consistentRms sqrt(max(inputs, outputs)) u`.
 */
export const scaleByShape = ({ consistentRms: rms = null, weightDimensionNumbers: numbers }: ShapeOptions) => {
  const who = 'scaleByShape'
  if (rms !== null && !(rms > 0 && rms < Infinity)) throw badArgument(who, 'consistentRms', 'above 0, or null', rms)
  const factor = (inputs: number, outputs: number): number =>
    rms === null ? Math.sqrt(Math.max(1, outputs / inputs)) : Math.sqrt(Math.max(inputs, outputs)) * rms
  return ourTensorwise({
    name: who,
    options: {
      ...(rms !== null && { consistentRms: rms }),
      ...dimensionsOption(numbers),
    },
    check: (leaf, path, name) => {
      matricesOf(who, leaf, { path, name }, numbers)
    },
    step: ({ u }, _scalars, path) => {
      const [, inputs, outputs] = matricesOf(who, u, { path, name: path }, numbers).sizes
      return { u: u.size === 0 ? u : tf.mul(u, factor(inputs, outputs)) }
    },
  })
}
