/** Puts leaves together of which each rank has a share. */
import type { Collecting, Communicator } from './communicator.js'
import { runNow } from './lane.js'
import { elementsOf, sizeOf, type LeafForm, type LeafShares } from './shares.js'
import { agree } from './texts.js'

/** A leaf that all ranks get, and this rank's share of its numbers. */
export interface SharedLeaf {
  readonly form: LeafForm
  readonly shares: LeafShares
  readonly own: Float32Array
}

/** The whole leaves, once all ranks have said the same `lines` of what they have; waits for the others. */
export const gatherNow = (
  comm: Communicator,
  who: string,
  lines: readonly string[],
  leaves: readonly SharedLeaf[],
): Iterator<Float32Array, undefined> => {
  const work = function* (): Collecting<readonly Float32Array[]> {
    yield* agree(comm, who, who, lines)
    return yield* gatherShares(comm, who, leaves)
  }
  return runNow(comm, work()).values()
}

/** The whole leaves. Each rank sends its shares one after the other, in parts of a bucket. */
const gatherShares = function* (
  comm: Communicator,
  who: string,
  leaves: readonly SharedLeaf[],
): Collecting<readonly Float32Array[]> {
  const { rank, size } = comm
  const wholes = leaves.map(({ form }) => new Float32Array(sizeOf(form)))
  const rows = Array.from({ length: size }, (_, r) => placesOf(leaves, r))
  const longest = Math.max(...rows.map(({ length }) => length))
  const part = Math.max(1, Math.floor(comm.bucketBytes / 4 / size))
  for (let from = 0; from < longest; from += part) {
    const length = Math.min(part, longest - from)
    const data = new Float32Array(size * length)
    copy(rows[rank]?.places ?? [], from, length, ({ leaf, at }, begin, end, to) =>
      data.set(leaves[leaf]?.own.subarray(begin - at, end - at) ?? [], rank * length + to),
    )
    const what = `elements from ${from} of ${longest} of ${who}`
    yield { collective: { op: 'gather', data: new Uint8Array(data.buffer) }, what }
    rows.forEach(({ places }, r) => {
      copy(places, from, length, ({ leaf, at, first }, begin, end, to) => {
        const start = r * length + to
        wholes[leaf]?.set(data.subarray(start, start + end - begin), first + begin - at)
      })
    })
  }
  return wholes
}

/** The share of a rank in a leaf: where it begins in what the rank sends, and in the leaf. */
interface Place {
  readonly leaf: number
  readonly at: number
  readonly length: number
  readonly first: number
}

const placesOf = (leaves: readonly SharedLeaf[], rank: number) => {
  let at = 0
  const places = leaves.map(({ form, shares }, leaf): Place => {
    const { from, length } = elementsOf(shares[rank] ?? 'none', form)
    const place = { leaf, at, length, first: from }
    at += length
    return place
  })
  return { places, length: at }
}

/** Calls `each` with what lies in a part of what a rank sends, and where that is in the part. */
const copy = (
  places: readonly Place[],
  from: number,
  length: number,
  each: (place: Place, begin: number, end: number, to: number) => void,
): void => {
  for (const place of places) {
    const [begin, end] = [Math.max(from, place.at), Math.min(from + length, place.at + place.length)]
    if (begin < end) each(place, begin, end, begin - from)
  }
}
