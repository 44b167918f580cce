/** The communicator of a process that no launcher started: it needs no MPI, and every collective is done at once. */
import { usual, type Communicator } from './communicator.js'

const done = { isDone: () => true }

export const solo = (host: string, pid: number): Communicator => ({
  kind: 'communicator',
  rank: 0,
  size: 1,
  localRank: 0,
  processes: [{ host, pid }],
  library: null,
  ...usual,
  start: collective => {
    if (collective.op === 'exchange') collective.into.set(collective.data)
    return done
  },
  absent: () => [],
  abort: message => {
    throw new Error(message)
  },
  lane: { works: [] },
})
