/**
 * The sum of arrays over all replicas of all ranks, bucket by bucket.
 *
 * In the order `fixed`, neighbours are added first, then neighbouring sums, and so on: a tree over all replicas, numbered
 * from the first of rank 0 to the last of the last rank. So the same replicas have the same sum to the bit, on however
 * many ranks they are. A power of two of replicas on each rank is a branch of that tree, which the rank adds by itself.
 * Each rank then gets a part of all branches, adds it, and sends it around: as many bytes as the library sends. Open
 * MPI's own sum takes longer than that, so large buckets are added so in the order `library` too.
 */
import type { Collecting, Communicator } from './communicator.js'
import { waitsForItself } from '../errors/mpi.js'
import { bucketsOf, empty, fill, type Bucket } from './buckets.js'

/** `library`: the library chooses, and may choose otherwise on another number of ranks. */
export type SumOrder = 'library' | 'fixed'

type Add = Communicator['add']

/** Adds in JavaScript. */
export const addNumbers: Add = (sum, other) => {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (other[i] ?? 0)
}

const inOrder = ([sum = new Float32Array(), ...others]: readonly Float32Array[], add: Add): Float32Array => {
  for (const other of others) add(sum, other)
  return sum
}

/** Adds neighbours until one is left; writes over the arrays. The sum is in `keep`, if that is one of them. */
export const inPairs = (parts: readonly Float32Array[], add: Add, keep?: Float32Array): Float32Array => {
  const sumOf = (a: Float32Array, b: Float32Array): Float32Array => {
    const [sum, other] = b === keep ? [b, a] : [a, b]
    add(sum, other)
    return sum
  }
  let left = parts
  while (left.length > 1)
    left = left.flatMap((part, i) => {
      const next = left[i + 1]
      return i % 2 === 1 ? [] : [next === undefined ? part : sumOf(part, next)]
    })
  return left[0] ?? new Float32Array()
}

const isPowerOf2 = (n: number): boolean => Number.isInteger(Math.log2(n))

/** The leaves of this rank's replicas, which are written over; all replicas have leaves of the same sizes. */
export interface Summands {
  readonly sizes: readonly number[]
  readonly replicas: readonly (readonly Float32Array[])[]
  /** smaller buckets than the communicator's */
  readonly bucketBytes?: number
  /** whether a leaf is there already; by default all are */
  readonly isThere?: (leaf: number) => boolean
}

/** The sums of the leaves of all replicas of all ranks, in place of this rank's first replica. */
export const summed = function* (
  comm: Communicator,
  who: string,
  { sizes, replicas, bucketBytes = comm.bucketBytes, isThere = () => true }: Summands,
  order: SumOrder,
): Collecting<readonly Float32Array[]> {
  const { size, add, exchangeFrom } = comm
  const [results = []] = replicas
  const buckets = bucketsOf(sizes, Math.max(1, Math.floor(bucketBytes / 4)))
  const memory = memoryOf(comm)
  for (const [number, bucket] of buckets.entries()) {
    const what = `bucket ${number + 1} of ${buckets.length} of ${who}`
    while (!bucket.pieces.every(({ leaf }) => isThere(leaf))) {
      const isBlocking = yield null
      if (isBlocking && !bucket.pieces.every(({ leaf }) => isThere(leaf))) throw waitsForItself(who)
    }
    const exchanges = mustExchange(comm, replicas.length, order) || (size > 1 && 4 * bucket.length >= exchangeFrom)
    const length = exchanges ? inParts(bucket.length, size) : bucket.length
    const own = length === bucket.length ? wholeIn(bucket) : null
    const parts = replicas.map((leaves, r) => own?.(leaves) ?? fill(memory(r, length), bucket, leaves))
    const branches =
      order === 'library' ? [inOrder(parts, add)] : isPowerOf2(parts.length) ? [inPairs(parts, add)] : parts
    const into = branches.map((_, b) => memory(replicas.length + b, exchanges ? length : 0))
    const total = exchanges ? yield* exchanged(comm, what, branches, into) : yield* byLibrary(what, branches)
    if (own === null) empty(total, bucket, results)
  }
  return results
}

/** Whether the library's sum could have another order. That of two numbers has only one. */
const mustExchange = ({ size }: Communicator, replicas: number, order: SumOrder): boolean =>
  order === 'fixed' && (size > 2 || !isPowerOf2(replicas))

/** Where a bucket has a part of one leaf only, that part itself, which needs no copy. */
const wholeIn = ({ pieces }: Bucket): ((leaves: readonly Float32Array[]) => Float32Array | null) | null => {
  const [only, second] = pieces
  if (only === undefined || second !== undefined) return null
  return leaves => leaves[only.leaf]?.subarray(only.from, only.from + only.length) ?? null
}

/** The arrays of the lane by number, longer ones where they are too short. */
const memoryOf =
  ({ lane: { scratch } }: Communicator) =>
  (number: number, length: number): Float32Array => {
    const known = scratch[number]
    const array = known !== undefined && known.length >= length ? known : new Float32Array(length)
    scratch[number] = array
    return array.subarray(0, length)
  }

/** The length of an array that all ranks can share equally. */
const inParts = (length: number, size: number): number => Math.ceil(length / size) * size

const byLibrary = function* (
  what: string,
  [data = new Float32Array()]: readonly Float32Array[],
): Collecting<Float32Array> {
  yield { collective: { op: 'sum', data }, what }
  return data
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Adds a part of all branches of all ranks on each rank; what the others send goes `into` arrays of the same lengths. */
const exchanged = function* (
  { rank, size, add }: Communicator,
  what: string,
  branches: readonly Float32Array[],
  into: readonly Float32Array[],
): Collecting<Float32Array> {
  const [sum = new Float32Array()] = branches
  const part = sum.length / size
  for (const [b, branch] of branches.entries())
    yield { collective: { op: 'exchange', data: bytesOf(branch), into: bytesOf(into[b] ?? branch) }, what }
  const partOf = (array: Float32Array, r: number) => array.subarray(r * part, (r + 1) * part)
  const parts = Array.from({ length: size }, (_, r) => (r === rank ? branches : into).map(array => partOf(array, r)))
  inPairs(parts.flat(), add, parts[rank]?.[0])
  yield { collective: { op: 'gather', data: bytesOf(sum) }, what }
  return sum
}
