/** Edits of a state or parameter tree by hand. */
import { Immer } from 'immer'
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { frozenCopy } from './freeze.js'
import { plainTree } from './plain.js'

/** The tree as a writable draft; tensors stay as they are. */
export type Editable<T> = T extends Tensor ? T : T extends object ? { -readonly [K in keyof T]: Editable<T[K]> } : T

// A private instance: the global one would freeze a user's parameter tree.
const immer = new Immer({ autoFreeze: false })

/**
 * A copy of `tree` with the changes that `edit` makes to its draft. The original is unchanged; untouched branches are
 * shared.
 *
 * Tensors are shared by both trees, so dispose only one of them. A frozen tree (every state is) gives a frozen one.
 *
 * @throws ValueError or TypeError naming the path if the tree, before or after the edit, is not plain data with
 * tensors: it contains itself, a Map or an instance of a class.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { editState, scaleByAdam } from 'tfjs-optax'
 * const state = scaleByAdam().init({ w: tf.zeros([2]) })
 * const later = editState(state, draft => {
 *   draft.count = 100
 * })
 * // later.count is 100, state.count is 0, later.mu is state.mu
 */
export const editState = /* @__PURE__ */ checked(
  { who: 'editState', takes: ['tree', 'edit'] },
  <T>(tree: T, edit: (draft: Editable<T>) => void): T => {
    plainTree('editState', tree)
    const edited = immer.produce(tree, draft => {
      edit(draft as Editable<T>)
    })
    plainTree('editState', edited)
    return Object.isFrozen(tree) ? frozenCopy(edited) : edited
  },
)
