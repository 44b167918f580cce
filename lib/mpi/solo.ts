/** The communicator of a process that no launcher started: it needs no MPI, and every collective is done at once. */
import { addNumbers } from './sum.js'
import { usual, type Communicator } from './communicator.js'

export const solo = (host: string, pid: number): Communicator => ({
  kind: 'communicator',
  rank: 0,
  size: 1,
  localRank: 0,
  processes: [{ host, pid }],
  library: null,
  ...usual,
  exchangeFrom: Infinity,
  add: addNumbers,
  start: () => ({ isDone: () => true }),
  absent: () => [],
  abort: message => {
    throw new Error(message)
  },
  finalize: () => undefined,
  lane: { works: [], scratch: [] },
})
