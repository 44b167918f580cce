/** Errors and last words of ranks. */
import { list, nameOf, RuntimeError, saying, ValueError } from '../errors.js'

const prefix = 'tfjs-optax/mpi'
const env = 'TFJS_OPTAX_MPI_TIME_LIMIT'
const ranks = (some: readonly number[]): string =>
  some.length === 0 ? 'another rank' : `rank${some.length > 1 ? 's' : ''} ${list(some.map(String))}`

export const ranksNeedNode = (): RuntimeError => new RuntimeError(`${prefix}: needs Node 20.16 or later`)
export const noKoffi = (cause: unknown): RuntimeError =>
  new RuntimeError(`${prefix}: needs the package koffi to call MPI (npm install koffi): ${saying(cause)}`, { cause })
export const noLibrary = (tried: readonly string[], cause: unknown): RuntimeError =>
  new RuntimeError(
    `${prefix}: cannot load the MPI library (tried ${list(tried)}); MPI_LIBRARY names the one of your launcher: ${saying(cause)}`,
    { cause },
  )
export const unknownLibrary = (version: string): RuntimeError =>
  new RuntimeError(`${prefix}: knows the handles of MPICH and Open MPI, not those of ${nameOf(version)}`)
export const mpiFailed = (call: string, code: number, text: string): RuntimeError =>
  new RuntimeError(`${prefix}: ${call} failed with code ${code}: ${text}`)
export const otherSize = (got: number, expected: number): RuntimeError =>
  new RuntimeError(
    `${prefix}: the launcher started ${expected} ranks, but MPI sees ${got}; is MPI_LIBRARY the library of another launcher?`,
  )
export const afterEnd = (what: string): RuntimeError =>
  new RuntimeError(`${prefix}: ${what} comes after MPI has ended, by finalize or as Node had nothing left to do`)
export const noRank = (who: string, root: unknown, size: number): TypeError =>
  new TypeError(`${who}: root must be a rank from 0 to ${size - 1}, got ${nameOf(root)}`)

/** A difference between two ranks: what each has in the same place. */
export interface RankDifference {
  readonly rank: number
  readonly isCall: boolean
  readonly first: string
  readonly other: string
}

export const ranksDiffer = (who: string, { rank, isCall, first, other }: RankDifference): ValueError =>
  new ValueError(
    isCall
      ? `${who}: the ranks called different things: rank 0 ${first}, rank ${rank} ${other}`
      : `${who}: the trees differ between ranks: rank 0 has ${first}, rank ${rank} has ${other}`,
  )
export const notReducible = (who: string, path: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: ${path === '' ? 'the root' : `leaf ${path}`} must be a float32 tensor, a Float32Array or null, got ${nameOf(got)}`,
  )
export const notSendable = (who: string, path: string, got: string): TypeError =>
  new TypeError(
    `${who}: leaf ${path} must be a tensor of float32, int32 or bool, a number, boolean, string or null, got ${got}`,
  )

export const notReadNow = (who: string, backend: string, advice: string | undefined, cause: unknown): RuntimeError =>
  new RuntimeError(
    `${who}: backend ${backend} cannot be read synchronously${advice === undefined ? '' : `; ${advice}`}`,
    { cause },
  )
export const sameArrayTwice = (who: string, first: string, second: string): TypeError =>
  new TypeError(`${who}: ${first}, and ${second}, are the same array, which would be written over twice`)
export const waitsForItself = (who: string): RuntimeError =>
  new RuntimeError(`${who}: no call that blocks can come before all its gradients are there`)
export const sendingFailed = (rank: number, size: number, who: string, cause: unknown): string =>
  `${prefix}: rank ${rank} of ${size} has failed in ${who}, after it had begun to send: ${saying(cause)}; all ranks are stopped`
export const usedBeside = (who: string, path: string): ValueError =>
  new ValueError(
    `${who}: the loss uses leaf ${path} from outside too, not only as it is given to the loss; its gradient was sent already`,
  )

// Sharded state
export const overTree = (who: string, link: string): ValueError =>
  new ValueError(
    `${who}: ${link} needs a number over the whole tree, of which each rank sees a part; put it into the chain before ${who}`,
  )
export const userInside = (who: string, link: string): ValueError =>
  new ValueError(`${who}: ${link} is a user's {init, update}, whose state cannot be divided; put it beside ${who}`)
export const dividedAgain = (who: string, link: string): ValueError =>
  new ValueError(`${who}: ${link} divides the state of its links already; put it beside ${who}`)
export const notSharded = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: tx must be made by shardState, got ${nameOf(got)}`)

// Last words, before the job is stopped
export const waitedTooLong = (
  rank: number,
  size: number,
  seconds: number,
  what: string,
  absent: readonly number[],
): string =>
  `${prefix}: rank ${rank} of ${size} has waited ${seconds} s in ${what} for ${ranks(absent)}; all ranks are stopped (a longer time: ${env}, in seconds)`
export const leftEarly = (rank: number, size: number, code: number): string =>
  `${prefix}: rank ${rank} of ${size} has ended before its work with the others was over (exit code ${code}); all ranks are stopped${code === 0 ? ' (before process.exit, call finalize)' : ''}`
/** A dead process; `isAlone` if all ranks are on its machine. */
export interface DeadRank {
  readonly rank: number
  readonly size: number
  readonly pid: number
  readonly host: string
  readonly isAlone: boolean
}

export const killed = ({ rank, size, pid, host, isAlone }: DeadRank): string =>
  `${prefix}: rank ${rank} of ${size} (process ${pid} on ${host}) was killed, or has crashed; ${isAlone ? 'all ranks are stopped' : 'it was the first to end on this machine, and if another one has a message too, one of them is the cause'}`
