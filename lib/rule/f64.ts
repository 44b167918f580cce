/** The reference interpreter: float64 throughout; only the host's scalars are rounded to float32, as everywhere. */
import { float64 } from './arith.js'
import { reference } from './reference.js'

export const f64 = reference(
  'f64',
  float64,
  (how, terms) =>
    how === 'sum' ? terms.reduce((a, b) => a + b, 0) : terms.reduce((a, b) => Math.max(a, b), -Infinity),
  x => x,
)
