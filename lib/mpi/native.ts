/** The functions of the MPI library that are used, by koffi, without a compiler. Their failures are errors. */
import { mpiFailed, noKoffi, noLibrary } from '../errors/mpi.js'
import type { Collective, Communicator, Started } from './communicator.js'
import { handlesOf, type Handles } from './handles.js'
import type { RankNode } from './node.js'

type Native = (...args: readonly unknown[]) => number

interface Library {
  readonly func: (name: string, result: 'int', args: readonly string[]) => Native
  readonly symbol: (name: string) => bigint
}

interface Koffi {
  readonly load: (path: string, options: { readonly global: true }) => Library
}

/** Which rank this is. */
export type RankOfSize = Pick<Communicator, 'rank' | 'size'>

export interface Mpi {
  /** the library that was loaded */
  readonly path: string
  readonly version: string
  readonly init: () => void
  readonly finalize: () => void
  readonly rank: () => number
  readonly size: () => number
  readonly abort: (code: number) => void
  readonly start: (collective: Collective, place: RankOfSize) => Started
  readonly add: Communicator['add']
  /** as in `Handles` */
  readonly exchangeFrom: number
  readonly finalizeMayHang: boolean
  /** starts to send a number to another rank */
  readonly tell: (rank: number, data: Int32Array) => Started
  /** the next number that another rank has sent; null if there is none */
  readonly heard: (rank: number) => number | null
}

/** The libraries that may belong to the launcher, by what it has told its processes; none if no launcher is seen. */
export const librariesOf = (env: RankNode['process']['env']): readonly string[] => {
  const has = (name: string): boolean => (env[name] ?? '') !== ''
  const [openMpi, mpich] = [
    ['libmpi.so.40', 'libmpi.so'],
    ['libmpich.so.12', 'libmpi.so.12'],
  ]
  if (has('MPI_LIBRARY')) return [env['MPI_LIBRARY'] ?? '']
  if (has('OMPI_COMM_WORLD_SIZE')) return openMpi
  if (has('PMI_RANK') || has('PMI_SIZE')) return mpich
  return has('PMIX_RANK') ? [...openMpi, ...mpich] : []
}

const koffiOf = ({ require }: RankNode): Koffi => {
  try {
    return require('koffi') as Koffi
  } catch (cause) {
    throw noKoffi(cause)
  }
}

/** Loads the first library that is there. Effects: its symbols are global, since it loads parts of itself later. */
const loadFirst = (node: RankNode, paths: readonly string[]): readonly [Library, path: string] => {
  const koffi = koffiOf(node)
  let failure: unknown
  for (const path of paths)
    try {
      return [koffi.load(path, { global: true }), path]
    } catch (cause) {
      failure ??= cause
    }
  throw noLibrary(paths, failure)
}

const [address, number] = ['void *', 'int']
/** the tag of messages between ranks, which no other message has */
const tag = 7117
/** MPI_THREAD_FUNNELED: only the thread that began calls MPI */
const funneled = 1

const versionOf = (library: Library): string => {
  const [text, length] = [new Uint8Array(8192), new Int32Array(1)]
  library.func('MPI_Get_library_version', 'int', [address, address])(text, length)
  return new TextDecoder().decode(text.subarray(0, length[0])).replace(/\0/g, '')
}

/**
 * The library and its handles. Effects: loads it; calls of `init` and all after it are MPI's.
 *
 * UCX, below MPICH, patches the C library to watch a process's memory, and tries that by moving the end of the heap back
 * and forth. Node has other threads, which use the heap meanwhile: about one start in a hundred on a busy machine ended in
 * a segmentation fault in V8's memory. So UCX watches nothing, unless the user sets the variable; only RDMA needs it.
 */
