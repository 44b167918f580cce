/** The stateful optimizers that the tests of the shell run through the same paces, and small models for them. */
import * as tf from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential, type LayersModel, type Sequential } from '@tensorflow/tfjs-layers'
import { adamw, chain, clipByGlobalNorm, disposeTree, mapTree, scale, tensorsOf } from '../../lib/index.js'
import { AdamWeightDecay, asOptimizer, type AsOptimizerOptions, type ConstrainedModel } from '../../lib/legacy.js'
import { numbers } from '../setup.js'

export interface Shell extends tf.Optimizer {
  iterations: number
  constrain: (model: ConstrainedModel) => unknown
}

export interface Subject {
  readonly name: string
  readonly make: () => Shell
  /** slots per variable */
  readonly slots: number
}

type Named = Readonly<Record<string, tf.Tensor | null>>
interface Remembered {
  readonly velocity: Readonly<Record<string, tf.Tensor>>
  readonly total: tf.Tensor
  readonly steps: number
  readonly half: number
}

/** A pair of a user's: momentum by variable, a tensor that belongs to none, numbers. */
export const userLink = () => ({
  init: (params: Named): Remembered => ({
    velocity: mapTree(params, p => tf.zerosLike(p)) as Remembered['velocity'],
    total: tf.scalar(0),
    steps: 0,
    half: 0.5,
  }),
  update: (updates: Named, { velocity, total, steps, half }: Remembered): readonly [Named, Remembered] => {
    const moved = Object.entries(velocity).map(([name, v]) => {
      const u = updates[name] ?? null
      return [name, u === null ? v : tf.add(tf.mul(v, half), u)] as const
    })
    const next = Object.fromEntries(moved)
    const out = Object.fromEntries(Object.keys(updates).map(name => [name, updates[name] && next[name]]))
    const sums = tensorsOf(updates).map(([, u]) => tf.sum(tf.abs(u)))
    return [out as Named, { velocity: next, total: tf.addN([total, ...sums]), steps: steps + 1, half }]
  },
})

export const chained = (options?: AsOptimizerOptions) => asOptimizer(chain(clipByGlobalNorm(1), adamw(0.01)), options)
export const decaying = () =>
  new AdamWeightDecay({ learningRate: 0.01, weightDecayRate: 0.1, excludeFromWeightDecay: ['bias'] })
export const opaque = (options?: AsOptimizerOptions) => asOptimizer(chain(userLink(), scale(-0.01)), options)

export const subjects: readonly Subject[] = [
  { name: 'asOptimizer', make: chained, slots: 2 },
  { name: 'AdamWeightDecay', make: decaying, slots: 2 },
  { name: "a user's link", make: opaque, slots: 1 },
]

/** Two dense layers with fixed weights. */
export const model = (names: readonly [string, string] = ['first', 'second']): Sequential => {
  const made = sequential({
    layers: [
      layers.dense({ name: names[0], units: 3, inputShape: [2], activation: 'tanh' }),
      layers.dense({ name: names[1], units: 1 }),
    ],
  })
  tf.tidy(() => {
    made.setWeights(made.getWeights().map((w, i) => tf.reshape(tf.sin(tf.range(i, i + w.size)), w.shape)))
  })
  return made
}

const rows = [
  [0.5, -1],
  [2, 0.25],
  [-0.75, 1.5],
  [1, 1],
]
/** The same data every time; dispose both. */
export const data = (): { readonly x: tf.Tensor2D; readonly y: tf.Tensor2D } => ({
  x: tf.tensor2d(rows),
  y: tf.tensor2d(rows.map(([a = 0, b = 0]) => [a - 2 * b])),
})

/** Steps of a compiled model on the data. */
export const train = async (one: LayersModel, steps: number): Promise<void> => {
  const { x, y } = data()
  for (let i = 0; i < steps; i++) await one.trainOnBatch(x, y)
  disposeTree([x, y])
}

/** Layer by layer: `model.weights` has frozen ones last. */
export const valuesOf = (one: LayersModel): number[][] =>
  one.layers.flatMap(layer => layer.weights.map(weight => numbers(weight.read())))

/** All weights of an optimizer as numbers, by name, but for handles made for this list only. */
export const weightsOf = async (optimizer: tf.Optimizer): Promise<Readonly<Record<string, unknown>>> => {
  const list = await optimizer.getWeights()
  return Object.fromEntries(list.map(({ name, tensor }) => [name, Array.from(tensor.dataSync())]))
}

export const compiled = (optimizer: tf.Optimizer, names?: readonly [string, string]): Sequential => {
  const made = model(names)
  made.compile({ optimizer, loss: 'meanSquaredError' })
  return made
}

/** The optimizer a model was compiled with. */
export const optimizerOf = (one: LayersModel): Shell => one.optimizer as Shell

/** What `save` hands to a handler. */
export const saved = async (one: LayersModel): Promise<tf.io.ModelArtifacts> => {
  const kept: tf.io.ModelArtifacts[] = []
  const handler = tf.io.withSaveHandler(given => {
    kept.push(given)
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
  })
  await one.save(handler, { includeOptimizer: true })
  const [artifacts] = kept
  if (artifacts === undefined) throw new Error('nothing was saved')
  return artifacts
}

/** Artifacts as one file: a line of JSON, then the weights. */
export const toDisk = ({ weightData, ...json }: tf.io.ModelArtifacts): Uint8Array =>
  Buffer.concat([Buffer.from(`${JSON.stringify(json)}\n`), Buffer.from(weightData as ArrayBuffer)])

export const fromDisk = (bytes: Uint8Array): tf.io.ModelArtifacts => {
  const end = bytes.indexOf(10)
  const json = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as tf.io.ModelArtifacts
  return { ...json, weightData: Uint8Array.from(bytes.subarray(end + 1)).buffer }
}

/** A model as it comes out of its artifacts. */
export const loaded = async (artifacts: tf.io.ModelArtifacts): Promise<LayersModel> =>
  loadLayersModel(tf.io.fromMemory(artifacts))

export const variable = (values: number[], name: string): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor1d(values), true, name))

/** A step on vectors; what it needs of tensors is freed. */
export const step = (optimizer: tf.Optimizer, gradients: Readonly<Record<string, number[]>>): void =>
  tf.tidy(() => {
    optimizer.applyGradients(Object.fromEntries(Object.entries(gradients).map(([n, g]) => [n, tf.tensor1d(g)])))
  })
