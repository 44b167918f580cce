/**
 * The end of MPI. Over TCP, UCX, below MPICH, now and then hangs in MPI_Finalize on a busy machine: one rank waits for an
 * answer of another one, which is through and answers no more. All ranks have met before, so their work is done; after a
 * while a thread ends the process in order.
 */
import type { Mpi } from './native.js'
import type { RankNode } from './node.js'

/** Seconds after which MPI_Finalize will not return. */
const patience = 5

const guard = `
const { workerData: d } = require('node:worker_threads')
const koffi = require('node:module').createRequire(d.from)('koffi')
const exit = koffi.load(d.library).func('_exit', 'void', ['int'])
Atomics.store(d.ready, 0, 1)
Atomics.notify(d.ready, 0)
setTimeout(() => Atomics.load(d.ready, 0) === 1 && exit(d.code), 1000 * d.patience)
`

/** Runs MPI_Finalize; if it `mayHang`, the process ends with its exit code all the same. */
export const finalizeWithin = (node: RankNode, mpi: Mpi, mayHang: boolean): void => {
  if (!mayHang) return mpi.finalize()
  const ready = new Int32Array(new SharedArrayBuffer(4))
  const code = Number(node.process.exitCode ?? 0)
  const thread = node.thread(guard, { library: mpi.path, from: import.meta.url, ready, patience, code })
  thread.unref()
  Atomics.wait(ready, 0, 0, 1000 * patience)
  try {
    mpi.finalize()
  } finally {
    Atomics.store(ready, 0, 2)
    void thread.terminate()
  }
}
