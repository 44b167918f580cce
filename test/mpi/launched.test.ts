/**
 * Ranks as launchers start them, under MPICH and Open MPI: equal parameters, ends of all kinds, saving and resuming, two
 * hosts. `KILLS=50 npx tap test/mpi/launched.test.ts` kills the example fifty times with each, where `npm test` does it
 * twice.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, readSafetensors } from '../../lib/index.js'
import * as M from '../../lib/mpi.js'
import { whereThereIs } from '../whereThereIs.js'
import { makeHosts, noHosts, runOnHosts } from './hosts.js'
import { bundled, launchers, missing, printed, rankEnv, runJob, type Job, type Launcher } from './launch.js'

const kills = Number(process.env['KILLS'] ?? 2)
const programs = await bundled(
  'test/mpi/program.ts',
  'examples/data-parallel/main.ts',
  'examples/data-parallel/seed.ts',
)
t.teardown(() => rmSync(programs, { recursive: true }))
const [program, example, seed] = ['test/mpi-program', 'examples/data-parallel-main', 'examples/data-parallel-seed'].map(
  name => join(programs, `${name}.mjs`),
) as [string, string, string]
const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-mpi-'))
t.teardown(() => rmSync(folder, { recursive: true }))
await tf.setBackend('cpu')

const start = (
  { command, more }: Launcher,
  ranks: number,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Job> => runJob(command, [...more, '-n', String(ranks), process.execPath, ...args], rankEnv(env))

interface Trained {
  readonly hash: string
  readonly values: readonly number[]
}
interface Printed {
  readonly rank: number
  readonly size: number
  readonly localRank: number
  readonly pid: boolean
  readonly hosts: readonly string[]
  readonly library: string | null
  readonly library_: Trained
  readonly fixed: Trained
  readonly sharded: Trained
  readonly buckets: Trained
  readonly exchanged: Trained
  readonly later: Trained
  readonly atOnce?: Trained
}
const far = (a: Trained, b: Trained): number => Math.max(...a.values.map((x, i) => Math.abs(x - b.values[i]!)))

const fresh = (): string => mkdtempSync(join(folder, 'job-'))

/** One process without a launcher. */
const aloneIn = fresh()
const alone = runJob(process.execPath, [program, 'train', aloneIn]).then(() => printed<Printed>(aloneIn)[0]!)

const checkTrained = (test: Test, job: Job, into: string, ranks: number, single: Printed): readonly Printed[] => {
  const all = printed<Printed>(into)
  test.equal(job.code, 0, job.err)
  test.strictSame(
    all.map(({ rank }) => rank),
    Array.from({ length: ranks }, (_, r) => r),
  )
  for (const key of ['library_', 'fixed', 'sharded', 'buckets', 'exchanged', 'later', 'atOnce'] as const) {
    const [first] = all
    const got = all.flatMap(one => one[key] ?? [])
    if (got.length === 0) continue
    test.equal(new Set(got.map(({ hash }) => hash)).size, 1, `${key}: the same bits on ${ranks} ranks`)
    test.ok(far(got[0]!, single.fixed) < 1e-6, `${key}: as in one process`)
    if (key === 'fixed' || key === 'sharded' || key === 'buckets')
      test.equal(got[0]!.hash, single.fixed.hash, `${key}: the bits of one process, on ${first!.size} ranks`)
  }
  return all
}

