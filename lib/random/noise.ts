/** Streams of normal deviates and of signs: a stream for each seed and name, and in it a list of numbers for each count. */
import { normalOf } from './normal.js'
import { derived, threefry, type Key } from './threefry.js'

/** The key of the stream of a name, by all bits of the seed, a whole number from 0 on, and all letters of the name. */
export const keyOf = (seed: number, name: string): Key => {
  const letters = Array.from({ length: name.length }, (_, i) => name.charCodeAt(i))
  return derived([seed | 0, Math.floor(seed / 4294967296)], [...letters, letters.length])
}

/** `size` normal deviates times `scale`, rounded to float32. No number depends on `size` or on those before it. */
export const noise = (key: Key, count: number, size: number, scale: number): Float32Array => {
  const made = new Float32Array(size)
  const words = new Int32Array(2)
  for (let i = 0, block = 0; i < size; i += 2, block++) {
    threefry(key, block, count, words, 0)
    made[i] = scale * normalOf(words[0] ?? 0)
    if (i + 1 < size) made[i + 1] = scale * normalOf(words[1] ?? 0)
  }
  return made
}

/** `size` signs, 1 or -1, of equal chance. No number depends on `size` or on those before it. */
export const signs = (key: Key, count: number, size: number): Float32Array => {
  const words = new Int32Array(2)
  return Float32Array.from({ length: size }, (_, i) => {
    const bit = i % 64
    if (bit === 0) threefry(key, i / 64, count, words, 0)
    return ((words[bit >> 5] ?? 0) >> (bit & 31)) & 1 ? 1 : -1
  })
}
