/** Converts trees to tfjs's lists of named tensors, for `tf.io` and `tf.Optimizer`, and back. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { checked } from '../call/checked.js'
import { asyncReadNeeded, badArgument, badFile, disposedLeaf, nameTwice, short } from '../errors.js'
import { requireBackend, share } from '../tree/ownership.js'
import { isTensor, showShape } from '../tree/tensors.js'
import { hostOf, isHostTensor, scalarOf } from './hostTensor.js'
import { restore, storedLeaves } from './leaves.js'
import type { Host } from './text.js'

/** A tensor and its name, as `tf.io.encodeWeights` accepts them. */
export interface NamedTensor {
  readonly name: string
  readonly tensor: tf.Tensor
}

/**
 * The leaves of a tree as tfjs's named tensors: each under its path, such as `0.mu.dense.kernel`.
 *
 * The tensors are new handles on the same buffers. Numbers that are int32 integers become int32 scalars; booleans
 * become bool scalars; other numbers and strings become string scalars with the text that `toSafetensors` writes. Null
 * leaves are left out. All tensors belong to the enclosing `tidy` or to you.
 *
 * @throws TypeError for any other kind of leaf; ValueError if two leaves have one name.
 * @source `tf.io.encodeWeights` and `tf.Optimizer.getWeights` of tfjs, whose lists these are.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { toNamedTensors } from 'tfjs-optax'
 * const { data, specs } = await tf.io.encodeWeights(toNamedTensors({ dense: { bias: tf.zeros([3]) } }))
 * // specs[0].name is 'dense.bias'
 */
export const toNamedTensors = /* @__PURE__ */ checked(
  { who: 'toNamedTensors', takes: ['tree'] },
  (tree: unknown): NamedTensor[] => {
    const who = 'toNamedTensors'
    requireBackend(who)
    const leaves = storedLeaves(who, tree)
    return tf.tidy(who, () =>
      leaves.map(({ name, leaf }) => ({ name, tensor: isTensor(leaf) ? share(leaf) : scalarOf(leaf) })),
    )
  },
)

/**
 * The tree of a list of named tensors, with the structure of `like`; the inverse of `toNamedTensors`.
 *
 * The result's tensors are new handles on the buffers of the list, which you may dispose. `like` gives only structure,
 * shapes, dtypes and the kinds of the other leaves; containers that are frozen in it are frozen in the result, and a
 * `tf.Variable` in it becomes a plain tensor. The order of the list does not matter.
 *
 * @throws ValueError naming the path for a missing or surplus leaf, two tensors of one name, or another shape;
 * TypeError for another dtype; RuntimeError if reading a scalar from the device would be asynchronous. A call that
 * throws leaks no tensor.
 * @source `tf.io.decodeWeights` and `tf.Optimizer.setWeights` of tfjs.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, fromNamedTensors, toNamedTensors } from 'tfjs-optax'
 * const tx = adamw(1e-3)
 * const state = tx.init({ w: tf.zeros([2]) })
 * const copy = fromNamedTensors(toNamedTensors(state), state)
 */
export const fromNamedTensors = /* @__PURE__ */ checked(
  { who: 'fromNamedTensors', takes: ['list', 'like'] },
  <T>(list: readonly NamedTensor[], like: T): T => {
    const who = 'fromNamedTensors'
    requireBackend(who)
    const given = new Map<string, tf.Tensor>()
    checkList(who, list).forEach(({ name, tensor }) => {
      if (given.has(name)) throw nameTwice(who, name)
      if (tensor.isDisposed) throw disposedLeaf(who, short(name), 'the list')
      given.set(name, tensor)
    })
    return restore(who, like, {
      what: 'the list',
      names: [...given.keys()],
      tensor: name => {
        const tensor = given.get(name)
        return tensor && { dtype: tensor.dtype, shape: tensor.shape, make: () => share(tensor) }
      },
      host: name => {
        const tensor = given.get(name)
        return tensor && E.right(hostAt(who, name, tensor))
      },
    })
  },
)

/** Checks the list; a hole in the array is an error too. */
const checkList = (who: string, list: unknown): readonly NamedTensor[] => {
  if (!Array.isArray(list)) throw badArgument(who, 'list', 'an array of named tensors', list)
  return Array.from(list, (item: unknown, i) => {
    if (!isNamedTensor(item)) throw badArgument(who, `list[${i}]`, 'a named tensor {name, tensor}', item)
    return item
  })
}

const isNamedTensor = (x: unknown): x is NamedTensor =>
  typeof x === 'object' &&
  x !== null &&
  'name' in x &&
  typeof x.name === 'string' &&
  'tensor' in x &&
  isTensor(x.tensor)

const hostAt = (who: string, name: string, tensor: tf.Tensor): Host => {
  if (!isHostTensor(tensor))
    throw badFile(
      who,
      `${short(name)} must be a scalar of dtype int32, bool or string, got ${tensor.dtype} of shape ${short(showShape(tensor.shape))}`,
    )
  const [value] = read(who, tensor)
  return hostOf(who, name, tensor.dtype, value)
}

const read = (who: string, tensor: tf.Tensor): ArrayLike<number | string> & Iterable<number | string> => {
  try {
    return tensor.dataSync<'int32' | 'bool' | 'string'>()
  } catch {
    throw asyncReadNeeded(who, tf.getBackend())
  }
}
