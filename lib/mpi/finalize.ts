/**
 * The end of MPI. Over TCP, UCX, below MPICH, now and then hangs in MPI_Finalize on a busy machine: one rank waits for an
 * answer of another one, which is through and answers no more. All ranks have met before, so their work is done; after a
 * while a thread ends the process in order.
 */
import { whileGuarded } from './guard.js'
import type { Mpi } from './native.js'
import type { RankNode } from './node.js'

/** Seconds after which MPI_Finalize will not return. */
const patience = 5

/** Ends the process at once, with its exit code. */
const code = `
const koffi = require('node:module').createRequire(d.from)('koffi')
const exit = koffi.load(d.library).func('_exit', 'void', ['int'])
const end = () => exit(d.exitCode)
`

/** Runs MPI_Finalize; if it `mayHang`, the process ends with its exit code all the same. */
export const finalizeWithin = (node: RankNode, mpi: Mpi, mayHang: boolean): void => {
  if (!mayHang) return mpi.finalize()
  const data = { library: mpi.path, from: import.meta.url, exitCode: Number(node.process.exitCode ?? 0) }
  whileGuarded(node, { code, data, seconds: patience }, mpi.finalize)
}
