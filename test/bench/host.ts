/** What a step costs besides memory, on the host: per step and per leaf. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, makeStep, type GradientTransformation } from '../../lib/index.js'
import type { Chain } from './chains.js'
import type { Device } from './devices.js'
import { median } from './race.js'

const ones = (leaves: number): tf.Tensor[] => Array.from({ length: leaves }, () => tf.ones([10]))

/** Steps on so many leaves of ten elements. */
export const small = (tx: GradientTransformation, leaves: number, donate: boolean) => {
  const gradients = ones(leaves)
  const step = makeStep(tx, { donate })
  let params = ones(leaves)
  let state = tx.init(params)
  return {
    step: () => {
      const [nextParams, nextState] = step(params, gradients, state)
      if (donate) [params, state] = [nextParams, nextState]
      else disposeTree([nextParams, nextState])
    },
    end: () => disposeTree([gradients, params, state]),
  }
}

export interface HostCost {
  readonly backend: string
  readonly style: 'donated' | 'fresh'
  /** microseconds: of a step with one leaf, and what each further leaf adds */
  readonly step: number
  readonly leaf: number
}

const [few, many] = [1, 201]

/** AdamW on 1 leaf and on 201; in turns. */
export const hostCost = async (
  chain: Chain,
  device: Device,
  rounds: number,
  turn: number,
): Promise<readonly HostCost[]> => {
  const costs: HostCost[] = []
  for (const style of ['donated', 'fresh'] as const) {
    const runs = [few, many].map(leaves => small(chain.make(), leaves, style === 'donated'))
    const times = runs.map((): number[] => [])
    for (let round = turn > 1 ? -5 : -1; round < 3 * rounds; round++)
      for (const [i, { step }] of runs.entries()) {
        const ms = await device.timed(step)(turn)
        if (round >= 0) times[i]?.push(ms)
      }
    const [one = NaN, all = NaN] = times.map(median)
    costs.push({ backend: device.name, style, step: 1e3 * one, leaf: (1e3 * (all - one)) / (many - few) })
    for (const { end } of runs) end()
  }
  return costs
}
