/**
 * BERT with a classifier, in plain tfjs ops, with the names and the arithmetic of google-research/bert. Without dropout:
 * a step can be compared with Python's, and a text this small needs none.
 */
import * as tf from '@tensorflow/tfjs-core'
import { oneHot, type Batch } from './batch.js'

/** What shapes do not say. */
export const settings = { layers: 2, heads: 2 } as const

export type Weights = Readonly<Record<string, tf.Tensor>>

const weight = (weights: Weights, name: string): tf.Tensor => {
  const found = weights[name]
  if (found === undefined) throw new Error(`BERT: there is no weight ${name}`)
  return found
}

/** The size of a weight along an axis. */
const sizeOf = (weights: Weights, name: string, axis: number): number => weight(weights, name).shape[axis] ?? NaN

const dense = (weights: Weights, x: tf.Tensor, at: string): tf.Tensor =>
  tf.add(tf.matMul(x, weight(weights, `${at}/kernel`)), weight(weights, `${at}/bias`))

const layerNorm = (weights: Weights, x: tf.Tensor, at: string): tf.Tensor => {
  const centred = tf.sub(x, tf.mean(x, -1, true))
  const variance = tf.mean(tf.square(centred), -1, true)
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-12)))
  return tf.add(tf.mul(normal, weight(weights, `${at}/LayerNorm/gamma`)), weight(weights, `${at}/LayerNorm/beta`))
}

/** BERT's approximation by tanh. */
const gelu = (x: tf.Tensor): tf.Tensor => {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))))
  return tf.mul(x, tf.mul(0.5, tf.add(1, tf.tanh(inner))))
}

/** One row per token of the batch: the sum of what word, text and position say, normalised. */
const embed = (weights: Weights, { ids, types }: Batch): tf.Tensor => {
  const at = 'bert/embeddings'
  const look = (rows: Batch['ids'], table: string): tf.Tensor =>
    tf.matMul(oneHot(rows.flat(), sizeOf(weights, table, 0)), weight(weights, table))
  const positions = ids.map(row => row.map((_, i) => i))
  const words = tf.add(look(ids, `${at}/word_embeddings`), look(types, `${at}/token_type_embeddings`))
  return layerNorm(weights, tf.add(words, look(positions, `${at}/position_embeddings`)), at)
}

/** 0 where there is a token, hugely negative at the padding; `[rows, 1, 1, columns]`. */
const away = ({ mask }: Batch): tf.Tensor => {
  const there = tf.tensor(mask.flat(), [mask.length, 1, 1, mask[0]?.length ?? 0], 'float32')
  return tf.mul(tf.sub(1, there), -10000)
}

const attend = (weights: Weights, x: tf.Tensor, away: tf.Tensor, at: string): tf.Tensor => {
  const [rows = 0, , , columns = 0] = away.shape
  const hidden = x.shape[1] ?? 0
  const depth = hidden / settings.heads
  const headsOf = (part: string): tf.Tensor =>
    tf.transpose(
      tf.reshape(dense(weights, x, `${at}/self/${part}`), [rows, columns, settings.heads, depth]),
      [0, 2, 1, 3],
    )
  const scores = tf.mul(tf.matMul(headsOf('query'), headsOf('key'), false, true), 1 / Math.sqrt(depth))
  const seen = tf.matMul(tf.softmax(tf.add(scores, away)), headsOf('value'))
  return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, hidden])
}

const layer = (weights: Weights, x: tf.Tensor, away: tf.Tensor, at: string): tf.Tensor => {
  const seen = dense(weights, attend(weights, x, away, `${at}/attention`), `${at}/attention/output/dense`)
  const attended = layerNorm(weights, tf.add(x, seen), `${at}/attention/output`)
  const inner = gelu(dense(weights, attended, `${at}/intermediate/dense`))
  return layerNorm(weights, tf.add(attended, dense(weights, inner, `${at}/output/dense`)), `${at}/output`)
}

/** `[rows, classes]`: how likely each class is, before softmax. */
export const logits = (weights: Weights, batch: Batch): tf.Tensor2D => {
  const mask = away(batch)
  const start = embed(weights, batch)
  const end = Array.from({ length: settings.layers }, (_, i) => `bert/encoder/layer_${i}`).reduce(
    (x, at) => layer(weights, x, mask, at),
    start,
  )
  const rows = batch.ids.length
  const hidden = end.shape[1] ?? 0
  const first = tf.reshape(tf.slice(tf.reshape(end, [rows, -1, hidden]), [0, 0, 0], [rows, 1, hidden]), [rows, hidden])
  const pooled = tf.tanh(dense(weights, first, 'bert/pooler/dense'))
  return tf.add(tf.matMul(pooled, weight(weights, 'output_weights'), false, true), weight(weights, 'output_bias'))
}

/** The mean of -ln of the probability of each right answer. */
export const lossOf = (weights: Weights, batch: Batch): tf.Scalar => {
  const right = oneHot(batch.labels, sizeOf(weights, 'output_weights', 0))
  return tf.neg(tf.mean(tf.sum(tf.mul(right, tf.logSoftmax(logits(weights, batch))), -1)))
}
