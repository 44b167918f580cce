/** The parts of Node that ranks use; looked up when called, since lib/ knows no types of Node. */
import { ranksNeedNode } from '../errors/mpi.js'

interface NodeProcess {
  readonly pid: number
  readonly ppid: number
  readonly env: Record<string, string | undefined>
  on(event: 'exit' | 'beforeExit', run: (code: number) => void): unknown
  on(event: 'uncaughtExceptionMonitor', run: (cause: unknown) => void): unknown
  readonly exit: (code: number) => never
  readonly exitCode?: number | string | null | undefined
  readonly kill: (pid: number, signal: string) => unknown
  readonly getBuiltinModule: (id: string) => unknown
}

interface FileSystem {
  readonly writeSync: (fd: number, text: string) => unknown
  readonly mkdirSync: (path: string, options: { readonly recursive: true }) => unknown
  readonly writeFileSync: (path: string, text: string) => unknown
  readonly rmSync: (path: string, options: { readonly force: true }) => unknown
  readonly rmdirSync: (path: string) => unknown
  readonly existsSync: (path: string) => boolean
  readonly readdirSync: (path: string) => readonly string[]
  readonly openSync: (path: string, flags: 'r') => number
  readonly closeSync: (fd: number) => unknown
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
  /**
   * starts a shell, whose input ends when this process does, and which this one does not wait for; its process, or null
   * where there is no shell
   */
  readonly shell: (script: string, args: readonly string[]) => number | null
}

/** A process that this one has started. */
interface ChildProcess {
  readonly pid?: number
  readonly stdin: { readonly unref?: () => unknown }
  readonly unref: () => unknown
  readonly on: (event: 'error', run: () => unknown) => unknown
}
interface SpawnOptions {
  readonly stdio: readonly (string | number)[]
  readonly detached: true
}

export const rankNode = (): RankNode => {
  const { process } = globalThis as { readonly process?: NodeProcess }
  if (process?.getBuiltinModule === undefined) throw ranksNeedNode()
  const module = <M>(id: string): M => process.getBuiltinModule(id) as M
  const os = module<{ readonly tmpdir: () => string; readonly hostname: () => string }>('node:os')
  const fs = module<FileSystem>('node:fs')
  const { createRequire } = module<{ readonly createRequire: (from: string) => RankNode['require'] }>('node:module')
  const { Worker } = module<{
    readonly Worker: new (code: string, options: { readonly eval: true; readonly workerData: unknown }) => GuardThread
  }>('node:worker_threads')
  return {
    process,
    fs,
    tmpdir: os.tmpdir(),
    hostname: os.hostname(),
    inspect: module<{ readonly inspect: RankNode['inspect'] }>('node:util').inspect,
    require: createRequire(import.meta.url),
    shell: (script, args) => {
      const { spawn } = module<{
        readonly spawn: (file: string, args: readonly string[], options: SpawnOptions) => ChildProcess
      }>('node:child_process')
      // Launchers leave open files to their ranks, by which they see that these end: a child must not have them too.
      if (!fs.existsSync('/dev/fd')) return null
      const last = Math.max(2, ...fs.readdirSync('/dev/fd').map(Number))
      const nothing = fs.openSync('/dev/null', 'r')
      const stdio = ['pipe', 'ignore', 'inherit', ...Array.from({ length: last - 2 }, () => nothing)]
      const child = spawn('/bin/sh', ['-c', script, 'sh', ...args], { stdio, detached: true })
      fs.closeSync(nothing)
      child.on('error', () => undefined) // without a shell nobody speaks for the rank
      child.unref()
      child.stdin.unref?.()
      return child.pid ?? null
    },
    thread: (code, data) => new Worker(code, { eval: true, workerData: data }),
  }
}
