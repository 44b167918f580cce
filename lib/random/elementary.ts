/**
 * Logarithm and exponential from operations that every engine rounds in the same way: +, -, * and /. `Math.log` and
 * `Math.exp` differ between engines in their last bits.
 */

const ln2 = 0.6931471805599453
const root2 = 1.4142135623730951

/** The natural logarithm of a positive number, within 4e-16 of it, or of 1 where it is smaller. */
export const ln = (x: number): number => {
  let [m, exponent] = [x, 0]
  for (; m >= root2; exponent++) m *= 0.5 // multiplications by powers of two are exact
  for (; m < root2 / 2; exponent--) m *= 2
  const z = (m - 1) / (m + 1)
  const s = z * z
  let sum = 0
  for (let k = 21; k >= 1; k -= 2) sum = sum * s + 1 / k
  return exponent * ln2 + 2 * z * sum
}

/** The exponential of a number, relative error below 1e-15 times its size; 0 and Infinity beyond the range of float64. */
export const exp = (x: number): number => {
  if (x < -745) return 0
  if (x > 710) return Infinity
  const exponent = Math.round(x / ln2)
  const r = x - exponent * ln2
  let sum = 1
  for (let k = 17; k >= 1; k--) sum = 1 + (sum * r) / k
  for (let i = exponent; i > 0; i--) sum *= 2
  for (let i = exponent; i < 0; i++) sum *= 0.5
  return sum
}
