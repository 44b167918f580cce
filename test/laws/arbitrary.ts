/** Random numbers, trees and programs. */
import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import {
  abs,
  add,
  div,
  input,
  isFinite,
  lt,
  mul,
  select,
  sqrt,
  sub,
  toExpr,
  type Cond,
  type Expr,
} from '../../lib/rule/expr.js'
import { interner } from '../../lib/plan/interner.js'
import { build, flatten } from '../../lib/tree/structure.js'

/** float32 values of every kind: near one, zeros, subnormals, huge ones, infinities, NaN. */
export const float32: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }) },
  { weight: 2, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, -1, 1e-45, -1e-40, 1e-20, 3e38, -3e38, 1e19).map(Math.fround) },
)
export const anyFloat32 = fc.oneof(
  { weight: 9, arbitrary: float32 },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
)

/** A leaf of a tree of shapes. */
class Shape {
  constructor(readonly dims: readonly number[]) {}
  get size(): number {
    return this.dims.reduce((n, d) => n * d, 1)
  }
}

const shape = fc
  .oneof(
    { weight: 1, arbitrary: fc.constantFrom<number[]>([], [0, 2], [1]) },
    { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }) },
  )
  .map(dims => new Shape(dims))

/** Trees of shapes: records, arrays, leaves; always with a leaf named `a`, and one that is not. */
const shapes: fc.Arbitrary<unknown> = fc
  .letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 2 },
      shape,
      fc.dictionary(fc.constantFrom('b', 'c', '10', 'kernel'), tie('tree'), {
        minKeys: 1,
        maxKeys: 3,
        noNullPrototype: true,
      }),
      fc.array(tie('tree'), { minLength: 1, maxLength: 2 }),
    ),
  }))
  .tree.chain(rest => shape.map(a => ({ a, rest })))

/** Parameters and the gradients of some steps, as fresh tensors. */
export interface Run {
  readonly params: unknown
  readonly gradients: readonly unknown[]
}

/** Descriptions of runs: called on a backend, one makes its tensors anew. */
export const runs = (values: fc.Arbitrary<number>, steps = 2): fc.Arbitrary<() => Run> =>
  shapes.chain(tree => {
    const { structure, leaves } = flatten(tree)
    const row = fc.tuple(
      ...(leaves as readonly Shape[]).map(({ dims, size }) =>
        fc
          .array(values, { minLength: size, maxLength: size })
          .map(data => () => tf.tensor(new Float32Array(data), [...dims], 'float32')),
      ),
    )
    return fc.tuple(row, fc.array(row, { minLength: steps, maxLength: steps })).map(([first, rest]) => () => ({
      params: build(
        structure,
        first.map(make => make()),
      ),
      gradients: rest.map(makers =>
        build(
          structure,
          makers.map(make => make()),
        ),
      ),
    }))
  })

/** Random expressions over the inputs `u`, `p`, `s` per element, `total` per leaf, and `k`, `t` of the host. */
export const expressions: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr; cond: Cond }>(tie => ({
  expr: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'expr' },
    fc.constantFrom(
      ...['u', 'p', 's'].map(name => input(name, 'element')),
      input('total', 'total'),
      ...['k', 't'].map(name => input(name, 'scalar')),
    ),
    fc.double({ min: -10, max: 10, noNaN: true }).map(toExpr),
    fc.tuple(fc.constantFrom(add, sub, mul, div), tie('expr'), tie('expr')).map(([op, a, b]) => op(a, b)),
    fc.tuple(fc.constantFrom(sqrt, abs), tie('expr')).map(([op, a]) => op(a)),
    fc.tuple(tie('cond'), tie('expr'), tie('expr')).map(([cond, a, b]) => select(cond, a, b)),
    tie('expr').map(a => mul(a, a)), // shared
  ),
  cond: fc.oneof(
    { depthIdentifier: 'expr' },
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => lt(a, b)),
    tie('expr').map(a => isFinite(a)),
  ),
})).expr

/** An expression over a rule's own symbols, which are the only ones that it may use. */
export const onSymbols = (expr: Expr, symbols: Readonly<Record<string, Expr>>): Expr =>
  interner().substitute(expr, (name, rate) => symbols[name] ?? input(name, rate))
