/**
 * Several ranks in one process, without MPI. A collective that cannot be served yet ends the rank's function by an
 * exception; when all ranks have come to it, all functions begin anew, and get the results of all collectives up to
 * there. So a body must do the same each time it is called: make its own tensors, and keep nothing.
 */
import type { Collective, Communicator } from '../../lib/mpi/communicator.js'
import { solo } from '../../lib/mpi/solo.js'

type Arrays = Float32Array | Int32Array | Uint8Array

/** The end of the job, which no test expects of ranks that fail alike. */
export class Aborted extends Error {}

export interface Outcome<T> {
  readonly value?: T
  readonly error?: unknown
}

export interface Ranks<T> {
  readonly outcomes: readonly Outcome<T>[]
  /** the operations of all collectives, in order */
  readonly trace: readonly Collective['op'][]
}

export interface RankOptions {
  readonly bucketBytes?: number
  readonly exchangeFrom?: number
}

/** Runs `body` as each of `size` ranks; an error that it throws is its outcome. */
export const onRanks = <T>(size: number, body: (comm: Communicator) => T, options: RankOptions = {}): Ranks<T> => {
  const done: { readonly op: Collective['op']; readonly results: readonly Arrays[] }[] = []
  for (;;) {
    const runs = Array.from({ length: size }, (_, rank) => run(rank, size, body, options, done))
    const waiting = runs.flatMap(({ suspended }) => (suspended === undefined ? [] : [suspended]))
    if (waiting.length === 0)
      return {
        outcomes: runs.map(({ outcome }) => outcome),
        trace: done.map(({ op }) => op),
      }
    if (waiting.length < size) throw new Error(`${size - waiting.length} ranks have ended, the others wait for them`)
    done.push(serve(waiting))
  }
}

/** The values of all ranks; the first error is thrown. */
export const valuesOfRanks = <T>(size: number, body: (comm: Communicator) => T, options?: RankOptions): readonly T[] =>
  onRanks(size, body, options).outcomes.map(({ value, error }) => {
    if (error !== undefined) throw error as Error
    return value as T
  })

const run = <T>(
  rank: number,
  size: number,
  body: (comm: Communicator) => T,
  options: RankOptions,
  done: readonly { readonly results: readonly Arrays[] }[],
): { readonly outcome: Outcome<T>; readonly suspended?: Collective } => {
  let next = 0
  let suspended: Collective | null = null
  const comm: Communicator = {
    ...solo('here', 1),
    ...options,
    rank,
    size,
    start: collective => {
      const served = done[next++]
      if (served === undefined) {
        suspended ??= collective
        throw new Error('a collective waits for the other ranks')
      }
      const into = collective.op === 'exchange' ? collective.into : collective.data
      into.set(served.results[rank] as Uint8Array)
      return { isDone: () => true }
    },
    abort: message => {
      throw new Aborted(message)
    },
    lane: { works: [], scratch: [] },
  }
  let outcome: Outcome<T>
  try {
    outcome = { value: body(comm) }
  } catch (error) {
    outcome = { error }
  }
  // What comes of the exception is not what the rank would do.
  return isSuspended(suspended) ? { outcome: {}, suspended } : { outcome }
}

const isSuspended = (collective: Collective | null): collective is Collective => collective !== null

/** What every rank has after a collective. The sum goes from the last rank to the first, as no other order here does. */
const serve = (all: readonly Collective[]) => {
  const [first] = all as readonly [Collective]
  const datas = all.map(({ data }) => data.slice())
  if (all.some(({ op, data }) => op !== first.op || data.length !== first.data.length))
    throw new Error(
      `ranks have started different collectives: ${all.map(({ op, data }) => `${op} ${data.length}`).join()}`,
    )
  const results = datas.map((_, rank): Arrays => {
    switch (first.op) {
      case 'sum':
        return datas.reduceRight((a, b) => a.map((x, i) => Math.fround(x + b[i]!)))
      case 'max':
        return datas.reduce((a, b) => a.map((x, i) => Math.max(x, b[i]!)))
      case 'broadcast':
        return datas[first.root]!
      case 'gather':
        return joined(datas.map((data, r) => partOf(data as Uint8Array, r, all.length)))
      case 'exchange':
        // The own part of what comes is not a number, so that nobody reads it.
        return joined(
          datas.map((data, r) => {
            const part = partOf(data as Uint8Array, rank, all.length)
            return r === rank ? part.fill(0xff) : part
          }),
        )
    }
  })
  return { op: first.op, results }
}

const partOf = (data: Uint8Array, r: number, ranks: number): Uint8Array => {
  const part = data.length / ranks
  if (!Number.isInteger(part)) throw new Error(`${data.length} bytes are not ${ranks} equal parts`)
  return data.subarray(r * part, (r + 1) * part)
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]))
