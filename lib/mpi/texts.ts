/** Texts of all ranks, and whether all ranks have the same. */
import { ranksDiffer } from '../errors/mpi.js'
import { usual, type Collecting, type Communicator } from './communicator.js'

/** Bytes of a text that are sent; it is for messages. */
const most = 2 ** 20

/** The text of each rank. */
export const gatherTexts = function* (comm: Communicator, what: string, text: string): Collecting<readonly string[]> {
  const own = new TextEncoder().encode(text).subarray(0, most)
  const lengths = new Int32Array(comm.size)
  lengths[comm.rank] = own.length
  yield { collective: { op: 'gather', data: new Uint8Array(lengths.buffer) }, what }
  const part = Math.max(1, ...lengths)
  const data = new Uint8Array(comm.size * part)
  data.set(own, comm.rank * part)
  yield { collective: { op: 'gather', data }, what }
  return Array.from(lengths, (length, r) => new TextDecoder().decode(data.subarray(r * part, r * part + length)))
}

/** A number of 31 bits from a text (FNV-1a). */
export const hashOf = (text: string, seed: number): number => {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  return (hash >>> 1) ^ (hash & 1)
}

/**
 * Throws the same error on every rank unless all ranks do the same with trees of the same form: `call` is what they do
 * in words, and `lines` has one for each leaf. It comes before any collective whose arrays would not fit.
 */
export const agree = function* (
  comm: Communicator,
  who: string,
  call: string,
  lines: readonly string[],
): Collecting<void> {
  if (comm.size === 1) return
  const what = `the comparison of trees by ${who}`
  const buckets = comm.bucketBytes === usual.bucketBytes ? '' : `, in buckets of ${comm.bucketBytes} bytes`
  const text = [`${call}${buckets}`, ...lines].join('\n')
  const hashes = [hashOf(text, 0x811c9dc5), hashOf(text, 0x1234567)]
  const data = Int32Array.from([...hashes, ...hashes.map(hash => -hash)])
  yield { collective: { op: 'max', data }, what }
  const isSame = hashes.every((_, i) => data[i] === -(data[i + hashes.length] ?? 0))
  if (isSame) return
  const [first = [], ...others] = (yield* gatherTexts(comm, what, text)).map(one => one.split('\n'))
  const rank = others.findIndex(other => other.join('\n') !== first.join('\n')) + 1
  const other = others[rank - 1] ?? []
  const at = first.findIndex((line, i) => line !== other[i])
  const place = at < 0 ? first.length : at
  const said = (these: readonly string[]): string => these[place] ?? 'nothing in this place'
  throw ranksDiffer(who, { rank, isCall: place === 0, first: said(first), other: said(other) })
}
