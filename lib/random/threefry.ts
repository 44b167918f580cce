/**
 * Random words by counter: Threefry-2x32 with 20 rounds. The words of a key and a counter are always the same, on every
 * engine, in any order, since only additions, rotations and exclusive-ors of 32-bit integers are used. It passes BigCrush.
 *
 * @source Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"; also the generator of jax.
 */

/** The key of a stream: two words. */
export type Key = readonly [number, number]

/** Writes the two words of the counter `(low, high)` to `into[at]` and `into[at + 1]`, as signed integers. */
export const threefry = ([k0, k1]: Key, low: number, high: number, into: Int32Array, at: number): void => {
  let [now, next, last] = [k1, k0 ^ k1 ^ 0x1bd11bda, k0]
  let a = (low + k0) | 0
  let b = (high + k1) | 0
  for (let group = 1; group <= 5; group++) {
    // Four rounds, then a part of the key. Odd and even groups rotate by other numbers of bits.
    if (group & 1) {
      a = (a + b) | 0
      b = ((b << 13) | (b >>> 19)) ^ a
      a = (a + b) | 0
      b = ((b << 15) | (b >>> 17)) ^ a
      a = (a + b) | 0
      b = ((b << 26) | (b >>> 6)) ^ a
      a = (a + b) | 0
      b = ((b << 6) | (b >>> 26)) ^ a
    } else {
      a = (a + b) | 0
      b = ((b << 17) | (b >>> 15)) ^ a
      a = (a + b) | 0
      b = ((b << 29) | (b >>> 3)) ^ a
      a = (a + b) | 0
      b = ((b << 16) | (b >>> 16)) ^ a
      a = (a + b) | 0
      b = ((b << 24) | (b >>> 8)) ^ a
    }
    a = (a + now) | 0
    b = (b + next + group) | 0
    ;[now, next, last] = [next, last, now]
  }
  into[at] = a
  into[at + 1] = b
}

/** The key that follows from another one and some words, each of which matters, as does their order. */
export const derived = (key: Key, words: readonly number[]): Key => {
  const made = new Int32Array(2)
  return words.reduce<Key>((from, word, i) => {
    threefry(from, word, i, made, 0)
    return [made[0] ?? 0, made[1] ?? 0]
  }, key)
}
