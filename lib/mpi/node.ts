/** The parts of Node that ranks use; looked up when called, since lib/ knows no types of Node. */
import { ranksNeedNode } from '../errors/mpi.js'

interface NodeProcess {
  readonly pid: number
  readonly ppid: number
  readonly env: Record<string, string | undefined>
  on(event: 'exit' | 'beforeExit', run: (code: number) => void): unknown
  on(event: 'uncaughtExceptionMonitor', run: (cause: unknown) => void): unknown
  readonly exit: (code: number) => never
  readonly getBuiltinModule: (id: string) => unknown
}

interface FileSystem {
  readonly writeSync: (fd: number, text: string) => unknown
  readonly mkdirSync: (path: string, options: { readonly recursive: true }) => unknown
  readonly writeFileSync: (path: string, text: string) => unknown
  readonly rmSync: (path: string, options: { readonly force: true }) => unknown
  readonly rmdirSync: (path: string) => unknown
}

/** A thread. */
export interface GuardThread {
  readonly unref: () => unknown
  readonly terminate: () => Promise<unknown>
}

export interface RankNode {
  readonly process: NodeProcess
  readonly fs: FileSystem
  readonly tmpdir: string
  readonly hostname: string
  readonly inspect: (x: unknown) => string
  readonly require: (id: string) => unknown
  readonly thread: (code: string, data: unknown) => GuardThread
}

export const rankNode = (): RankNode => {
  const { process } = globalThis as { readonly process?: NodeProcess }
  if (process?.getBuiltinModule === undefined) throw ranksNeedNode()
  const module = <M>(id: string): M => process.getBuiltinModule(id) as M
  const os = module<{ readonly tmpdir: () => string; readonly hostname: () => string }>('node:os')
  const { createRequire } = module<{ readonly createRequire: (from: string) => RankNode['require'] }>('node:module')
  const { Worker } = module<{
    readonly Worker: new (code: string, options: { readonly eval: true; readonly workerData: unknown }) => GuardThread
  }>('node:worker_threads')
  return {
    process,
    fs: module<FileSystem>('node:fs'),
    tmpdir: os.tmpdir(),
    hostname: os.hostname(),
    inspect: module<{ readonly inspect: RankNode['inspect'] }>('node:util').inspect,
    require: createRequire(import.meta.url),
    thread: (code, data) => new Worker(code, { eval: true, workerData: data }),
  }
}
