/** Seeded random numbers as plain data: a draw is a function from a state to a value and the next state. */
import { state as S } from 'fp-ts'

/** The whole state of mulberry32: one 32-bit integer, so that a run file can hold it. */
export type Rng = number
export type Draw<A> = S.State<Rng, A>

/** A number in [0, 1). */
export const uniform: Draw<number> = rng => {
  const next = (rng + 0x6d2b79f5) | 0
  const a = Math.imul(next ^ (next >>> 15), next | 1)
  const b = a ^ (a + Math.imul(a ^ (a >>> 7), a | 61))
  return [((b ^ (b >>> 14)) >>> 0) / 2 ** 32, next]
}

/** A whole number from 0 to `n - 1`. */
export const below = (n: number): Draw<number> => S.map<number, number>(u => Math.floor(u * n))(uniform)

/** A number of the standard normal distribution, by Box and Muller. */
const normal: Draw<number> = rng => {
  const [radius, middle] = uniform(rng)
  const [angle, next] = uniform(middle)
  return [Math.sqrt(-2 * Math.log(1 - radius)) * Math.cos(2 * Math.PI * angle), next]
}

const many =
  (n: number, draw: Draw<number>): Draw<readonly number[]> =>
  rng => {
    const values: number[] = []
    let state = rng
    while (values.length < n) {
      const [value, next] = draw(state)
      values.push(value)
      state = next
    }
    return [values, state]
  }

export const normals = (n: number): Draw<readonly number[]> => many(n, normal)
export const integers = (n: number, bound: number): Draw<readonly number[]> => many(n, below(bound))
