/** The communicator of all processes that the launcher has started. */
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { afterEnd, otherSize } from '../errors/mpi.js'
import { usual, type Communicator, type RankProcess, type Started } from './communicator.js'
import { joinWithin } from './join.js'
import { launchedAs } from './launched.js'
import { runNow } from './lane.js'
import { leaveInOrder } from './leave.js'
import { librariesOf, openMpiLibrary, type Mpi } from './native.js'
import { rankNode, type RankNode } from './node.js'
import { solo } from './solo.js'
import { agree, gatherTexts } from './texts.js'
import { witnessOf } from './witness.js'

/** How long a rank waits for the others. */
export interface WorldOptions {
  /**
   * seconds that a rank waits for the others before it ends the job with a message that names them; above 0, default 10
   * or the environment variable `TFJS_OPTAX_MPI_TIME_LIMIT`. It must be longer than what one rank alone does between
   * two steps, such as saving
   */
  readonly timeLimit?: number
  /** bytes that are sent at once, a multiple of 4, at most 2 ** 30; default 2 MiB, which stays in the cache of a core */
  readonly bucketBytes?: number
}

const options: Names<WorldOptions> = { timeLimit: 'timeout', bucketBytes: 'bucketSize bucketCapMb' }
const who = 'world'

let made: Communicator | null = null

/**
 * The communicator of all processes that `mpiexec` has started; of this one alone if there is no launcher, which needs
 * neither MPI nor koffi.
 *
 * The first call begins MPI, and waits until all ranks have come; its options hold wherever no communicator is given.
 * Later calls return the same communicator, with the options of the call. MPI ends by itself when Node has nothing left to
 * do, or by `finalize`. A rank that throws, or exits before that, ends the whole job.
 *
 * @throws RuntimeError if there is a launcher, but koffi or the MPI library cannot be loaded; TypeError for an option out
 * of its range.
 * @example
 * import { world } from 'tfjs-optax/mpi'
 * const comm = world({ timeLimit: 60 })
 * // comm.size is 1, comm.rank is 0
 */
export const world = /* @__PURE__ */ checked(
  { who, takes: [], options },
  ({ timeLimit, bucketBytes }: WorldOptions = {}): Communicator => {
    if (timeLimit !== undefined && !(timeLimit > 0)) throw badArgument(who, 'timeLimit', 'seconds above 0', timeLimit)
    if (bucketBytes !== undefined && !(Number.isInteger(bucketBytes / 4) && bucketBytes > 0 && bucketBytes <= 2 ** 30))
      throw badArgument(who, 'bucketBytes', 'a multiple of 4 from 4 to 2 ** 30', bucketBytes)
    const given = { ...(timeLimit !== undefined && { timeLimit }), ...(bucketBytes !== undefined && { bucketBytes }) }
    made ??= { ...begun(rankNode(), timeLimit), ...given }
    return { ...made, ...given }
  },
)

/**
 * The number of this process among all that the launcher has started, from 0; 0 without a launcher.
 *
 * @throws as `world` does.
 * @example
 * import { rank } from 'tfjs-optax/mpi'
 * if (rank() === 0) console.log('only one process prints this')
 */
export const rank = /* @__PURE__ */ checked({ who: 'rank', takes: [] }, (): number => world().rank)

/**
 * The number of processes that the launcher has started; 1 without a launcher.
 *
 * @throws as `world` does.
 * @example
 * import { size } from 'tfjs-optax/mpi'
 * const windowsPerRank = 64 / size()
 */
export const size = /* @__PURE__ */ checked({ who: 'size', takes: [] }, (): number => world().size)

/**
 * The number of this process among those on its machine, from 0: by it each takes a device of its own.
 *
 * @throws as `world` does.
 * @example
 * import { localRank } from 'tfjs-optax/mpi'
 * const device = `GPU ${localRank()}`
 * // device is 'GPU 0'
 */
export const localRank = /* @__PURE__ */ checked({ who: 'localRank', takes: [] }, (): number => world().localRank)

