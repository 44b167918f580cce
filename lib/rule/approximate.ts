/**
 * Functions that are not correctly rounded operations, composed from those that are: every interpreter on a CPU gives
 * the same bits, which tfjs's own kernels do not.
 */
import { clamp } from './compose.js'
import { add, div, isFinite, lt, mul, select, sqrt, sub, type Expr } from './expr.js'

const fourthRoot = (x: Expr): Expr => sqrt(sqrt(x))

/**
 * The cube root of `x`, at least 0; NaN below. 1/3 is 1/4 + 1/16 + 1/64 + 1/256 + 1/768, so the product of four roots is
 * within 15 % of it, and each of two steps of Halley's iteration triples the digits. Within 1 ulp from 1e-37 on.
 */
export const cbrt = (x: Expr): Expr => {
  const a = fourthRoot(x)
  const b = fourthRoot(a)
  const c = fourthRoot(b)
  const first = mul(mul(a, b), mul(c, fourthRoot(c)))
  const eighth = mul(x, 0.125) // so that no sum below overflows
  const closer = (y: Expr): Expr => {
    const cube = mul(mul(mul(y, 0.125), y), y)
    return add(y, mul(y, div(sub(eighth, cube), add(mul(2, cube), eighth))))
  }
  return select(lt(0, x), select(isFinite(x), closer(closer(first)), x), sqrt(x))
}

/**
 * The hyperbolic tangent of `x`: a quotient of polynomials, Padé's, at `x / 8`, then three times
 * `tanh(2y) = 2 tanh(y) / (1 + tanh(y)^2)`. Within 6 ulp; from 9.1 on tanh is 1 in float32.
 */
export const tanh = (x: Expr): Expr => {
  const y = mul(clamp(x, -10, 10), 0.125)
  const y2 = mul(y, y)
  const p = mul(y, add(10395, mul(y2, add(1260, mul(21, y2)))))
  const q = add(10395, mul(y2, add(4725, mul(y2, add(210, y2)))))
  const doubled = (t: Expr): Expr => div(mul(2, t), add(1, mul(t, t)))
  return doubled(doubled(doubled(div(p, q))))
}
