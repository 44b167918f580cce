/** Frozen leaves: `freeze` zeroes their updates, `selectiveTransform` keeps no slots for them either. */
import { checked } from '../call/checked.js'
import { recordState } from '../program/layouts.js'
import { refuseGather } from '../program/gathers.js'
import type { Nest, Program } from '../program/program.js'
import { fromProgram, programOf, type GradientTransformation, type Link } from '../transform.js'
import { setToZero } from '../transforms/setToZero.js'
import type { Mask } from '../tree/mask.js'
import { mayBeEmpty } from '../tree/unchosen.js'
import { complement } from './complement.js'
import { checkMask, masked, maskedProgram } from './masked.js'
import type { PartitionState } from './partition.js'

/**
 * Sets the updates of the leaves that `mask` chooses to zero, so that they stay as they are. It must come last: a decay
 * behind it would move them. Links before it still keep slots for these leaves; `selectiveTransform` keeps none.
 *
 * State: `count`.
 *
 * @throws TypeError if the mask is no mask.
 * @source optax `freeze`.
 * @example
 * import { adam, chain, freeze } from 'tfjs-optax'
 * const tx = chain(adam(1e-3), freeze(path => path.startsWith('embedding')))
 */
export const freeze = /* @__PURE__ */ checked({ who: 'freeze', takes: ['mask'] }, (mask: Mask) => {
  checkMask('freeze', 'mask', mask)
  return masked(setToZero(), mask)
})

/**
 * Runs `inner` on all leaves but those that `freezeMask` chooses; these stay as they are, and have no slots.
 *
 * State: `train`, that of `inner`; `freeze`, a `count`.
 *
 * @throws TypeError if the mask is no mask.
 * @source optax `selective_transform`.
 * @example
 * import { adamw, selectiveTransform } from 'tfjs-optax'
 * const tx = selectiveTransform(adamw(1e-3), path => path.startsWith('embedding'))
 */
export const selectiveTransform = /* @__PURE__ */ checked(
  { who: 'selectiveTransform', takes: ['inner', 'freezeMask'] },
  <T extends Link>(
    inner: T,
    freezeMask: Mask,
  ): GradientTransformation<PartitionState<{ readonly train: T; readonly freeze: ReturnType<typeof setToZero> }>> => {
    checkMask('selectiveTransform', 'freezeMask', freezeMask)
    const program = refuseGather('selectiveTransform', programOf('selectiveTransform', 'inner', inner))
    const train = maskedProgram(program, mayBeEmpty(complement(freezeMask)))
    return fromProgram(selective([train, maskedProgram(setToZero().program, freezeMask)], freezeMask))
  },
)

const selective = (parts: readonly Program[], mask: Mask): Nest => ({
  kind: 'nest',
  type: 'selectiveTransform',
  parts,
  mask: null,
  layout: recordState('selectiveTransform', ['train', 'freeze']),
  around: others => selective(others, mask),
  args: { inner: parts[0]?.kind === 'nest' ? parts[0].parts[0] : undefined, mask },
  title: 'selectiveTransform',
})
