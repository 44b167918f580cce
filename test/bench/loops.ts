/** What one writes without a library: a loop over typed arrays. */

export interface Arrays {
  readonly p: Float32Array
  readonly m: Float32Array
  readonly v: Float32Array
  readonly g: Float32Array
}

export type Loop = (leaves: readonly Arrays[], t: number) => void

export const momentum: Loop = leaves => {
  for (const { p, m, g } of leaves)
    for (let i = 0; i < p.length; i++) {
      const sum = g[i]! + 0.9 * m[i]!
      m[i] = sum
      p[i] = p[i]! - 1e-3 * sum
    }
}

export const lion: Loop = leaves => {
  for (const { p, m, g } of leaves)
    for (let i = 0; i < p.length; i++) {
      const [u, mu, old] = [g[i]!, m[i]!, p[i]!]
      p[i] = old - 1e-4 * (Math.sign(0.9 * mu + 0.1 * u) + 1e-2 * old)
      m[i] = 0.99 * mu + 0.01 * u
    }
}

const normOf = (leaves: readonly Arrays[]): number => {
  let sum = 0
  for (const { g } of leaves) for (const u of g) sum += u * u
  return Math.sqrt(sum)
}

export const adamw =
  ({ clip, decay }: { readonly clip: boolean; readonly decay: boolean }): Loop =>
  (leaves, t) => {
    const factor = clip ? 1 / Math.max(1, normOf(leaves)) : 1
    const [c1, c2, rate] = [1 / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t), decay ? 1e-2 : 0]
    for (const { p, m, v, g } of leaves)
      for (let i = 0; i < p.length; i++) {
        const u = g[i]! * factor
        const mean = 0.9 * m[i]! + 0.1 * u
        const square = 0.999 * v[i]! + 0.001 * u * u
        m[i] = mean
        v[i] = square
        p[i] = p[i]! - 1e-3 * ((mean * c1) / (Math.sqrt(square * c2) + 1e-8) + rate * p[i]!)
      }
  }
