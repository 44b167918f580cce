/**
 * Evaluates rules as plain tfjs ops: works on every backend, and is the reference for the kernels of cpu and wasm. Uses
 * only ops that round correctly, and never masks out an untaken branch by multiplication.
 */
import * as tf from '@tensorflow/tfjs-core'
import { alignTensors, checkFloat32, checkPlain, checkShapes } from '../tree/tensors.js'
import { cannotWait } from '../errors/devices.js'
import { evaluator, type Arith } from '../rule/arith.js'
import type { Interpreter } from '../rule/interpreter.js'
import { specialNow, type Evaluation } from './special.js'
import { reduceTerms } from './totals.js'
import { where } from './where.js'

/** A number where every element is the same and known on the host. */
export type Value = tf.Tensor | number
/** A deferred comparison: under a gradient tape it must not be recorded, since tfjs's `less` has no gradient. */
export interface Test {
  readonly reads: readonly Value[]
  readonly make: () => tf.Tensor
}

export const arithFor = (like: tf.Tensor): Arith<Value, Test> => ({
  lit: value => value,
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  div: (a, b) => tf.div(a, b),
  sqrt: a => tf.sqrt(a),
  abs: a => tf.abs(a),
  lt: (a, b) => ({ reads: [a, b], make: () => tf.less(a, b) }),
  isFinite: a => ({ reads: [a], make: () => tf.less(tf.abs(a), Infinity) }),
  select: (test, a, b) => where(test.make(), ...filled(like, test, a, b)),
})

/** The branches of a choice, with all elements if the choice or a branch differs by element. */
export const filled = (like: tf.Tensor, { reads }: Test, a: Value, b: Value): readonly [tf.Tensor, tf.Tensor] => {
  const perElement = [a, b, ...reads].some(x => typeof x !== 'number' && x.rank === like.rank)
  const shape = perElement ? like.shape : []
  return [fill(a, shape), fill(b, shape)]
}

const fill = (value: Value, shape: number[]): tf.Tensor => {
  if (typeof value === 'number') return tf.fill(shape, value)
  if (value.rank === shape.length) return value
  // broadcastTo gives an empty leaf the shape [1]
  return shape.includes(0) ? tf.zeros(shape) : tf.broadcastTo(value, shape)
}

/** `Interpreter.evaluate` by an arithmetic on tensors. */
export const evaluateBy =
  (arith: typeof arithFor): Interpreter<tf.Tensor>['evaluate'] =>
  (exprs, { scalars, values, like }) => {
    const value = evaluator(arith(like), { scalars, values })
    return exprs.map(expr => fill(value(expr), like.shape))
  }

const plain: Evaluation = { evaluate: /* @__PURE__ */ evaluateBy(arithFor), reduce: reduceTerms }
const evaluation = (): Evaluation => specialNow() ?? plain

/** Waits for the device, unless its memory is the host's. */
const readNumber = (leaf: tf.Tensor): number => {
  try {
    return leaf.dataSync()[0] ?? NaN
  } catch (cause) {
    throw cannotWait(tf.getBackend(), cause)
  }
}

/** The interpreter on tensors of the current backend. Effects: none; results belong to the running `tidy`. */
export const ops: Interpreter<tf.Tensor> = {
  name: 'ops',
  userState: checkPlain,
  read: alignTensors,
  check: (names, structure, got, than) => {
    checkShapes(names, structure, got, than)
    const both = got.map((leaf, i) => ((than[i] ?? null) === null ? null : leaf))
    checkFloat32(names.who, names.what, structure, both)
  },
  size: ({ size }) => size,
  evaluate: (exprs, env) => evaluation().evaluate(exprs, env),
  reduce: (how, terms) => evaluation().reduce(how, terms),
  number: readNumber,
  unstack: (leaf, axis) => (axis >= -leaf.rank && axis < leaf.rank ? tf.unstack(leaf, axis) : null),
}
