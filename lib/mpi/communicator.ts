/**
 * What ranks do together, as data: a collective is an operation on typed arrays, and a function of ranks is a generator
 * of collectives. Who runs them is a value, the communicator: MPI's (world.ts), a single process (solo.ts), or several
 * ranks in one process, as tests have it.
 */
import { badArgument } from '../errors.js'
import { isRecord } from '../tree/structure.js'

/** An operation that all ranks start in the same order, with arrays of the same lengths. */
export type Collective =
  /** the sum of all ranks' arrays, in place, in an order that the library chooses */
  | { readonly op: 'sum'; readonly data: Float32Array }
  /** the maximum of all ranks' arrays, in place */
  | { readonly op: 'max'; readonly data: Int32Array }
  /** the bytes of one rank, in place on all others */
  | { readonly op: 'broadcast'; readonly data: Uint8Array; readonly root: number }
  /** an equal part for each rank, of which it has filled its own; afterwards all parts are filled */
  | { readonly op: 'gather'; readonly data: Uint8Array }
  /** an equal part for each rank: part r of `data` goes to rank r, part r of `into` came from rank r; the own part stays */
  | { readonly op: 'exchange'; readonly data: Uint8Array; readonly into: Uint8Array }

/** A collective, and what it is part of in words, for messages: `bucket 2 of 7 of allReduce`. */
export interface AskedCollective {
  readonly collective: Collective
  readonly what: string
}

/**
 * Work of one rank that starts collectives, one at a time; null where its next one cannot be started yet. It is told
 * whether somebody blocks the event loop until it is done, so that no promise will be kept before.
 */
export type Collecting<T> = Generator<AskedCollective | null, T, boolean>

/** A collective that was started. */
export interface Started {
  /** whether it has ended; makes it progress */
  readonly isDone: () => boolean
}

/** Work in a lane. */
export interface LaneWork {
  /** goes on as far as it can; the milliseconds for which it has waited, null at its end */
  readonly poll: (isBlocking: boolean) => number | null
  /** whether it has started a collective, and has not ended: the other ranks may wait for it */
  readonly isUnderWay: () => boolean
}

/** Work in the order in which it was begun; only the first goes on. */
export interface Lane {
  /** memory of the first work, kept for the next one */
  readonly scratch: Float32Array[]
  readonly works: LaneWork[]
}

/** A process of the job. */
export interface RankProcess {
  readonly host: string
  readonly pid: number
}

/** The processes that train together, as one of them sees them. All fields are data, so `{...comm, timeLimit: 60}` is one too. */
export interface Communicator {
  readonly kind: 'communicator'
  /** the number of this process, from 0 */
  readonly rank: number
  /** how many there are */
  readonly size: number
  /** the number of this process among those on its machine, from 0 */
  readonly localRank: number
  /** where each rank runs */
  readonly processes: readonly RankProcess[]
  /** the version of the MPI library; null for a process that no launcher started */
  readonly library: string | null
  /** seconds that a rank waits for the others before it ends the job with a message; above 0 */
  readonly timeLimit: number
  /** the bytes that are sent at once, from 4 to 2 ** 30 */
  readonly bucketBytes: number
  /** the bytes of a bucket from which ranks exchange and add parts of it, since the library's own sum takes longer */
  readonly exchangeFrom: number
  /** adds the second array to the first */
  readonly add: (sum: Float32Array, other: Float32Array) => void
  /** starts a collective */
  readonly start: (collective: Collective) => Started
  /** while this rank waits: the others that do not wait for the same collective; they are told that this one does */
  readonly absent: () => readonly number[]
  /** ends all ranks with this message */
  readonly abort: (message: string) => never
  /** ends MPI on this rank, after a last meeting of all ranks, for whom it waits so many seconds */
  readonly finalize: (timeLimit: number) => void
  readonly lane: Lane
}

export const isCommunicator = (x: unknown): x is Communicator => isRecord(x) && x['kind'] === 'communicator'

/** Throws unless it is a communicator. */
export const checkCommunicator = (who: string, comm: unknown): void => {
  if (!isCommunicator(comm)) throw badArgument(who, 'comm', 'a communicator', comm)
}

/** The options that communicators have in common. */
export const usual = { timeLimit: 10, bucketBytes: 2 ** 21 } as const
