/** Random trees and numbers from a seed: the same seed gives the same samples in every engine. */
import * as tf from '@tensorflow/tfjs-core'
import type { SampleNumbers, Sample, Samples } from './law.js'

/** SampleNumbers from 0 up to 1. */
type Random = () => number

/** @source Mulberry32 (Tommy Ettinger, public domain): a generator with a state of 32 bits. */
const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

const below = (random: Random, n: number): number => Math.floor(random() * n)
const oneOf = <T>(random: Random, items: readonly [T, ...T[]]): T => items[below(random, items.length)] ?? items[0]

const odd = [0, -0, 1, -1, 1e-45, -1e-40, 1e-20, 3e38, -3e38, 1e19] as const
const notFinite = [NaN, Infinity, -Infinity] as const

const numberOf = (random: Random, numbers: SampleNumbers): number => {
  const kind = random()
  if (numbers === 'any' && kind < 0.1) return oneOf(random, notFinite)
  if (numbers !== 'moderate' && kind < 0.3) return oneOf(random, odd)
  if (numbers !== 'moderate' && kind < 0.45) return (random() * 2 - 1) * 10 ** (random() * 70 - 35)
  const x = random() * 8 - 4
  return Math.abs(x) < 2 ** -6 ? 1 : x
}

type SampleShape = readonly number[]
interface SampleShapes {
  readonly [key: string]: Below
}
type Below = SampleShape | SampleShapes | readonly SampleShapes[]

const shapeOf = (random: Random): SampleShape =>
  random() < 0.2
    ? oneOf<SampleShape>(random, [[], [0, 2], [1]])
    : Array.from({ length: 1 + below(random, 3) }, () => 1 + below(random, 4))

const keys = ['kernel', 'bias', 'dense', '10', 'b'] as const

/** A tree of shapes, always with a leaf named `a` and another one. */
const treeOf = (random: Random): SampleShapes => {
  const record = (level: number): SampleShapes =>
    Object.fromEntries(
      Array.from({ length: 1 + below(random, 3) }, (): readonly [string, Below] => {
        const key = oneOf(random, keys)
        const kind = level === 0 ? 0 : random()
        if (kind < 0.6) return [key, shapeOf(random)]
        return [
          key,
          kind < 0.8 ? record(level - 1) : Array.from({ length: 1 + below(random, 2) }, () => record(level - 1)),
        ]
      }),
    )
  return { a: shapeOf(random), rest: record(2) }
}

const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x)
const isShape = (x: unknown): x is SampleShape => isList(x) && x.every(n => typeof n === 'number')

const filled = (tree: unknown, of: (shape: SampleShape) => () => tf.Tensor): (() => unknown) => {
  if (isShape(tree)) return of(tree)
  if (isList(tree)) {
    const items: readonly (() => unknown)[] = tree.map(item => filled(item, of))
    return () => items.map(make => make())
  }
  const entries = Object.entries(tree as object).map(([key, item]) => [key, filled(item, of)] as const)
  return () => Object.fromEntries(entries.map(([key, make]) => [key, make()]))
}

/** As many samples as `runs` says, from a seed. */
export const samplesOf =
  (seed: number, runs: number): Samples =>
  (steps, numbers) =>
    Array.from({ length: runs }, (_, i): (() => Sample) => {
      const random = randomOf(Math.imul(seed + 1, 0x9e3779b1) + Math.imul(i + 1, 0x85ebca6b) + steps)
      const tree = treeOf(random)
      const one = (): (() => unknown) =>
        filled(tree, shape => {
          const size = shape.reduce((n, d) => n * d, 1)
          const data = Float32Array.from({ length: size }, () => numberOf(random, numbers))
          return () => tf.tensor(data.slice(), [...shape], 'float32')
        })
      const params = one()
      const gradients = Array.from({ length: steps }, one)
      return () => ({ params: params(), gradients: gradients.map(make => make()) })
    })
