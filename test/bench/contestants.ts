/** Who runs in a race. Gradients are shared, since nobody consumes them; parameters and slots are each one's own. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, makeStep } from '../../lib/index.js'
import { asOptimizer } from '../../lib/legacy.js'
import { bytesOf, type Chain } from './chains.js'
import type { Device } from './devices.js'
import { handMade, type HandOptions } from './hand.js'
import type { Arrays } from './loops.js'
import type { Contestant } from './race.js'
import { sizeOf, type Size } from './sizes.js'

export const donated = 'ours donated'
export const fresh = 'ours, fresh outputs'
export const shell = 'ours in the shell'
export const loop = 'JS loop'
export const hand = 'hand-written SIMD'
export const rootless = 'that without / and root'
export const copy = 'copy of the same bytes'

const normal = (shape: readonly number[], seed: number): tf.Tensor => tf.randomNormal([...shape], 0, 1, 'float32', seed)

const tensors = ({ shapes }: Size, seed: number): tf.Tensor[] => shapes.map((shape, i) => normal(shape, seed + i))

/** The pure steps: donated, and from the same parameters without donation, outputs disposed. */
const pure = (chain: Chain, size: Size, gradients: readonly tf.Tensor[], device: Device): readonly Contestant[] => {
  const tx = chain.make()
  const [over, beside] = [makeStep(tx, { donate: true }), makeStep(tx)]
  let params = tensors(size, 100)
  let state = tx.init(params)
  return [
    {
      name: donated,
      steps: device.timed(() => ([params, state] = over(params, gradients, state))),
      end: () => disposeTree([params, state]),
    },
    {
      name: fresh,
      steps: device.timed(() => disposeTree(beside(params, gradients, state))),
      end: () => undefined,
    },
  ]
}

/** A `tf.Optimizer` on Variables of its own. */
const stateful = (
  name: string,
  optimizer: tf.Optimizer,
  size: Size,
  gradients: readonly tf.Tensor[],
  device: Device,
): Contestant => {
  const variables = tf.tidy(() => tensors(size, 100).map(value => tf.variable(value)))
  const named = variables.flatMap((variable, i) => {
    const tensor = gradients[i]
    return tensor === undefined ? [] : [{ name: variable.name, tensor }]
  })
  return {
    name,
    steps: device.timed(() => optimizer.applyGradients(named)),
    end: () => {
      disposeTree(variables)
      optimizer.dispose()
    },
  }
}

const typed = ({ shapes }: Size): readonly Arrays[] =>
  shapes.map((shape, i) => {
    const size = sizeOf(shape)
    const random = (seed: number) => {
      const tensor = normal(shape, seed)
      const values = Float32Array.from(tensor.dataSync())
      tensor.dispose()
      return values
    }
    return { p: random(100 + i), m: new Float32Array(size), v: new Float32Array(size), g: random(1 + i) }
  })

const looped = (chain: Chain, arrays: readonly Arrays[], device: Device): readonly Contestant[] => {
  const { loop: run } = chain
  let t = 0
  return run === null ? [] : [{ name: loop, steps: device.timedHere(() => run(arrays, ++t)), end: () => undefined }]
}

/** The hand-written kernel where there is one, and the copy on its arrays. */
const byHand = async (chain: Chain, arrays: readonly Arrays[], device: Device): Promise<readonly Contestant[]> => {
  const sizes = arrays.map(({ p }) => p.length)
  const bytes = bytesOf(chain.make()) * sizes.reduce((a, b) => a + b, 0)
  const kernel = async (name: string, options: HandOptions): Promise<readonly Contestant[]> => {
    const made = await handMade(sizes, options)
    made.places.forEach((place, i) => {
      made.floats.set(arrays[i]?.p ?? [], place.p / 4)
      made.floats.set(arrays[i]?.g ?? [], place.g / 4)
    })
    let t = 0
    return [
      { name, steps: device.timedHere(() => made.step(++t)), end: () => undefined },
      { name: copy, steps: device.timedHere(() => made.copy(bytes)), end: () => undefined },
    ]
  }
  const [first, copying] = await kernel(hand, chain.hand ?? { clip: false, decay: false })
  if (chain.hand === null) return copying === undefined ? [] : [copying]
  const [second] = await kernel(rootless, { ...chain.hand, noRoots: true })
  return [first, second, copying].flatMap(one => one ?? [])
}

export interface Field {
  readonly contestants: readonly Contestant[]
  readonly end: () => void
}

export const fieldOf = async (chain: Chain, size: Size, device: Device): Promise<Field> => {
  const gradients = tensors(size, 1)
  const tfjs = stateful(chain.tfjs.name, chain.tfjs.make(), size, gradients, device)
  const ours = [
    ...pure(chain, size, gradients, device),
    stateful(shell, asOptimizer(chain.make()), size, gradients, device),
  ]
  const arrays = device.onHost ? typed(size) : []
  const others = device.onHost
    ? [...looped(chain, arrays, device), ...(await byHand(chain, arrays, device))]
    : [device.copy(bytesOf(chain.make()), size)]
  const contestants = [tfjs, ...ours, ...others]
  return {
    contestants,
    end: () => {
      for (const { end } of contestants) end()
      disposeTree(gradients)
    },
  }
}
