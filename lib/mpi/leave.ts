/**
 * How a rank ends. When Node has nothing left to do, MPI is finalized. A rank that ends in any other way, by an error or
 * by `process.exit`, even with the code 0, ends the job: the others would wait for it for ever, and MPICH would call that
 * a success.
 */
import { leftEarly } from '../errors/mpi.js'
import type { Mpi } from './native.js'
import type { RankNode } from './node.js'

/** The exit code where a rank that ends early has none of its own. */
const early = 70

export interface Leaving {
  readonly isOver: () => boolean
  readonly abort: (message: string, code?: number) => never
}

/** Effects: from now on the end of the process is the end of MPI, or of the job. */
export const leaveInOrder = ({ process, fs }: RankNode, mpi: Mpi, rank: number, size: number): Leaving => {
  let over = false
  const abort = (message: string, code = early): never => {
    over = true
    fs.writeSync(2, `${message}\n`)
    mpi.abort(code)
    return process.exit(code) // MPI_Abort need not end the process that calls it
  }
  process.on('beforeExit', () => {
    if (over) return
    over = true
    mpi.finalize()
  })
  process.on('exit', code => {
    if (!over) abort(leftEarly(rank, size, code), code === 0 ? early : code)
  })
  return { isOver: () => over, abort }
}
