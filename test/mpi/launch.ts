/** Starts ranks by the launchers of MPICH and Open MPI, as Debian names them. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { childEnv } from '../childEnv.js'

export interface Launcher {
  readonly name: string
  readonly command: string
  /** arguments that allow more ranks than cores */
  readonly more: readonly string[]
  readonly library: string
}

export const launchers: readonly Launcher[] = [
  { name: 'MPICH', command: 'mpiexec.mpich', more: [], library: 'libmpich.so.12' },
  { name: 'Open MPI', command: 'mpiexec.openmpi', more: ['--oversubscribe'], library: 'libmpi.so.40' },
]

const isOnPath = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

/** Why a launcher cannot be used; null if it can. */
export const missing = ({ command }: Launcher): string | null =>
  isOnPath(command) ? null : `no ${command} on PATH (Debian's packages mpich and openmpi-bin have them)`

/** Open MPI refuses root without these, and takes a terminal for its ranks, so that Node would colour what it prints. */
export const rankEnv = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...childEnv(),
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  NO_COLOR: '1',
  // Other tests take the cores meanwhile.
  TFJS_OPTAX_MPI_TIME_LIMIT: '60',
  ...more,
})

export interface Job {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly seconds: number
}

/** Runs a command to its end; `watch` sees what it has printed so far. It is killed after two minutes. */
export const runJob = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = rankEnv(),
  watch: (out: string, child: ChildProcess) => void = () => undefined,
): Promise<Job> =>
  new Promise((done, fail) => {
    const began = performance.now()
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      watch(out, child)
    })
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', fail)
    child.on('close', code => {
      clearTimeout(timer)
      done({ code, out, err, seconds: (performance.now() - began) / 1000 })
    })
  })

/** What ranks have written into a folder, by rank. */
export const printed = <T>(folder: string): readonly T[] =>
  readdirSync(folder)
    .sort()
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T)

/** The programs of ranks, bundled: a start through a loader takes longer than all else. */
export const bundled = async (...entryPoints: readonly string[]): Promise<string> => {
  const outdir = resolve(`.tap/mpi-${process.pid}`)
  mkdirSync(outdir, { recursive: true })
  await build({
    entryPoints: [...entryPoints],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    entryNames: '[dir]-[name]',
    outbase: '.',
    outdir,
    logLevel: 'error',
  })
  return outdir
}
