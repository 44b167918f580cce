/** Which gradients `multiSteps` leaves out. */
import { checked } from '../call/checked.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument } from '../errors.js'
import type { Measure } from '../program/program.js'
import { square } from '../rule/compose.js'
import { isFinite, select, type Expr } from '../rule/expr.js'

/** What decides, by one number of a step's gradients, whether `multiSteps` leaves them out. `S` is what its state tells. */
export interface SkipRule<S = unknown> {
  /** the name of its factory, for configs and printing */
  readonly type: string
  /** the arguments of its factory, by their names */
  readonly args: Readonly<Record<string, number>>
  /** what measures them */
  readonly measure: Measure['rule']
  /** the name of the number in the state */
  readonly field: string
  readonly skips: (measured: number) => boolean
  /** never present; carries the type of what the state tells */
  readonly _S?: S
}

/** What the state tells of the last gradients: whether they were left out, and how many of their numbers are not finite. */
export interface NotFinite {
  readonly shouldSkip: boolean
  readonly numNotFinite: number
}

/** What the state tells of the last gradients: whether they were left out, and the square of their norm. */
export interface TooLarge {
  readonly shouldSkip: boolean
  readonly normSquared: number
}

const sumOver = (name: string, of: (u: Expr) => Expr): Measure['rule'] =>
  ourElementwise(
    {
      name,
      cells: { measured: { over: 'tree', first: 0 } },
      totals: { sum: { over: 'tree', of: ({ u }) => of(u) } },
      step: ({ sum }) => ({ u: -0, measured: sum }),
    },
    { cellRunner },
  ).program as Measure['rule']

/**
 * For the option `shouldSkipUpdate` of `multiSteps`: gradients with an infinity or a NaN are left out.
 *
 * `skipState` has `shouldSkip` and `numNotFinite`, how many of the last gradients are not finite.
 *
 * @source optax `skip_not_finite`.
 * @example
 * import { adam, multiSteps, skipNotFinite } from 'tfjs-optax'
 * const tx = multiSteps(adam(1e-3), 4, { shouldSkipUpdate: skipNotFinite() })
 */
export const skipNotFinite = /* @__PURE__ */ checked({ who: 'skipNotFinite', takes: [] }, (): SkipRule<NotFinite> => ({
  type: 'skipNotFinite',
  args: {},
  measure: sumOver('countNotFinite', u => select(isFinite(u), 0, 1)),
  field: 'numNotFinite',
  skips: count => count > 0,
}))

/**
 * For the option `shouldSkipUpdate` of `multiSteps`: gradients are left out unless the square of their global norm is
 * below `maxSquaredNorm`, so those with a NaN are too.
 *
 * `skipState` has `shouldSkip` and `normSquared`, of the last gradients.
 *
 * @throws TypeError if `maxSquaredNorm` is not a number above 0.
 * @source optax `skip_large_updates`.
 * @example
 * import { adam, multiSteps, skipLargeUpdates } from 'tfjs-optax'
 * const tx = multiSteps(adam(1e-3), 4, { shouldSkipUpdate: skipLargeUpdates(100) })
 */
export const skipLargeUpdates = /* @__PURE__ */ checked(
  { who: 'skipLargeUpdates', takes: ['maxSquaredNorm'] },
  (maxSquaredNorm: number): SkipRule<TooLarge> => {
    if (typeof maxSquaredNorm !== 'number' || !(maxSquaredNorm > 0))
      throw badArgument('skipLargeUpdates', 'maxSquaredNorm', 'a number above 0', maxSquaredNorm)
    return {
      type: 'skipLargeUpdates',
      args: { maxSquaredNorm },
      measure: sumOver('squareNorm', square),
      field: 'normSquared',
      skips: normSquared => !(normSquared < maxSquaredNorm),
    }
  },
)
