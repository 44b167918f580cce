/** Values between counts at which they are known. */

/** A value, and the count at which it is reached. */
export interface Point {
  readonly from: number
  readonly value: number
}

/** The fraction of the way from one value to the next, by the fraction of the steps. */
type Ease = (part: number) => number

export const eases = {
  linear: (part: number) => part,
  cosine: (part: number) => 0.5 * (1 - Math.cos(Math.PI * part)),
} satisfies Readonly<Record<string, Ease>>

/**
 * The value at `count` of points in ascending order, the first at 0; constant after the last. Of two points at the same
 * count the later one holds.
 */
export const interpolate = (points: readonly Point[], ease: Ease, count: number): number => {
  const next = points.findIndex(point => point.from > count)
  const [from, to] = [points.at(next < 0 ? -1 : next - 1), points[next]]
  if (from === undefined || to === undefined) return from?.value ?? NaN
  return from.value + (to.value - from.value) * ease((count - from.from) / (to.from - from.from))
}
