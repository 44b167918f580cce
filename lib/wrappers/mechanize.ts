import type { Scalar } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { wholeNumber } from '../call/whole.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { refuseGather } from '../program/gathers.js'
import type { Layout, Nest, Program } from '../program/program.js'
import { recordOf } from '../program/record.js'
import { signalName } from '../program/signals.js'
import { clamp, max, neg, square } from '../rule/compose.js'
import { abs, add, div, lt, mul, select, sqrt, sub, toExpr, type Expr } from '../rule/expr.js'
import { nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { seal } from '../tree/freeze.js'
import type { TensorsLike } from '../tree/map.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'

/** Options of `mechanize`. */
export interface MechanizeOptions {
  /** pulls the parameters to zero, relative to the gradients' norm, at least 0, default 1e-2 */
  readonly weightDecay?: Hyper
  /** added to norms and roots, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** the first scale, above 0, default 1e-6 */
  readonly sInit?: Hyper
  /** how many tuners there are, a whole number from 1 on, default 6; the i-th forgets by `1 - 0.1^i` */
  readonly numBetas?: number
}

const options: Names<MechanizeOptions> = { weightDecay: 'wd', eps: 'epsilon', sInit: '', numBetas: '' }

type Letter = 'm' | 'r' | 's' | 'v'

/** The numbers of the tuners, `m1` to `m6` and so on, beside the first parameters and the state of the base. */
export type Mechanized<S, P> = { readonly [cell in `${Letter}${number}`]: Scalar } & {
  readonly count: number
  /** the parameters before the first step */
  readonly x0: P
  readonly baseOptimizerState: S
}

/** The state of `mechanize`. */
export interface MechanizeState<T> extends StateOf {
  readonly State: Mechanized<StateIn<T, this['Params']>, TensorsLike<this['Params']>>
}

/**
 * Finds the scale of a base transformation's updates while it trains, so that its learning rate need not be tuned: the
 * sum of several tuners, which bet on the base with different memories.
 *
 * With `d = base(u)`, `S = s1 + … + s6` and products and norms over all leaves: `D = (x0 - p) / (S + eps)`;
 * `h = <u + weightDecay S |u| / (|p| + eps) p, D>`; for each tuner, `b = 1 - 0.1^i`, `r = b r + clamp(h, -m, m) s`;
 * `m = max(b m, |h| + eps)`;  `v = b^2 v + h^2`;  `s = (sInit / 6 m + max(r, 0)) / (sqrt(v) + eps)`. Then
 * `u = x0 - S' (D - d) - p` with the new sum `S'`.
 *
 * State: `count`; `x0`, float32 of the parameter's shape, 4 bytes per parameter; `m1` to `m6`, and so for `r`, `s`, `v`, a
 * float32 scalar each; `baseOptimizerState`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Cutkosky, Defazio and Mehta 2023, algorithm 1; optax `contrib.mechanize`. `h` is `<u, D>` plus a multiple of
 * `<p, D>` here, which one pass over memory sums.
 * @example
 * import { adamw, mechanize } from 'tfjs-optax'
 * const tx = mechanize(adamw(1))
 */
export const mechanize = /* @__PURE__ */ checked(
  { who: 'mechanize', takes: ['base'], options },
  <T extends Link>(
    base: T,
    { weightDecay = 1e-2, eps = 1e-8, sInit = 1e-6, numBetas = 6 }: MechanizeOptions = {},
  ): GradientTransformation<MechanizeState<T>> => {
    wholeNumber('mechanize', 'numBetas', numBetas, 1)
    const program = refuseGather('mechanize', programOf('mechanize', 'base', base))
    const gradient = signalName('gradient', program)
    const parts = [keepGradient(gradient), program, tune(gradient, weightDecay, eps, sInit, numBetas)]
    return fromProgram(mechanizeOf(parts, layoutOf(numBetas)))
  },
)

/** The name of the signal with the gradient. */
type GradientSignal = `gradient#${number}`

/** Sends the gradient past the base. */
const keepGradient = (gradient: GradientSignal): Program =>
  ourElementwise({
    name: 'keepGradient',
    sends: ({ u }) => ({ [gradient]: u }),
    step: ({ u }) => ({ u }),
  }).program

/** The numbers of one tuner. */
type Tuner = Readonly<Record<Letter, Expr>>
type Cells = Readonly<Record<`${Letter}${number}`, Expr>>
const letters: readonly Letter[] = ['m', 'r', 's', 'v']

const byName = <V>(tuners: readonly Readonly<Record<Letter, V>>[]): Readonly<Record<`${Letter}${number}`, V>> =>
  Object.fromEntries(tuners.flatMap((one, i) => letters.map(letter => [`${letter}${i + 1}`, one[letter]])))

const tunersIn = (cells: Cells, numBetas: number): readonly Tuner[] =>
  Array.from({ length: numBetas }, (_, i) => {
    const at = (letter: Letter): Expr => toExpr(cells[`${letter}${i + 1}`] ?? NaN)
    return { m: at('m'), r: at('r'), s: at('s'), v: at('v') }
  })

const scaleOf = (tuners: readonly Tuner[]): Expr => tuners.map(({ s }) => s).reduce((sum, s) => add(sum, s))

/** A tuner after a step with the product `h`; `b` is its memory, `first` its part of the first scale. */
const bet = ({ m, r, s, v }: Tuner, b: number, h: Expr, eps: Expr, first: Expr): Tuner => {
  const most = max(mul(b, m), add(abs(h), eps))
  const wealth = add(mul(b, r), mul(clamp(h, neg(m), m), s))
  const squares = add(mul(b * b, v), square(h))
  return { m: most, r: wealth, v: squares, s: div(add(mul(first, most), max(wealth, 0)), add(sqrt(squares), eps)) }
}

const tune = (gradient: GradientSignal, weightDecay: Hyper, eps: Hyper, sInit: Hyper, numBetas: number): Program => {
  const zero = { over: 'tree', first: 0 } as const
  const cells = byName(Array.from({ length: numBetas }, () => ({ m: zero, r: zero, s: zero, v: zero })))
  /** the first parameters, and the way from them in units of the scale */
  const way = (x: Readonly<Record<'p' | 'x0', Expr>> & Cells, k: Readonly<Record<'eps' | 'isFirst', Expr>>) => {
    const x0 = select(lt(0, k.isFirst), x.p, x.x0)
    return { x0, distance: div(sub(x0, x.p), add(scaleOf(tunersIn(x, numBetas)), k.eps)) }
  }
  const receives: Readonly<Record<GradientSignal, 'element'>> = { [gradient]: 'element' }
  const given = (x: Readonly<Record<GradientSignal, Expr>>): Expr => toExpr(x[gradient] ?? NaN)
  return ourElementwise(
    {
      name: 'mechanize',
      hyper: { weightDecay: nonNegative(weightDecay), eps: positive(eps), sInit: positive(sInit) },
      options: { numBetas },
      slots: { x0: ({ p }) => p },
      cells,
      receives,
      scalars: (t, { weightDecay, eps, sInit }) => ({
        weightDecay,
        eps,
        first: sInit / numBetas,
        isFirst: t === 1 ? 1 : 0,
      }),
      totals: {
        uu: { over: 'tree', of: x => square(given(x)) },
        pp: { over: 'tree', of: ({ p }) => square(p) },
        ud: { over: 'tree', of: (x, k) => mul(given(x), way(x, k).distance) },
        pd: { over: 'tree', of: (x, k) => mul(x.p, way(x, k).distance) },
      },
      step: ({ u, p, uu, pp, ud, pd, ...x }, k) => {
        const before = tunersIn(x, numBetas)
        const decay = div(mul(mul(k.weightDecay, scaleOf(before)), sqrt(uu)), add(sqrt(pp), k.eps))
        const h = add(ud, mul(decay, pd))
        const after = before.map((one, i) => bet(one, 1 - 0.1 ** (i + 1), h, k.eps, k.first))
        const { x0, distance } = way({ p, ...x }, k)
        return { ...byName(after), u: sub(sub(x0, mul(scaleOf(after), sub(distance, u))), p), x0 }
      },
    },
    { cellRunner },
  ).program
}

/** One record: the fields of the tuning link, and the state of the base. The link that keeps the gradient has none. */
const layoutOf = (numBetas: number): Layout => {
  const own = Array.from({ length: numBetas }, (_, i) => letters.map(letter => `${letter}${i + 1}`)).flat()
  const names = ['count', 'x0', ...own, 'baseOptimizerState']
  const join = ([, baseOptimizerState, tuning]: readonly unknown[]): unknown =>
    seal({ ...(tuning as object), baseOptimizerState })
  return {
    first: join,
    split: (state, where) => {
      const { baseOptimizerState, ...tuning } = recordOf('mechanize', names, state, where)
      return [seal({ count: tuning['count'] }), baseOptimizerState, tuning]
    },
    join,
    key: i => (i === 1 ? 'baseOptimizerState' : null),
    own: [],
  }
}

const mechanizeOf = (parts: readonly Program[], layout: Layout): Nest => {
  const [, base, tuning] = parts
  const { hyper = {}, options: own = {} } = tuning?.kind === 'rule' ? tuning.rule : {}
  const numbers = Object.fromEntries(Object.entries(hyper).map(([name, { value }]) => [name, value]))
  return {
    kind: 'nest',
    type: 'mechanize',
    parts,
    mask: null,
    layout,
    around: others => mechanizeOf(others, layout),
    args: { base, ...numbers, ...own },
    title: 'mechanize',
  }
}
