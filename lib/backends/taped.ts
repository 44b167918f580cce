/** Rules as tfjs ops under a gradient tape, so that the gradient of an update is right. */
import * as tf from '@tensorflow/tfjs-core'
import type { Arith } from '../rule/arith.js'
import * as guarded from './guarded.js'
import { arithFor, evaluateBy, filled, type Test, type Value } from './ops.js'
import { select } from './recorded.js'
import { reduceTaped } from './reduceTaped.js'
import type { Evaluation } from './special.js'

const tensor = (value: Value): tf.Tensor => (typeof value === 'number' ? tf.scalar(value) : value)

const onTape = (like: tf.Tensor): Arith<Value, Test> => ({
  ...arithFor(like),
  div: (a, b) => guarded.div(tensor(a), tensor(b)),
  sqrt: a => guarded.sqrt(tensor(a)),
  select: (test, a, b) => select(test.make, ...filled(like, test, a, b)),
})

export const taped: Evaluation = { evaluate: evaluateBy(onTape), reduce: reduceTaped }