for (const launcher of launchers) {
  const { name } = launcher
  const given = (title: string, run: (test: Test) => Promise<void>): void =>
    whereThereIs(`${name}: ${title}`, missing(launcher), run)

  given('parameters after 20 steps are the same on all ranks, and those of one process', async test => {
    for (const ranks of [1, 2, 4]) {
      const into = fresh()
      const job = await start(launcher, ranks, [program, 'train', into])
      const all = checkTrained(test, job, into, ranks, await alone)
      test.ok(all.every(({ pid, size, library }) => pid && size === ranks && library?.includes(name)))
      test.strictSame(
        all.map(({ localRank }) => localRank),
        all.map(({ rank }) => rank),
      )
    }
  })

  given('a rank that goes wrong ends the job, with a message that names it', async test => {
    const [early, limit] = [
      /rank 1 of 2 has ended before its work with the others was over \(exit code 1\)/,
      { LIMIT: '4' },
    ]
    const notes = fresh()
    const cases: readonly (readonly [string, RegExp, NodeJS.ProcessEnv?])[] = [
      ['throw', early],
      ['exit0', /rank 1 of 2 has ended before .* \(exit code 0\)/],
      ['exit3', /rank 1 of 2 has ended before .* \(exit code 3\)/],
      [
        'crash',
        name === 'MPICH' ? /rank 1 of 2 \(process \d+ on .*\) was killed, or/ : /process rank 1 .* on signal 6/,
      ],
      [
        'kill',
        name === 'MPICH' ? /rank 1 of 2 \(process \d+ on .*\) was killed/ : /process rank 1 .* exited on signal 9/,
      ],
      ['busy', /rank 0 of 2 has waited 4 s in .* allReduce for rank 1;/, limit],
      ['idle', /rank 0 of 2 has waited 4 s in .* barrier for rank 1;/, limit],
      ['early', /ValueError: .* the ranks called different things: rank 0 broadcast from rank 0, rank 1 finalize/],
    ]
    const tried = async ([what, says, env]: (typeof cases)[number]): Promise<void> => {
      const job = await start(launcher, 2, [program, what], {
        TFJS_OPTAX_MPI_TIME_LIMIT: '30',
        TMPDIR: notes,
        ...env,
      })
      test.ok(job.code !== 0 && job.code !== null, `${what}: it ended by itself, code ${job.code}`)
      test.match(job.out + job.err, says, what)
      const ours = job.err.match(/^tfjs-optax\/mpi: .*/gm) ?? []
      if (env === undefined && what !== 'early')
        test.ok(ours.length <= 1, `${what}: one rank speaks: ${ours.join(' | ')}`)
      if (what === 'exit3') test.equal(job.code, 3)
    }
    for (const one of cases.filter(([, , env]) => env === undefined)) await tried(one)
    // These wait for most of their time.
    const waiting = cases.filter(([, , env]) => env !== undefined).map(tried)
    const absent = await start(launcher, 2, [program, 'absent'], { TFJS_OPTAX_MPI_TIME_LIMIT: '' })
    test.not(absent.code, 0)
    test.match(absent.err, /rank 0 of 2 has waited 10 s in MPI_Init for rank 1; all ranks are stopped/)
    await Promise.all(waiting)
    const left = (): readonly string[] => readdirSync(notes).filter(one => one.startsWith('tfjs-optax'))
    for (let tries = 0; left().length > 0 && tries < 100; tries++) await setTimeout(100)
    test.strictSame(left(), [], 'no file is left')
    const differing = await start(launcher, 2, [program, 'mismatch'])
    test.not(differing.code, 0)
    test.match(
      differing.err,
      /ValueError: allReduce: the trees differ between ranks: rank 0 has leaf w, float32 \[2,3\], rank 1 has leaf w, float32 \[3,2\]/,
    )
  })

  given('a process that something keeps alive ends by finalize and process.exit', async test => {
    const into = fresh()
    const job = await start(launcher, 2, [program, 'finalize', into])
    test.equal(job.code, 0, job.err)
    const late =
      'RuntimeError: tfjs-optax/mpi: a collective comes after MPI has ended, by finalize or as Node had nothing left to do'
    test.strictSame(printed(into), [late, late])
    const mixed = fresh()
    const both = await start(launcher, 2, [program, 'one-finalizes', mixed])
    test.equal(both.code, 0, both.err)
    test.strictSame(printed(mixed), [0, 1], 'one rank says so, the other has nothing left to do')
  })

  given('a run is saved, and goes on to the same bits on another number of ranks', async test => {
    const run = async (ranks: number, to: string, ...args: readonly string[]): Promise<string> => {
      const options = ['--windows', '4', '--replicas', '4', '--fixed', '--text', 'README.md']
      const job = await start(launcher, ranks, [example, ...options, '--steps', '4', '--save', to, ...args])
      test.equal(job.code, 0, job.err)
      return readFileSync(join(to, 'run.safetensors')).toString('base64')
    }
    const [at, whole, parts] = ['half', 'whole', 'parts'].map(one => join(folder, `${launcher.command}-${one}`)) as [
      string,
      string,
      string,
    ]
    const want = await run(1, whole)
    test.equal(await run(2, parts, '--shard'), want, 'divided among two ranks')
    await run(2, at, '--shard', '--every', '2', '--stop', '2')
    test.equal(await run(4, at, '--resume', at, '--shard'), want, 'begun on two, ended on four')
  })

  given("the page's example of replicas prints the same on two ranks", async test => {
    const job = await start(launcher, 2, [seed])
    test.equal(job.code, 0, job.err)
    const want = await runJob(process.execPath, ['--import', 'tsx', 'examples/seed-replicas.ts'])
    test.equal(job.out.replace(/\r/g, ''), want.out)
  })

  given(`${kills} kills at random moments: no job hangs, and the file is whole`, async test => {
    const to = join(folder, `${launcher.command}-kills`)
    let [found, longest] = [0, 0]
    for (let i = 0; i < kills; i++) {
      const args = [example, '--windows', '2', '--every', '1', '--steps', '100000', '--text', 'README.md', '--save', to]
      let [armed, killed] = [false, 0]
      const job = await runJob(
        launcher.command,
        [...launcher.more, '-n', '2', process.execPath, ...args],
        rankEnv({ TFJS_OPTAX_MPI_TIME_LIMIT: '30' }),
        (out, child) => {
          const pids = [...out.matchAll(/rank \d is process (\d+)/g)].map(([, pid]) => Number(pid))
          if (pids.length < 2 || armed) return
          armed = true
          void setTimeout(Math.random() * 3000).then(() => {
            if (child.exitCode !== null) return
            killed = performance.now()
            process.kill(pids[i % 2]!, 'SIGKILL')
          })
        },
      )
      test.ok(killed > 0, `a rank was killed: ${job.err.slice(0, 300)}`)
      test.ok(job.code !== 0 && job.code !== null, `it ended by itself, code ${job.code}`)
      longest = Math.max(longest, (performance.now() - killed) / 1000)
      const file = join(to, 'run.safetensors')
      if (!existsSync(file)) continue
      const { tree } = readWhole(file)
      test.ok(tree > 0, `step ${tree} is whole`)
      found++
    }
    test.comment(`${found} files were there; the longest end took ${longest.toFixed(1)} s`)
  })

  const hostless = missing(launcher) ?? noHosts()
  whereThereIs(`${name}: two hosts`, hostless, async test => {
    const hosts = makeHosts()
    test.teardown(hosts.remove)
    const into = fresh()
    const before = hosts.sent()
    const job = await runOnHosts(hosts, launcher, [program, 'train', into])
    const all = checkTrained(test, job, into, 2, await alone)
    test.equal(all[0]?.hosts.length, 2, `hosts ${all[0]?.hosts.join()}`)
    test.ok(all.every(({ localRank }) => localRank === 0))
    const bytes = hosts.sent() - before
    test.ok(bytes > 4 * 20 * 75 * 4, `${bytes} bytes went over the cable`)
    const text = join(process.cwd(), 'README.md')
    const options = ['--steps', '3', '--windows', '2', '--save', join(folder, 'hosts'), '--text', text]
    const trained = await runOnHosts(hosts, launcher, [example, ...options])
    test.equal(trained.code, 0, trained.err)
    test.match(trained.out, /3\/3 .* bits\/char/)
    const killed = await runOnHosts(hosts, launcher, [program, 'kill'])
    test.ok(killed.code !== 0 && killed.code !== null, `it ended by itself, code ${killed.code}`)
    test.match(killed.err, name === 'MPICH' ? /rank 1 of 2 \(process \d+ on node-2\) was killed/ : /process rank 1 /)
  })
}

/** The step of a run's file, all of which was read. */
const readWhole = (path: string): { readonly tree: number } => {
  const { tensors, metadata } = readSafetensors(readFileSync(path))
  const step = Number(metadata['step'])
  disposeTree(tensors)
  return { tree: step }
}

/** In this process, so that its lines are counted: MPI with one rank that no launcher has started. */
const first = launchers.find(launcher => missing(launcher) === null)
whereThereIs(
  'one rank without a launcher, in the library',
  first === undefined ? missing(launchers[0]!) : null,
  async test => {
    process.env['MPI_LIBRARY'] = first!.library
    const comm = M.world({ timeLimit: 5, bucketBytes: 8 })
    test.match(comm.library, first!.name)
    test.equal(M.rank() + M.localRank(), 0)
    test.equal(M.size(), 1)
    test.strictSame(Array.from(M.allReduce(Float32Array.of(1, 2, 3), { comm })), [1, 2, 3])
    test.equal(M.broadcast({ count: 3 }, { comm }).count, 3)
    test.strictSame(comm.absent(), [])
    M.barrier()
  },
)
