import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { add, lt, select } from '../rule/expr.js'
import { stepsAbove0 } from '../schedules/check.js'
import { hyperOutOfRange } from '../errors.js'

/**
 * Gathers updates, and passes their sum on at every k-th step; the other steps pass zeros on.
 *
 * `a = a + u, from 0 after each k-th step;  u = a at every k-th step, else 0`
 *
 * The links behind it run at every step, on zeros too, so moments decay there: `multiSteps` runs its inner
 * transformation at the k-th step only.
 *
 * State: `count`; `gradAcc`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `k` is not a whole number above 0.
 * @source optax `apply_every`, which multiplies by 0 and so keeps a NaN for ever.
 * @example
 * import { applyEvery, chain, sgd } from 'tfjs-optax'
 * const tx = chain(sgd(0.1), applyEvery(4))
 */
export const applyEvery = /* @__PURE__ */ checked({ who: 'applyEvery', takes: ['k'] }, (k = 1) => {
  if (!stepsAbove0.holds(k)) throw hyperOutOfRange('applyEvery', 'k', stepsAbove0.expected, k)
  return ourElementwise({
    name: 'applyEvery',
    options: { k },
    slots: { gradAcc: 0 },
    scalars: t => ({ begins: (t - 1) % k === 0 ? 1 : 0, ends: t % k === 0 ? 1 : 0 }),
    step: ({ u, gradAcc }, { begins, ends }) => {
      const sum = select(lt(0, begins), u, add(gradAcc, u))
      return { u: select(lt(0, ends), sum, 0), gradAcc: sum }
    },
  })
})
