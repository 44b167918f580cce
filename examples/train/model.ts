/** A small decoder-only transformer over characters, in plain tfjs ops that wasm has kernels and gradients for. */
import * as tf from '@tensorflow/tfjs-core'
import { apply, readonlyArray as RA, state as S } from 'fp-ts'
import type { Batch } from './batches.js'
import { flip, matMul } from './matmul.js'
import { normals, type Draw } from './random.js'
import { settings } from './settings.js'

const { context, width, heads, layers } = settings
const depth = width / heads

export type Params = ReturnType<ReturnType<typeof init>>[0]
type Block = Params['blocks'][number]
type Norm = Params['norm']

const together = apply.sequenceS(S.Apply)
const filled =
  (value: number): Draw<tf.Tensor> =>
  rng => [tf.fill([width], value), rng]
const norm = together({ gain: filled(1), bias: filled(0) })
const matrix = (rows: number, columns: number, scale: number): Draw<tf.Tensor> =>
  S.map((values: readonly number[]): tf.Tensor => {
    const scaled = Float32Array.from(values, value => value * scale)
    return tf.tensor2d(scaled, [rows, columns])
  })(normals(rows * columns))

/** A map from `from` to `to` channels that keeps the size of what it maps, times `scale`. */
const dense = (from: number, to: number, scale = 1) => matrix(from, to, scale / Math.sqrt(from))

/** What writes into the residual stream starts small, so that depth does not enlarge it. */
const quiet = 1 / Math.sqrt(2 * layers)
const block = together({
  attentionNorm: norm,
  query: dense(width, width),
  key: dense(width, width),
  value: dense(width, width),
  merge: dense(width, width, quiet),
  mlpNorm: norm,
  up: dense(width, 4 * width),
  down: dense(4 * width, width, quiet),
})

/** Fresh parameters, drawn from the run's random numbers. */
export const init = (vocabulary: number) =>
  together({
    embedding: matrix(vocabulary, width, 0.1),
    position: matrix(context, width, 0.1),
    blocks: RA.sequence(S.Applicative)(RA.replicate(layers, block)),
    norm,
    head: dense(width, vocabulary, 0.5),
  })

const normalise = (x: tf.Tensor, { gain, bias }: Norm): tf.Tensor => {
  const centred = tf.sub(x, tf.mean(x, -1, true))
  const variance = tf.mean(tf.square(centred), -1, true)
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), gain), bias)
}

/** Rows of characters to one matrix `[context, depth]` per window and head. */
const split = (x: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.transpose(tf.reshape(x, [-1, context, heads, depth]), [0, 2, 1, 3]), [-1, context, depth])
const merge = (x: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.transpose(tf.reshape(x, [-1, heads, context, depth]), [0, 2, 1, 3]), [-1, width])

/** 0 where a character may look, hugely negative at those after it. */
const future = (): tf.Tensor => tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([context, context]), -1, 0)), -1e9)

const attend = (x: tf.Tensor, { query, key, value, merge: out }: Block, mask: tf.Tensor): tf.Tensor => {
  const [q, k, v] = [split(matMul(x, query)), split(matMul(x, key)), split(matMul(x, value))]
  const scores = tf.add(tf.mul(matMul(q, flip(k)), 1 / Math.sqrt(depth)), mask)
  return matMul(merge(matMul(tf.softmax(scores), v)), out)
}

/** `[windows * context, vocabulary]`: how likely each character comes next, before softmax. */
export const logits = (params: Params, inputs: tf.Tensor): tf.Tensor => {
  const mask = future()
  const embedded = tf.reshape(matMul(inputs, params.embedding), [-1, context, width])
  const start = tf.reshape(tf.add(embedded, params.position), [-1, width])
  const end = params.blocks.reduce((x, block) => {
    const y = tf.add(x, attend(normalise(x, block.attentionNorm), block, mask))
    return tf.add(y, matMul(tf.relu(matMul(normalise(y, block.mlpNorm), block.up)), block.down))
  }, start)
  return matMul(normalise(end, params.norm), params.head)
}

/** Bits per character: the mean of -log2 of the probability of what came. */
export const lossOf = (params: Params, { inputs, targets }: Batch): tf.Tensor => {
  const chosen = tf.sum(tf.mul(targets, tf.logSoftmax(logits(params, inputs))), -1)
  return tf.mul(tf.mean(chosen), -Math.LOG2E)
}