/**
 * Ends the work with the other ranks: finishes what was begun, waits as long as `timeLimit` says until all have called it,
 * and ends MPI. It is needed only before `process.exit`, as where WebGPU would keep the process alive; otherwise MPI ends by
 * itself when Node has nothing left to do. A second call does nothing.
 *
 * @throws ValueError on every rank if another one calls something else. Later calls that need the others are a
 * RuntimeError.
 * @example
 * import { finalize } from 'tfjs-optax/mpi'
 * finalize() // and then process.exit(0)
 */
export const finalize = /* @__PURE__ */ checked({ who: 'finalize', takes: [] }, (): void => {
  const comm = world()
  comm.finalize(comm.timeLimit)
})

const begun = (node: RankNode, timeLimit?: number): Communicator => {
  const libraries = librariesOf(node.process.env)
  const seconds = timeLimit ?? secondsOf(node.process.env['TFJS_OPTAX_MPI_TIME_LIMIT'])
  if (libraries.length === 0) return { ...solo(node.hostname, node.process.pid), timeLimit: seconds }
  const mpi = openMpiLibrary(node, libraries)
  const launched = launchedAs(node.process)
  const witness = launched === null ? { pid: null } : witnessOf(node, launched)
  joinWithin(seconds, node, { launched, witness }, mpi.init)
  const [rank, size] = [mpi.rank(), mpi.size()]
  const meet = (timeLimit: number): void => {
    runNow({ ...comm, timeLimit }, agree(comm, 'finalize', 'finalize', []))
    notices.read()
  }
  const mayHang = (): boolean => mpi.finalizeMayHang && processes.some(({ host }) => host !== node.hostname)
  const { isOver, finalize, abort } = leaveInOrder(node, { rank, size }, { mpi, witness, meet, mayHang })
  if (launched !== null && launched.size !== size) throw otherSize(size, launched.size)
  const notices = noticesOf(mpi, rank, size)
  const comm: Communicator = {
    kind: 'communicator',
    rank,
    size,
    localRank: 0,
    processes: [],
    library: mpi.version,
    ...usual,
    timeLimit: seconds,
    exchangeFrom: mpi.exchangeFrom,
    add: mpi.add,
    start: collective => {
      if (isOver()) throw afterEnd('a collective')
      notices.begin()
      const { isDone } = mpi.start(collective, { rank, size })
      return {
        isDone: () => {
          if (isOver()) throw afterEnd('the end of a collective')
          return isDone()
        },
      }
    },
    absent: notices.absent,
    abort,
    finalize,
    lane: { works: [], scratch: [] },
  }
  const processes = runNow(comm, processesOf(comm, node))
  const localRank = processes.slice(0, rank).filter(({ host }) => host === node.hostname).length
  return { ...comm, processes, localRank }
}

const secondsOf = (text: string | undefined): number => {
  if (text === undefined || text === '') return usual.timeLimit
  const seconds = Number(text)
  if (!(seconds > 0)) throw badArgument('TFJS_OPTAX_MPI_TIME_LIMIT', 'the variable', 'seconds above 0', text)
  return seconds
}

const processesOf = function* (comm: Communicator, { hostname, process }: RankNode) {
  const texts = yield* gatherTexts(comm, 'the first meeting', JSON.stringify({ host: hostname, pid: process.pid }))
  return texts.map(text => JSON.parse(text) as RankProcess)
}

/** How often, in collectives, notices are read that nobody has waited for. */
const sweep = 256

/**
 * Which ranks wait: one that has waited for long tells the others the number of its collective. So a rank that gives up
 * can name those who have told nothing.
 */
const noticesOf = (mpi: Mpi, rank: number, size: number) => {
  const others = Array.from({ length: size }, (_, r) => r).filter(r => r !== rank)
  const latest = new Map<number, number>()
  let [present, told] = [0, -1]
  let sent: readonly Started[] = []
  const read = (): void => {
    for (const other of others)
      for (let number = mpi.heard(other); number !== null; number = mpi.heard(other)) latest.set(other, number)
  }
  return {
    read,
    begin: (): void => {
      present = (present + 1) % 2 ** 31
      if (present % sweep === 0) read()
    },
    absent: (): readonly number[] => {
      if (told !== present) {
        told = present
        sent = [...sent, ...others.map(other => mpi.tell(other, Int32Array.of(present)))]
      }
      sent = sent.filter(one => !one.isDone())
      read()
      return others.filter(other => (latest.get(other) ?? -1) < present)
    },
  }
}
