/** The averages that `emaOfParams` keeps. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import { noParamAverage } from './errors/averages.js'
import { foldState, numbersOf } from './program/fold.js'
import { programOf, type FirstLink } from './transform.js'

/**
 * The averages that `emaOfParams` keeps in a state, as a tree like the parameters. The tensors belong to the state.
 *
 * @throws ValueError if `tx` has no such link, or several.
 * @example
 * import { adam, averagedParams, asOptimizer, chain, emaOfParams } from 'tfjs-optax'
 * const optimizer = asOptimizer(chain(adam(1e-3), emaOfParams(0.999)))
 * const averages = () => averagedParams(optimizer.tx, optimizer.state)
 */
export const averagedParams = /* @__PURE__ */ checked(
  { who: 'averagedParams', takes: ['tx', 'state'] },
  <P = Readonly<Record<string, Tensor>>>(tx: FirstLink, state: unknown): P => {
    const found = foldState<readonly unknown[]>(programOf('averagedParams', 'tx', tx), state, {
      leaf: (leaf, own) => (numbersOf(leaf)?.name === 'emaOfParams' ? [(own as { readonly ema: unknown }).ema] : []),
      nest: ({ asOne }, parts) => (asOne === undefined ? parts.flat() : []), // whose state may be a part of one
    })
    if (found.length !== 1) throw noParamAverage('averagedParams', found.length)
    return found[0] as P
  },
)
