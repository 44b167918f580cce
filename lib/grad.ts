/** Gradients of trees. */
import * as tf from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import type { Names } from './call/signature.js'
import { auxMissing, differentiatedTwice, emptyTree, lossNotScalar, nameOf, noGradients } from './errors.js'
import { knowName } from './tree/firstName.js'
import { ownHandles, requireDevice, share, tensorSet, twice, variablesOf } from './tree/ownership.js'
import { build, flatten } from './tree/structure.js'
import { alignTensors, isTensor, showShape, type Leaf } from './tree/tensors.js'
import { tidy } from './tree/map.js'
import type { GradientsLike } from './transform.js'

const who = 'valueAndGrad'

/** Options of `valueAndGrad`. */
export interface GradOptions {
  /** whether the loss function returns `[loss, aux]`, where `aux` is any data and tensors; default false */
  readonly hasAux?: boolean
}

const options: Names<GradOptions> = { hasAux: 'aux' }

/**
 * Turns a loss function of a parameter tree into one that returns the loss and its gradients, a tree like the
 * parameters.
 *
 * A leaf that the loss does not depend on gets zeros; one that is not float32 has no gradient and gets null, so it sits
 * out the step. The type of a tensor does not say which it is, so a gradient has the type `Tensor | null`.
 *
 * The tensors returned belong to the enclosing `tidy` or to you; all others that the loss function makes are disposed.
 * With `hasAux` the loss function returns `[loss, aux]`, and the result is `[[loss, aux], gradients]`; aux is plain data
 * with tensors at its leaves. Calls may be nested, for derivatives of higher order.
 *
 * @throws RuntimeError if tfjs has no gradients registered (tfjs-core alone in Node): import `@tensorflow/tfjs` or
 * `@tensorflow/tfjs-layers` once. ValueError if the loss is not a scalar.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { valueAndGrad } from 'tfjs-optax'
 * const lossOf = (params: { w: tf.Tensor }, x: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.mul(params.w, x)))
 * const [loss, grads] = valueAndGrad(lossOf)({ w: tf.tensor1d([1, 2]) }, tf.scalar(3))
 * // loss is 45, grads.w is [18, 36]
 */
export const valueAndGrad: {
  <P, A extends readonly unknown[]>(
    loss: (params: P, ...args: A) => tf.Tensor,
    options?: { readonly hasAux?: false },
  ): (params: P, ...args: A) => readonly [loss: tf.Scalar, gradients: GradientsLike<P>]
  <P, A extends readonly unknown[], X>(
    loss: (params: P, ...args: A) => readonly [loss: tf.Tensor, aux: X],
    options: { readonly hasAux: true },
  ): (params: P, ...args: A) => readonly [readonly [loss: tf.Scalar, aux: X], gradients: GradientsLike<P>]
} = /* @__PURE__ */ checked(
  { who: 'valueAndGrad', takes: ['loss'], options },
  (loss: (params: never, ...args: never) => unknown, { hasAux = false }: GradOptions = {}) => {
    const call = loss as (params: unknown, ...args: readonly unknown[]) => unknown
    const run = (params: unknown, ...args: readonly unknown[]): unknown => {
      requireDevice(who, { params })
      const { structure } = flatten(params, who, 'params')
      const leaves = alignTensors(structure, params, { who, what: 'params', than: 'params' })
      if (!leaves.some(leaf => leaf?.dtype === 'float32')) throw emptyTree(who, 'params')
      checkSeparate(params)

      let aux: unknown
      const held: tf.Tensor[] = []
      try {
        return tidy(() => {
          const own = separate(leaves)
          const given = own.some((leaf, i) => leaf !== leaves[i]) ? build(structure, own) : params
          const float = own.flatMap(leaf => (leaf?.dtype === 'float32' ? [leaf] : []))
          const { value, grads } = differentiate(() => {
            const [scalar, besides] = lossAndAux(call(given, ...args), hasAux)
            aux = hold(besides, held) // new handles, since tfjs disposes the tensors made in its forward scope
            return share(scalar) // a new handle, since the loss may be the caller's own tensor
          }, float)
          const gradientOf = new Map(float.map((leaf, i) => [leaf, grads[i] ?? tf.zerosLike(leaf)]))
          const each = own.map(leaf => (leaf === null ? null : (gradientOf.get(leaf) ?? null)))
          const gradients = build(structure, ownHandles(each, tensorSet(params)) as readonly unknown[])
          return hasAux ? [[value, mapTensors(aux, share)], gradients] : [value, gradients]
        })
      } finally {
        held.forEach(tensor => tensor.dispose())
      }
    }
    return run as never
  },
)

