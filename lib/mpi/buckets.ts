/** Buckets: the elements of all leaves, one leaf after the other, in parts that are sent one at a time. */

/** Some elements of a leaf, and their place in the bucket. */
export interface Piece {
  readonly leaf: number
  readonly from: number
  readonly length: number
  readonly at: number
}

export interface Bucket {
  readonly length: number
  readonly pieces: readonly Piece[]
}

/** Leaves of these sizes in buckets of at most `most` elements; only the last one is not full. */
export const bucketsOf = (sizes: readonly number[], most: number): readonly Bucket[] => {
  const buckets: Bucket[] = []
  let [pieces, length] = [[] as Piece[], 0]
  const close = (): void => {
    buckets.push({ length, pieces })
    ;[pieces, length] = [[], 0]
  }
  sizes.forEach((size, leaf) => {
    for (let from = 0; from < size;) {
      const taken = Math.min(size - from, most - length)
      pieces.push({ leaf, from, length: taken, at: length })
      from += taken
      length += taken
      if (length === most) close()
    }
  })
  if (length > 0) close()
  return buckets
}

/** Copies the pieces of a bucket from the leaves. */
export const fill = (bucket: Float32Array, { pieces }: Bucket, leaves: readonly Float32Array[]): Float32Array => {
  for (const { leaf, from, length, at } of pieces) bucket.set(leaves[leaf]?.subarray(from, from + length) ?? [], at)
  return bucket
}

/** Copies the pieces of a bucket to the leaves. */
export const empty = (bucket: Float32Array, { pieces }: Bucket, leaves: readonly Float32Array[]): void => {
  for (const { leaf, from, length, at } of pieces) leaves[leaf]?.set(bucket.subarray(at, at + length), from)
}
