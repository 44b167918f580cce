/**
 * How a rank ends. When Node has nothing left to do, or when the program says so, MPI is finalized. A rank that ends in
 * any other way, by an error or by `process.exit`, even with the code 0, ends the job: the others would wait for it for
 * ever, and MPICH would call that a success.
 */
import { leftEarly } from '../errors/mpi.js'
import { finalizeWithin } from './finalize.js'
import type { Mpi, RankOfSize } from './native.js'
import type { RankNode } from './node.js'
import { dismiss, hush, type Witness } from './witness.js'

/** Milliseconds for a launcher to print the last words: MPICH's drops what it has not printed when it ends a job. */
export const lastWords = 200
const cell = new Int32Array(new SharedArrayBuffer(4))

/** The exit code where a rank that ends early has none of its own. */
const early = 70

export interface Leaving {
  readonly isOver: () => boolean
  /** meets the others, for whom it waits so many seconds, and ends MPI on this rank; nothing if it has ended */
  readonly finalize: (timeLimit: number) => void
  readonly abort: (message: string, code?: number) => never
}

/** What ends with a rank. */
interface Ending {
  readonly mpi: Mpi
  readonly witness: Witness
  /** waits for the other ranks, so many seconds; once on each rank, however it ends */
  readonly meet: (timeLimit: number) => void
  /** whether MPI_Finalize may hang after that */
  readonly mayHang: () => boolean
}

/** Effects: from now on the end of the process is the end of MPI, or of the job. */
export const leaveInOrder = (
  node: RankNode,
  { rank, size }: RankOfSize,
  { mpi, witness, meet, mayHang }: Ending,
): Leaving => {
  const { process, fs, inspect } = node
  let over = false
  let thrown = ''
  const abort = (message: string, code = early): never => {
    over = true
    try {
      fs.writeSync(2, `${message}\n`)
    } catch {
      // Nobody reads it, and the job must end all the same.
    }
    hush(node, witness)
    Atomics.wait(cell, 0, 0, lastWords)
    mpi.abort(code)
    return process.exit(code) // MPI_Abort need not end the process that calls it
  }
  // Node would print it after the event `exit`, which here is the end of the process.
  process.on('uncaughtExceptionMonitor', (cause: unknown) => {
    thrown = `${inspect(cause)}\n`
  })
  const finalize = (timeLimit: number): void => {
    if (over) return
    meet(timeLimit)
    dismiss(node, witness)
    finalizeWithin(node, mpi, mayHang())
    over = true
  }
  // Another rank may have work of its own for long, such as saving.
  process.on('beforeExit', () => {
    finalize(Infinity)
  })
  process.on('exit', (code: number) => {
    if (!over) abort(`${thrown}${leftEarly(rank, size, code)}`, code === 0 ? early : code)
  })
  return { isOver: () => over, finalize, abort }
}