export const openMpiLibrary = (node: RankNode, paths: readonly string[]): Mpi => {
  node.process.env['UCX_MEM_EVENTS'] ??= 'no'
  const [library, path] = loadFirst(node, paths)
  const text = versionOf(library)
  const h = handlesOf(text, name => library.symbol(name))
  const declared = (name: string, args: readonly string[]): Native => library.func(name, 'int', args)
  const errorString = declared('MPI_Error_string', [number, address, address])
  const say = (code: number): string => {
    const [said, length] = [new Uint8Array(1024), new Int32Array(1)]
    errorString(code, said, length)
    return new TextDecoder().decode(said.subarray(0, length[0]))
  }
  const call = (name: string, ...args: readonly string[]): Native => {
    const native = declared(name, args)
    return (...given) => {
      const code = native(...given)
      if (code !== 0) throw mpiFailed(name, code, say(code))
      return code
    }
  }
  const asked = (native: Native): number => {
    const out = new Int32Array(1)
    native(h.world, out)
    return out[0] ?? 0
  }
  const [init, finalize] = [call('MPI_Init_thread', address, address, number, address), call('MPI_Finalize')]
  const onErrors = call('MPI_Comm_set_errhandler', h.type, h.type)
  const [rank, size] = [call('MPI_Comm_rank', h.type, address), call('MPI_Comm_size', h.type, address)]
  const abort = declared('MPI_Abort', [h.type, number])
  const test = call('MPI_Test', address, address, address)
  const send = call('MPI_Isend', address, number, h.type, number, number, h.type, address)
  const probe = call('MPI_Iprobe', number, number, h.type, address, address)
  const receive = call('MPI_Recv', address, number, h.type, number, number, h.type, address)
  const reduceLocal = call('MPI_Reduce_local', address, address, number, h.type, h.type)
  const startOf = startsOf(call, h)

  /**
   * MPI reads and writes `arrays` until it is done. V8 keeps short arrays in its own heap, where it moves them; to ask for
   * their buffer gives them memory that stays.
   */
  const startedWith = (run: (request: BigUint64Array) => void, arrays: readonly ArrayBufferView[]): Started => {
    const held = arrays.map(array => ({ array, buffer: array.buffer }))
    // A handle of either kind fits into 64 bits.
    const [request, flag] = [new BigUint64Array(1), new Int32Array(1)]
    run(request)
    const own = { request, held }
    return {
      isDone: () => {
        test(own.request, flag, h.ignore)
        return flag[0] !== 0
      },
    }
  }
  return {
    path,
    version: text.split(/[\n,]/)[0]?.replace(/\s+/g, ' ').trim() ?? '',
    exchangeFrom: h.exchangeFrom,
    finalizeMayHang: h.finalizeMayHang,
    init: () => {
      init(null, null, funneled, new Int32Array(1))
      onErrors(h.world, h.errorsReturn)
    },
    finalize: () => void finalize(),
    rank: () => asked(rank),
    size: () => asked(size),
    abort: code => void abort(h.world, code),
    start: (collective, place) => {
      const { arrays, run } = startOf(collective, place)
      return startedWith(run, arrays)
    },
    add: (sum, other) => void reduceLocal(other, sum, sum.length, h.float, h.sum),
    tell: (to, data) => startedWith(request => void send(data, 1, h.int, to, tag, h.world, request), [data]),
    heard: from => {
      const [flag, data] = [new Int32Array(1), new Int32Array(1)]
      probe(from, tag, h.world, flag, h.ignore)
      if (flag[0] === 0) return null
      receive(data, 1, h.int, from, tag, h.world, h.ignore)
      return data[0] ?? 0
    },
  }
}

/** What starts a collective, and the arrays that it needs until it is done. */
interface NativeStart {
  readonly arrays: readonly ArrayBufferView[]
  readonly run: (request: BigUint64Array) => void
}

/** What starts each kind of collective. */
const startsOf = (call: (name: string, ...args: readonly string[]) => Native, h: Handles) => {
  const { type } = h
  const reduce = call('MPI_Iallreduce', address, address, number, type, type, type, address)
  const broadcast = call('MPI_Ibcast', address, number, type, number, type, address)
  const gather = call('MPI_Iallgather', address, number, type, address, number, type, type, address)
  const parts = [address, address, address, type]
  const exchange = call('MPI_Ialltoallv', ...parts, ...parts, type, address)
  return (collective: Collective, { rank, size }: RankOfSize): NativeStart => {
    const { op, data } = collective
    const part = data.length / size
    const on = (run: NativeStart['run'], ...more: readonly ArrayBufferView[]) => ({ arrays: [data, ...more], run })
    switch (op) {
      case 'sum':
        return on(request => void reduce(h.inPlace, data, data.length, h.float, h.sum, h.world, request))
      case 'max':
        return on(request => void reduce(h.inPlace, data, data.length, h.int, h.max, h.world, request))
      case 'broadcast':
        return on(request => void broadcast(data, data.length, h.byte, collective.root, h.world, request))
      case 'gather':
        return on(request => void gather(h.inPlace, part, h.byte, data, part, h.byte, h.world, request))
      case 'exchange': {
        const { into } = collective
        const counts = Int32Array.from({ length: size }, (_, r) => (r === rank ? 0 : part))
        const places = Int32Array.from({ length: size }, (_, r) => r * part)
        const ends = [counts, places, h.byte] as const
        return on(request => void exchange(data, ...ends, into, ...ends, h.world, request), into, counts, places)
      }
    }
  }
}
