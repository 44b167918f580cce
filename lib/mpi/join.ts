/**
 * The time limit of MPI_Init, which waits until all ranks have called it. It blocks its thread, so another one watches:
 * each rank leaves a file while it waits, by which the message can name those who are missing on this machine.
 */
import type { RankNode } from './node.js'

/** What a launcher has told a process before MPI is there. */
export interface Launched {
  readonly rank: number
  readonly size: number
  /** how many ranks there are on this machine */
  readonly localSize: number
  /** a name of the job that its processes on this machine share */
  readonly job: string
}

/** What the launcher says; null for a process that it does not number, or that is alone. */
export const launchedAs = ({ env, ppid }: RankNode['process']): Launched | null => {
  const read = (...names: readonly string[]): number => Number(names.map(name => env[name]).find(Boolean) ?? NaN)
  const rank = read('PMI_RANK', 'OMPI_COMM_WORLD_RANK', 'PMIX_RANK')
  const size = read('PMI_SIZE', 'OMPI_COMM_WORLD_SIZE', 'SLURM_NTASKS')
  if (!Number.isInteger(rank) || !(size > 1)) return null
  const localSize = read('MPI_LOCALNRANKS', 'OMPI_COMM_WORLD_LOCAL_SIZE')
  const job = (env['PMIX_NAMESPACE'] ?? `parent-${ppid}`).replace(/\W/g, '-')
  return { rank, size, localSize: Number.isInteger(localSize) ? localSize : size, job }
}

/** Waits in a thread of its own, says who is missing, and kills the process: nothing milder ends a thread in MPI_Init. */
const guard = `
const { workerData: d } = require('node:worker_threads')
const fs = require('node:fs')
Atomics.store(d.ready, 0, 1)
Atomics.notify(d.ready, 0)
setTimeout(() => {
  let here = []
  try { here = fs.readdirSync(d.folder).map(Number) } catch {}
  const all = Array.from({ length: d.size }, (_, r) => r)
  const missing = all.filter(r => !here.includes(r))
  const who = d.localSize !== d.size
    ? 'ranks on other machines; on this one ' + here.length + ' of ' + d.localSize + ' have come (' + here.join(', ') + ')'
    : missing.length > 0 ? 'rank ' + missing.join(', ') : 'MPI itself, since all ranks have come'
  fs.writeSync(2, 'tfjs-optax/mpi: rank ' + d.rank + ' of ' + d.size + ' has waited ' + d.seconds +
    ' s in MPI_Init for ' + who + '; all ranks are stopped (a longer time: TFJS_OPTAX_MPI_TIME_LIMIT, in seconds)\\n')
  process.kill(process.pid, 'SIGKILL')
}, 1000 * d.seconds)
`

/** Runs `init`, which returns when all ranks have come. */
export const joinWithin = (seconds: number, node: RankNode, launched: Launched | null, init: () => void): void => {
  if (launched === null) return init()
  const { fs, tmpdir } = node
  const folder = `${tmpdir}/tfjs-optax-mpi-${launched.job}`
  const own = `${folder}/${launched.rank}`
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(own, '')
  const ready = new Int32Array(new SharedArrayBuffer(4))
  const thread = node.thread(guard, { ...launched, seconds, folder, ready })
  thread.unref()
  // UCX, below MPICH, tries its memory hooks in MPI_Init by moving the end of the heap, which no other thread should use then.
  Atomics.wait(ready, 0, 0, 1000 * seconds)
  try {
    init()
  } finally {
    void thread.terminate()
    fs.rmSync(own, { force: true })
    removeIfEmpty(node, folder)
  }
}

/** The last rank to go removes the folder; for the others it is not empty, or gone. */
const removeIfEmpty = ({ fs }: RankNode, folder: string): void => {
  try {
    fs.rmdirSync(folder)
  } catch {
    return
  }
}
