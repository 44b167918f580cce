import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { sameState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Nest, Program } from '../program/program.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'
import type { Mask } from '../tree/mask.js'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A state whose tensors are null for leaves that a mask does not choose. */
export type Absent<S> = S extends Tensor
  ? Tensor | null
  : S extends object
    ? { readonly [K in keyof S]: Absent<S[K]> }
    : S

/** The type of the state of `masked`. */
export interface MaskedState<T> extends StateOf {
  readonly State: Absent<StateIn<T, this['Params']>>
}

/**
 * Runs `inner` on the leaves that `mask` chooses. Updates of other leaves pass through unchanged (they are not zeroed),
 * and have no slots: their places in the state are null.
 *
 * The state is that of `inner`. A mask is a boolean, a tree of booleans or a prefix of one, or a function of the path
 * (`dense.kernel`) and the leaf; it must choose the same leaves at every step.
 *
 * @throws TypeError if the mask is none of these; ValueError at its first use if it does not fit the parameters.
 * @source optax `masked`, whose mask function gets and returns a whole tree.
 * @example
 * import { masked, trace } from 'tfjs-optax'
 * const tx = masked(trace(0.9), { dense: true, norm: false })
 */
export const masked = /* @__PURE__ */ checked(
  { who: 'masked', takes: ['inner', 'mask'] },
  <T extends Link>(inner: T, mask: Mask): GradientTransformation<MaskedState<T>> => {
    checkMask('masked', 'mask', mask)
    return fromProgram(maskedProgram(refuseGather('masked', programOf('masked', 'inner', inner)), mask))
  },
)

/** Throws unless it can be a mask. */
export const checkMask = (who: string, name: string, mask: Mask | null | undefined): void => {
  if (!['boolean', 'object', 'function'].includes(typeof mask) || mask === null)
    throw badArgument(who, name, 'a boolean, a tree of booleans, or a function', mask)
}

/** The program of `masked`. */
export const maskedProgram = (inner: Program, mask: Mask): Nest => ({
  kind: 'nest',
  type: 'masked',
  parts: [inner],
  mask,
  layout: sameState,
  around: ([other = inner]) => maskedProgram(other, mask),
  args: { inner, mask },
  title: `masked ${typeof mask === 'function' ? 'by path and leaf' : JSON.stringify(mask)}`,
})