/** Gives each leaf a handle of its own, since tfjs finds gradients by tensor. */
const separate = (leaves: readonly Leaf[]): readonly Leaf[] =>
  leaves.map((leaf, i) => (leaf !== null && leaves.indexOf(leaf) !== i ? share(leaf) : leaf))

/** Throws if one Variable is at two leaves: a second handle on it would not be a Variable. */
const checkSeparate = (params: unknown): void => {
  const same = twice(variablesOf(who, params))
  if (same !== null) throw differentiatedTwice(who, ...same)
}

const lossAndAux = (returned: unknown, hasAux: boolean): readonly [tf.Tensor, unknown] => {
  if (hasAux && !(Array.isArray(returned) && returned.length === 2)) throw auxMissing(who, returned)
  const [scalar, aux] = hasAux ? (returned as readonly unknown[]) : [returned]
  if (!isTensor(scalar) || scalar.rank !== 0)
    throw lossNotScalar(who, isTensor(scalar) ? `shape ${showShape(scalar.shape)}` : nameOf(scalar))
  return [scalar, aux]
}

const differentiate = (
  f: () => tf.Tensor,
  xs: tf.Tensor[],
): { value: tf.Tensor; grads: readonly (tf.Tensor | undefined)[] } => {
  const engine = tf.engine()
  try {
    return engine.gradients(f, xs, undefined, true)
  } catch (cause) {
    // A failed backward pass leaves tfjs's tape behind, with the copies that it saved.
    const { state } = engine
    if (state.gradientDepth === 0) state.activeTape.forEach(node => tf.dispose(node.saved ?? []))
    if (cause instanceof Error && cause.message.includes('gradient function not found')) throw noGradients(who, cause)
    throw cause
  }
}

const mapTensors = (tree: unknown, f: (tensor: tf.Tensor) => tf.Tensor): unknown => {
  const { structure, leaves } = flatten(tree, who, 'aux')
  return build(
    structure,
    leaves.map(leaf => (isTensor(leaf) ? f(leaf) : leaf)),
  )
}

const hold = (tree: unknown, held: tf.Tensor[]): unknown =>
  mapTensors(tree, tensor => {
    const handle = tf.keep(share(tensor))
    held.push(handle)
    return handle
  })

/** The part of a tfjs-layers model that `paramsOf` reads. */
export interface ModelLike {
  readonly trainableWeights: readonly { readonly name: string; readonly originalName?: string; read(): tf.Tensor }[]
}

/**
 * The trainable weights of a tfjs-layers model as a tree: a record from weight name (`dense_Dense1/kernel`) to the
 * model's own Variable. A step on it trains the model, since Variables are assigned.
 *
 * The keys are first names, as in a saved model: a model that is built or loaded again has the same keys as the first
 * time, though tfjs calls its Variables `dense_Dense1/kernel_1`. If two weights have the same first name (in models
 * inside the model), the keys are tfjs's unique names; masks, patterns and mask trees go by first names even then.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, makeStep, paramsOf, valueAndGrad } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const params = paramsOf(model)
 * const tx = adamw(0.01)
 * const lossOf = (_params: typeof params, x: tf.Tensor, y: tf.Tensor) =>
 *   tf.losses.meanSquaredError(y, model.apply(x, { training: true }) as tf.Tensor)
 * const [loss, grads] = valueAndGrad(lossOf)(params, tf.ones([8, 3]), tf.ones([8, 1]))
 * const [, state] = makeStep(tx)(params, grads, tx.init(params))
 */
export const paramsOf = /* @__PURE__ */ checked(
  { who: 'paramsOf', takes: ['model'] },
  (model: ModelLike): Record<string, tf.Variable> => {
    const weights = model.trainableWeights.map(weight => {
      const { name, originalName: first = name } = weight
      return { name, first, variable: weight.read() as tf.Variable }
    })
    weights.forEach(({ first, variable }) => {
      knowName(variable, first)
    })
    const unique = new Set(weights.map(({ first }) => first)).size === new Set(weights.map(({ name }) => name)).size
    return Object.fromEntries(weights.map(({ name, first, variable }) => [unique ? first : name, variable]))
  },
)
