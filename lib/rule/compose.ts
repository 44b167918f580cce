/** Operations composed from those of the language; documented in language.ts, where they are public. */
import { add, lt, mul, select, sub, type Expr, type Operand } from './expr.js'

export const neg = (x: Operand): Expr => mul(-1, x)
export const square = (x: Operand): Expr => mul(x, x)
export const ema = (decay: Operand, mean: Operand, x: Operand): Expr => add(mul(decay, mean), mul(sub(1, decay), x))
export const max = (a: Operand, b: Operand): Expr => select(lt(a, b), b, a)
export const min = (a: Operand, b: Operand): Expr => select(lt(b, a), b, a)
export const clamp = (x: Operand, low: Operand, high: Operand): Expr => min(max(x, low), high)
export const sign = (x: Operand): Expr => select(lt(0, x), 1, select(lt(x, 0), -1, x))
