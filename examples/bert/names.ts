/** From the names of PyTorch's BERT to those of the original checkpoints. */
import * as tf from '@tensorflow/tfjs-core'

/** One weight under both names. PyTorch's dense layers hold `[to, from]`, the original kernels `[from, to]`. */
export interface NamePair {
  readonly theirs: string
  readonly ours: string
  readonly transposed: boolean
}

const same = (theirs: string, ours: string): NamePair => ({ theirs, ours, transposed: false })
const dense = (theirs: string, ours: string): readonly NamePair[] => [
  { theirs: `${theirs}.weight`, ours: `${ours}/kernel`, transposed: true },
  same(`${theirs}.bias`, `${ours}/bias`),
]
const norm = (theirs: string, ours: string): readonly NamePair[] => [
  same(`${theirs}.weight`, `${ours}/gamma`),
  same(`${theirs}.bias`, `${ours}/beta`),
]

const layer = (i: number): readonly NamePair[] => {
  const [theirs, ours] = [`bert.encoder.layer.${i}`, `bert/encoder/layer_${i}`]
  return [
    ...dense(`${theirs}.attention.self.query`, `${ours}/attention/self/query`),
    ...dense(`${theirs}.attention.self.key`, `${ours}/attention/self/key`),
    ...dense(`${theirs}.attention.self.value`, `${ours}/attention/self/value`),
    ...dense(`${theirs}.attention.output.dense`, `${ours}/attention/output/dense`),
    ...norm(`${theirs}.attention.output.LayerNorm`, `${ours}/attention/output/LayerNorm`),
    ...dense(`${theirs}.intermediate.dense`, `${ours}/intermediate/dense`),
    ...dense(`${theirs}.output.dense`, `${ours}/output/dense`),
    ...norm(`${theirs}.output.LayerNorm`, `${ours}/output/LayerNorm`),
  ]
}

/** Every weight of a classifier with so many layers. Its last matrix is `[classes, hidden]` in both. */
export const nameMap = (layers: number): readonly NamePair[] => [
  same('bert.embeddings.word_embeddings.weight', 'bert/embeddings/word_embeddings'),
  same('bert.embeddings.position_embeddings.weight', 'bert/embeddings/position_embeddings'),
  same('bert.embeddings.token_type_embeddings.weight', 'bert/embeddings/token_type_embeddings'),
  ...norm('bert.embeddings.LayerNorm', 'bert/embeddings/LayerNorm'),
  ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
  ...dense('bert.pooler.dense', 'bert/pooler/dense'),
  same('classifier.weight', 'output_weights'),
  same('classifier.bias', 'output_bias'),
]

/**
 * The tensors of a file as Variables by their original names. Each tensor must be a weight and each weight a tensor; if
 * not, no Variable is made. The tensors stay the caller's.
 */
export const variablesOf = (
  tensors: Readonly<Record<string, tf.Tensor>>,
  layers: number,
): Record<string, tf.Variable> => {
  const pairs = nameMap(layers)
  const known = new Set(pairs.map(({ theirs }) => theirs))
  const missing = [...known].filter(name => !(name in tensors))
  const left = Object.keys(tensors).filter(name => !known.has(name))
  if (missing.length > 0) throw new Error(`a BERT of ${layers} layers: the file has no ${missing.join(', ')}`)
  if (left.length > 0) throw new Error(`a BERT of ${layers} layers has no place for ${left.join(', ')}`)
  const made = pairs.flatMap(({ theirs, ours, transposed }) => {
    const value = tensors[theirs]
    if (value === undefined) return []
    return [[ours, tf.tidy(() => tf.variable(transposed ? tf.transpose(value) : value, true, ours))] as const]
  })
  return Object.fromEntries(made)
}
