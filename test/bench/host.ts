/** What a step costs besides memory, on the host: per step and per leaf. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, makeStep, type GradientTransformation } from '../../lib/index.js'
import { deviceNow } from '../../lib/backends/registry.js'
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

/** Nothing but what AdamW with fresh outputs must have of tfjs beside as many tensors: three a leaf, made and freed. */
const tensors = (tx: GradientTransformation, leaves: number) => {
  const device = deviceNow()
  if (device === null) throw new TypeError('there is no device')
  const { end } = small(tx, leaves, false)
  return { step: () => disposeTree(Array.from({ length: 3 * leaves }, () => device.allocate([10]))), end }
}

export const styles = ['donated', 'fresh', 'tensors'] as const
export type Style = (typeof styles)[number]

const [few, many] = [1, 201]

/** Microseconds: of a step with one leaf, and what each further leaf adds; on 1 leaf and on 201, in turns. */
export const hostCost = async (
  style: Style,
  chain: Chain,
  device: Device,
  turn: number,
): Promise<readonly [step: number, leaf: number]> => {
  const runs = [few, many].map(leaves =>
    style === 'tensors' ? tensors(chain.make(), leaves) : small(chain.make(), leaves, style === 'donated'),
  )
  const times = runs.map((): number[] => [])
  for (let round = turn > 1 ? -10 : -1; round < turn; round++)
    for (const [i, { step }] of runs.entries()) {
      const ms = await device.timed(step)(turn)
      if (round >= 0) times[i]?.push(ms)
    }
  const [one = NaN, all = NaN] = times.map(median)
  for (const { end } of runs) end()
  return [1e3 * one, (1e3 * (all - one)) / (many - few)]
}
