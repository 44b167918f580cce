/**
 * The inverse of the distribution function of the normal distribution, by rational approximations: only +, -, *, / and
 * the square root, which every engine rounds in the same way. Relative error about 1e-16.
 *
 * @source Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16.
 */
import { ln } from './elementary.js'

// Written out, since a loop over coefficients takes five times as long.
const central = (x: number): number =>
  (((((((2509.0809287301226727 * x + 33430.575583588128105) * x + 67265.770927008700853) * x + 45921.953931549871457) *
    x +
    13731.693765509461125) *
    x +
    1971.5909503065514427) *
    x +
    133.14166789178437745) *
    x +
    3.387132872796366608) /
  (((((((5226.495278852854561 * x + 28729.085735721942674) * x + 39307.89580009271061) * x + 21213.794301586595867) *
    x +
    5394.1960214247511077) *
    x +
    687.1870074920579083) *
    x +
    42.313330701600911252) *
    x +
    1)
const middle = (x: number): number =>
  (((((((7.7454501427834140764e-4 * x + 0.0227238449892691845833) * x + 0.24178072517745061177) * x +
    1.27045825245236838258) *
    x +
    3.64784832476320460504) *
    x +
    5.7694972214606914055) *
    x +
    4.6303378461565452959) *
    x +
    1.42343711074968357734) /
  (((((((1.05075007164441684324e-9 * x + 5.475938084995344946e-4) * x + 0.0151986665636164571966) * x +
    0.14810397642748007459) *
    x +
    0.68976733498510000455) *
    x +
    1.6763848301838038494) *
    x +
    2.05319162663775882187) *
    x +
    1)
const far = (x: number): number =>
  (((((((2.01033439929228813265e-7 * x + 2.71155556874348757815e-5) * x + 0.0012426609473880784386) * x +
    0.026532189526576123093) *
    x +
    0.29656057182850489123) *
    x +
    1.7848265399172913358) *
    x +
    5.4637849111641143699) *
    x +
    6.6579046435011037772) /
  (((((((2.04426310338993978564e-15 * x + 1.4215117583164458887e-7) * x + 1.8463183175100546818e-5) * x +
    7.868691311456132591e-4) *
    x +
    0.0148753612908506148525) *
    x +
    0.13692988092273580531) *
    x +
    0.59983220655588793769) *
    x +
    1)

/** The probability of the tail beyond a word in its own half: `(k + 1/2) / 2^32`. */
const tail = (word: number): number => ((word < 0 ? word + 2147483648 : 2147483647 - word) + 0.5) / 4294967296

/**
 * The normal deviate of a random word, a signed 32-bit integer: the point below which the distribution has
 * `(word + 2^31 + 1/2) / 2^32`. The greatest is 6.34.
 */
export const normalOf = (word: number): number => {
  const q = (word + 0.5) / 4294967296
  if (q < 0.425 && q > -0.425) return q * central(0.180625 - q * q)
  const r = Math.sqrt(-ln(tail(word)))
  const z = r <= 5 ? middle(r - 1.6) : far(r - 5)
  return q < 0 ? -z : z
}
