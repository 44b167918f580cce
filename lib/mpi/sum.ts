/**
 * The sum of arrays over all replicas of all ranks, bucket by bucket.
 *
 * In the order `fixed`, neighbours are added first, then neighbouring sums, and so on: a tree over all replicas, numbered
 * from the first of rank 0 to the last of the last rank. So the same replicas have the same sum to the bit, on however
 * many ranks they are. A power of two of replicas on each rank is a branch of that tree, which the rank adds by itself.
 * Each rank then gets a part of all branches, adds it, and sends it around: as many bytes as the library sends, but
 * added in JavaScript.
 */
import type { Collecting, Communicator } from './communicator.js'
import { bucketsOf, empty, fill, type Bucket } from './buckets.js'

/** `library`: the library chooses, and may choose otherwise on another number of ranks. */
export type SumOrder = 'library' | 'fixed'

/** Adds to the first array. */
const addTo = (sum: Float32Array, other: Float32Array): Float32Array => {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (other[i] ?? 0)
  return sum
}

const inOrder = (parts: readonly Float32Array[]): Float32Array => parts.reduce(addTo)

/** Adds neighbours until one is left; writes over the arrays. */
export const inPairs = (parts: readonly Float32Array[]): Float32Array => {
  let left = parts
  while (left.length > 1)
    left = left.flatMap((part, i) => {
      const next = left[i + 1]
      return i % 2 === 1 ? [] : [next === undefined ? part : addTo(part, next)]
    })
  return left[0] ?? new Float32Array()
}

const isPowerOf2 = (n: number): boolean => Number.isInteger(Math.log2(n))

/** The leaves of this rank's replicas, which are written over; all replicas have leaves of the same sizes. */
export interface Summands {
  readonly sizes: readonly number[]
  readonly replicas: readonly (readonly Float32Array[])[]
  /** whether a leaf is there already; by default all are */
  readonly isThere?: (leaf: number) => boolean
}

/** The sums of the leaves of all replicas of all ranks, in place of this rank's first replica. */
export const summed = function* (
  comm: Communicator,
  who: string,
  { sizes, replicas, isThere = () => true }: Summands,
  order: SumOrder,
): Collecting<readonly Float32Array[]> {
  const [results = []] = replicas
  const buckets = bucketsOf(sizes, comm.bucketBytes / 4)
  const memory = memoryOf(replicas.length, inParts(buckets[0]?.length ?? 0, comm.size))
  for (const [number, bucket] of buckets.entries()) {
    const what = `bucket ${number + 1} of ${buckets.length} of ${who}`
    while (!bucket.pieces.every(({ leaf }) => isThere(leaf))) yield null
    const own = order === 'fixed' && bucket.length % comm.size !== 0 ? null : wholeIn(bucket)
    const parts = replicas.map(
      (leaves, r) => own?.(leaves) ?? fill(memory(r, inParts(bucket.length, comm.size)), bucket, leaves),
    )
    const total = order === 'fixed' ? yield* inTree(comm, what, parts) : yield* byLibrary(what, inOrder(parts))
    if (own === null) empty(total, bucket, results)
  }
  return results
}

/** Where a bucket has a part of one leaf only, that part itself, which needs no copy. */
const wholeIn = ({ pieces }: Bucket): ((leaves: readonly Float32Array[]) => Float32Array | null) | null => {
  const [only, second] = pieces
  if (only === undefined || second !== undefined) return null
  return leaves => leaves[only.leaf]?.subarray(only.from, only.from + only.length) ?? null
}

/** A bucket for each replica, made where it is needed first. */
const memoryOf = (replicas: number, longest: number): ((r: number, length: number) => Float32Array) => {
  const made: Float32Array[] = []
  return (r, length) => (made[r % replicas] ??= new Float32Array(longest)).subarray(0, length)
}

/** The length of an array that all ranks can share equally. */
const inParts = (length: number, size: number): number => Math.ceil(length / size) * size

const byLibrary = function* (what: string, data: Float32Array): Collecting<Float32Array> {
  yield { collective: { op: 'sum', data }, what }
  return data
}

const inTree = function* (comm: Communicator, what: string, parts: readonly Float32Array[]): Collecting<Float32Array> {
  const branches = isPowerOf2(parts.length) ? [inPairs(parts)] : parts
  const [only] = branches
  // The sum of two does not depend on their order, whatever the library does.
  if (only !== undefined && branches.length === 1 && comm.size <= 2) return yield* byLibrary(what, only)
  return yield* exchanged(comm, what, branches)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Adds a part of all branches of all ranks on each rank. */
const exchanged = function* (
  comm: Communicator,
  what: string,
  branches: readonly Float32Array[],
): Collecting<Float32Array> {
  const { rank, size } = comm
  const [sum = new Float32Array()] = branches
  const part = sum.length / size
  const received: Float32Array[] = []
  for (const branch of branches) {
    const into = new Float32Array(branch.length)
    yield { collective: { op: 'exchange', data: bytesOf(branch), into: bytesOf(into) }, what }
    received.push(into)
  }
  const ofRank = (r: number) => received.map(all => all.subarray(r * part, (r + 1) * part))
  const own = inPairs(Array.from({ length: size }, (_, r) => ofRank(r)).flat())
  sum.set(own, rank * part)
  yield { collective: { op: 'gather', data: bytesOf(sum) }, what }
  return sum
}
