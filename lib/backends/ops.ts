/**
 * Evaluates rules as plain tfjs ops: works on every backend and under a gradient tape, and is the reference for the
 * kernels of cpu and wasm. Uses only ops that round correctly, and never masks out an untaken branch by multiplication.
 */
import * as tf from '@tensorflow/tfjs-core'
import { alignTensors, checkFloat32, checkPlain, checkShapes } from '../tree/tensors.js'
import { cannotWait } from '../errors/devices.js'
import { evaluator, type Arith } from '../rule/arith.js'
import type { Interpreter } from '../rule/interpreter.js'
import * as guarded from './guarded.js'
import { evaluateHalves, storesHalves } from './halves.js'
import { select } from './recorded.js'
import { reduceTerms } from './totals.js'

/** A number where every element is the same and known on the host. */
type Value = tf.Tensor | number
/** A deferred comparison: under a gradient tape it must not be recorded, since tfjs's `less` has no gradient. */
interface Test {
  readonly reads: readonly Value[]
  readonly make: () => tf.Tensor
}

const taped = (): boolean => tf.engine().isTapeOn()
const tensor = (value: Value): tf.Tensor => (typeof value === 'number' ? tf.scalar(value) : value)

const arithFor = (like: tf.Tensor): Arith<Value, Test> => ({
  lit: value => value,
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  div: (a, b) => (taped() ? guarded.div(tensor(a), tensor(b)) : tf.div(a, b)),
  sqrt: a => (taped() ? guarded.sqrt(tensor(a)) : tf.sqrt(a)),
  abs: a => tf.abs(a),
  lt: (a, b) => ({ reads: [a, b], make: () => tf.less(a, b) }),
  isFinite: a => ({ reads: [a], make: () => tf.less(tf.abs(a), Infinity) }),
  select: (test, a, b) => {
    const perElement = [a, b, ...test.reads].some(x => typeof x !== 'number' && x.rank === like.rank)
    const shape = perElement ? like.shape : []
    const [x, y] = [fill(a, shape), fill(b, shape)]
    return taped() ? select(test.make, x, y) : tf.where(test.make(), x, y)
  },
})

const fill = (value: Value, shape: number[]): tf.Tensor => {
  if (typeof value === 'number') return tf.fill(shape, value)
  if (value.rank === shape.length) return value
  // broadcastTo gives an empty leaf the shape [1]
  return shape.includes(0) ? tf.zeros(shape) : tf.broadcastTo(value, shape)
}

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
  evaluate: (exprs, env) => {
    if (storesHalves()) return evaluateHalves(exprs, env)
    const { scalars, values, like } = env
    const value = evaluator(arithFor(like), { scalars, values })
    return exprs.map(expr => fill(value(expr), like.shape))
  },
  reduce: reduceTerms,
  number: readNumber,
  unstack: (leaf, axis) => (axis >= -leaf.rank && axis < leaf.rank ? tf.unstack(leaf, axis) : null),
}
