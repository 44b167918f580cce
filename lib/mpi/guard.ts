/** A thread that watches while this one blocks in MPI, where no timer of its own can end it. */
import type { RankNode } from './node.js'

/** What happens when the time is over. */
export interface ThreadGuard {
  /** JavaScript with a function `end`, in which `d` is the data */
  readonly code: string
  readonly data: Readonly<Record<string, unknown>>
  readonly seconds: number
}

/** `d.state`: 1 when the thread watches, 2 when the call has returned. A timer of Node has at most 31 bits. */
const begin = `const { workerData: d } = require('node:worker_threads')`
const watch = `
const watched = () => { if (Atomics.load(d.state, 0) !== 2) end() }
if (d.seconds !== Infinity) setTimeout(watched, Math.min(1000 * d.seconds, 2 ** 31 - 1))
Atomics.store(d.state, 0, 1)
Atomics.notify(d.state, 0)
`

/** Runs `call`, which blocks; the guard acts if it has not returned in time. */
export const whileGuarded = (node: RankNode, { code, data, seconds }: ThreadGuard, call: () => void): void => {
  const state = new Int32Array(new SharedArrayBuffer(4))
  const thread = node.thread(`${begin}${code}${watch}`, { ...data, seconds, state })
  thread.unref()
  // UCX, below MPICH, tries its memory hooks in MPI_Init by moving the end of the heap, which no other thread should use then.
  Atomics.wait(state, 0, 0, 1000 * seconds)
  try {
    call()
  } finally {
    Atomics.store(state, 0, 2)
    void thread.terminate()
  }
}
