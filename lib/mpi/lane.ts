/**
 * Runs work that starts collectives: until it is done, or as promises. There is one collective at a time: work waits in
 * the communicator's lane until all work that was begun before is done, so that ranks which begin the same work in the
 * same order start the same collectives in the same order.
 *
 * A rank that waits longer than `timeLimit` seconds ends the job with a message that names those who have not come.
 * Nothing but MPI_Init and MPI_Finalize blocks in MPI itself, where no timer of JavaScript could end it: collectives are
 * started, and asked whether they are done.
 */
import { waitedTooLong } from '../errors/mpi.js'
import type { AskedCollective, Collecting, Communicator, LaneWork, Started } from './communicator.js'

/** Work that was begun. */
export interface Begun<T> {
  /** goes on with the first work of the lane, as far as that goes without waiting */
  readonly poll: () => void
  /** waits for the end */
  readonly finish: () => T
  readonly promise: () => Promise<T>
  /** takes the work out of the lane; false if it is under way, so that the other ranks may wait for it */
  readonly cancel: () => boolean
}

type Outcome<T> = { readonly value: T } | { readonly cause: unknown }

/** Milliseconds of waiting after which the others are told, so that a later message can tell who waits and who does not. */
const slow = 1000

/** Begins work behind all that the lane holds. */
export const begin = <T>(comm: Communicator, work: Collecting<T>): Begun<T> => {
  let outcome: Outcome<T> | null = null
  const { works } = comm.lane
  const own = pollOf(comm, work, found => (outcome = found))
  works.push(own)
  const result = (found: Outcome<T>): T => {
    if ('cause' in found) throw found.cause
    return found.value
  }
  return {
    poll: () => void pollFirst(comm, false),
    finish: () => {
      while (outcome === null) napAfter(pollFirst(comm, true))
      return result(outcome)
    },
    promise: async () => {
      while (outcome === null) await pauseAfter(pollFirst(comm, false))
      return result(outcome)
    },
    cancel: () => {
      if (own.isUnderWay()) return false
      const at = works.indexOf(own)
      if (at >= 0) works.splice(at, 1)
      return true
    },
  }
}

/** Does the work now, after what is in the lane. */
export const runNow = <T>(comm: Communicator, work: Collecting<T>): T => begin(comm, work).finish()

/** Goes on with the first work of the lane; returns the milliseconds for which it has waited, 0 if it goes on. */
const pollFirst = ({ lane: { works } }: Communicator, isBlocking: boolean): number => {
  const [first] = works
  const waited = first?.poll(isBlocking) ?? null
  if (waited !== null) return waited
  works.shift()
  return 0
}

/** A collective that runs. */
interface Running {
  readonly asked: AskedCollective
  readonly started: Started
  /** milliseconds for which it was waited, until `seen` */
  waited: number
  seen: number
}

/** Time in which a rank did not ask counts as so many milliseconds of waiting: it may have computed, as may the others. */
const mostUnasked = 100

/** Goes on with the work until it must wait; the milliseconds for which it was waited for its collective, null at the end. */
const pollOf = <T>(comm: Communicator, work: Collecting<T>, end: (outcome: Outcome<T>) => void): LaneWork => {
  let running: Running | null = null
  let isUnderWay = false
  const poll = (isBlocking: boolean): number | null => {
    try {
      for (;;) {
        if (running !== null) {
          if (!running.started.isDone()) return waitFor(comm, running)
          running = null
        }
        const next = work.next(isBlocking)
        if (next.done === true) {
          isUnderWay = false
          end({ value: next.value })
          return null
        }
        if (next.value === null) return 0
        running = { asked: next.value, started: comm.start(next.value.collective), waited: 0, seen: performance.now() }
        isUnderWay = true
      }
    } catch (cause) {
      isUnderWay = false
      end({ cause })
      return null
    }
  }
  return { poll, isUnderWay: () => isUnderWay }
}

/** Effects: counts the time since the last call. */
const waitFor = (comm: Communicator, running: Running): number => {
  const { rank, size, timeLimit } = comm
  const now = performance.now()
  running.waited += Math.min(now - running.seen, mostUnasked)
  running.seen = now
  const { waited, asked } = running
  if (waited < Math.min(slow, 250 * timeLimit)) return waited
  const absent = comm.absent()
  if (waited > 1000 * timeLimit) comm.abort(waitedTooLong(rank, size, timeLimit, asked.what, absent))
  return waited
}

/** Milliseconds in which a rank asks without a pause: with as many ranks as cores, this is how long a bucket takes. */
const spin = 2
const cell = new Int32Array(new SharedArrayBuffer(4))

/** Leaves the core to others, where this rank has waited for long: they may be ranks. */
const napAfter = (waited: number): void => {
  if (waited > spin) Atomics.wait(cell, 0, 0, 0.05)
}

const pauseAfter = (waited: number): Promise<void> =>
  new Promise(resolve => {
    if (waited > spin) setTimeout(resolve, 1)
    else immediately(resolve)
  })

/** Node's own, since a timer of 0 ms takes one. */
const immediately = (run: () => void): void => {
  const { setImmediate } = globalThis as unknown as { readonly setImmediate: (run: () => void) => unknown }
  setImmediate(run)
}
