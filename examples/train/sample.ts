/** Text of the model's own. */
import * as tf from '@tensorflow/tfjs-core'
import { oneHot } from './batches.js'
import { logits, type Params } from './model.js'
import { uniform, type Rng } from './random.js'
import { settings } from './settings.js'
import type { Text } from './text.js'

const { context } = settings
/** Below 1 likely characters become likelier still. */
const temperature = 0.7

export interface Sample {
  readonly given: string
  readonly written: string
}

/** Goes on from the start of the held-out text, character by character. */
export const sample = (params: Params, { vocabulary, heldOut }: Text, length: number, seed: Rng): Sample => {
  const codes = [...heldOut.subarray(0, context)]
  let rng = seed
  while (codes.length < context + length) {
    const [chance, next] = uniform(rng)
    const seen = Int32Array.from(codes.slice(-context))
    codes.push(choose(nextProbabilities(params, seen, vocabulary.length), chance))
    rng = next
  }
  const written = codes.map(code => vocabulary[code] ?? '')
  return { given: written.slice(0, context).join(''), written: written.slice(context).join('') }
}

const nextProbabilities = (params: Params, seen: Int32Array, classes: number): readonly number[] => {
  const all = tf.tidy(() => tf.softmax(tf.div(logits(params, oneHot(seen, classes)), temperature)).dataSync())
  return [...all.subarray(-classes)]
}

/** The place in a distribution where its running sum passes `chance`. */
const choose = (probabilities: readonly number[], chance: number): number => {
  let left = chance
  const found = probabilities.findIndex(probability => (left -= probability) < 0)
  return found < 0 ? probabilities.length - 1 : found
}
