import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { mapTree, type TensorsLike } from '../tree/map.js'
import { fromProgram, type GradientTransformation, type StateOf } from '../transform.js'

/** The empty state. */
export interface NoState extends StateOf {
  readonly State: Readonly<Record<string, never>>
}

const noState: NoState['State'] = Object.freeze({})

type OnTrees = (updates: never, params: never) => unknown

const fromFunction = (name: string, run: (updates: unknown, params: unknown) => unknown) =>
  fromProgram<NoState>({
    kind: 'opaque',
    name,
    init: () => noState,
    update: (updates, state, params) => [run(updates, params), state],
  })

/**
 * A transformation without state from a function of the updates and the parameters, both whole trees. It runs as tfjs
 * ops, inside `tidy`, and cuts the chain; `elementwise` is faster for what one can write as an equation.
 *
 * State: empty. `params` is undefined in an update without parameters.
 *
 * @throws TypeError if `f` is no function; ValueError naming the path if it returns another structure or shape.
 * @source optax `stateless`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { chain, mapTree, sgd, stateless } from 'tfjs-optax'
 * const halved = stateless((updates: { w: tf.Tensor }) => mapTree(updates, leaf => tf.mul(leaf, 0.5)))
 * const tx = chain(halved, sgd(0.1))
 */
export const stateless = /* @__PURE__ */ checked(
  { who: 'stateless', takes: ['f'] },
  (f: OnTrees): GradientTransformation<NoState> => {
    if (typeof f !== 'function') throw badArgument('stateless', 'f', 'a function (updates, params) => updates', f)
    return fromFunction('stateless', f as (updates: unknown, params: unknown) => unknown)
  },
)

/**
 * The same from a function of one leaf and its parameter.
 *
 * @throws as `stateless` does.
 * @source optax `stateless_with_tree_map`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { chain, sgd, statelessWithTreeMap } from 'tfjs-optax'
 * const tx = chain(statelessWithTreeMap(update => tf.clipByValue(update, -1, 1)), sgd(0.1))
 */
export const statelessWithTreeMap = /* @__PURE__ */ checked(
  { who: 'statelessWithTreeMap', takes: ['f'] },
  (f: (update: Tensor, param: Tensor) => Tensor): GradientTransformation<NoState> => {
    if (typeof f !== 'function')
      throw badArgument('statelessWithTreeMap', 'f', 'a function (update, param) => update', f)
    return fromFunction('statelessWithTreeMap', (updates, params) =>
      params === undefined
        ? mapTree(updates, leaf => f(leaf, undefined as never))
        : mapTree(updates, (leaf, _path, param: Tensor) => f(leaf, param), params as TensorsLike<unknown>),
    )
  },
)
