/**
 * What ranks cost: sums beside a copy of the same array in the same run, and how much more text the example trains on with
 * two ranks on two cores than with one on one. `npm run bench:ranks`, with each launcher that is there; `-- --quick` tells
 * whether it runs.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeHosts, noHosts, runOnHosts } from '../mpi/hosts.js'
import { bundled, launchers, missing, rankEnv, runJob, type Job, type Launcher } from '../mpi/launch.js'
import type { Overlapped } from './rankOverlap.js'
import type { RankTimes } from './rankTimes.js'

const isQuick = process.argv.includes('--quick')
const text = join(process.cwd(), 'README.md')
const programs = await bundled('test/bench/rankTimes.ts', 'test/bench/rankOverlap.ts', 'examples/data-parallel/main.ts')
const timesProgram = join(programs, 'test/bench-rankTimes.mjs')
const overlapProgram = join(programs, 'test/bench-rankOverlap.mjs')
const example = join(programs, 'examples/data-parallel-main.mjs')

const onCores = (cores: string, { command, more }: Launcher, ranks: number, args: readonly string[]) =>
  runJob('taskset', ['-c', cores, command, ...more, '-n', String(ranks), process.execPath, ...args], rankEnv())

const timesOf = async (launcher: Launcher, ranks: number, size: number): Promise<RankTimes> => {
  const { code, out, err } = await onCores('0,1', launcher, ranks, [timesProgram, String(size), isQuick ? '2' : '15'])
  if (code !== 0) throw new Error(err)
  return JSON.parse(out) as RankTimes
}

const rateIn = ({ code, out, err }: Job): number => {
  if (code !== 0) throw new Error(err)
  return Math.max(...[...out.matchAll(/([\d.]+) windows\/s/g)].map(([, rate]) => Number(rate)))
}
const argsOf = (ranks: number): readonly string[] => [
  ...[example, '--steps', isQuick ? '4' : '100', '--windows', String(8 * ranks)],
  ...['--save', join(programs, 'run'), '--text', text],
]

/** Windows of text per second of the example, the most of several reports, where each rank has a core and 8 windows. */
const rateOf = async (launcher: Launcher, ranks: number): Promise<number> =>
  rateIn(await onCores(ranks === 1 ? '0' : '0,1', launcher, ranks, argsOf(ranks)))

/** In turns, since the machine may be slower for a while: the best of each. */
const bestOf = async (...runs: readonly (() => Promise<number>)[]): Promise<readonly number[]> => {
  const best = runs.map(() => 0)
  for (let turn = 0; turn < (isQuick ? 1 : 3); turn++)
    for (const [i, run] of runs.entries()) best[i] = Math.max(best[i] ?? 0, await run())
  return best
}

const tellOverlap = (where: string, { code, out, err }: Job): void => {
  if (code !== 0) throw new Error(err)
  const { atEnd, early } = JSON.parse(out) as Overlapped
  console.log(`${where}: a step ${ms(atEnd)}, with gradients sent early ${ms(early)} (${(early / atEnd).toFixed(2)})`)
}

const ms = (x: number): string => `${x.toFixed(1)} ms`
const met = (isMet: boolean): string => (isMet ? 'met' : 'NOT met')

for (const launcher of launchers) {
  const why = missing(launcher)
  if (why !== null) {
    console.log(why)
    continue
  }
  const { name } = launcher
  for (const [ranks, size] of isQuick
    ? ([[2, 1e5]] as const)
    : ([
        [2, 1e7],
        [2, 1e6],
        [4, 1e6],
      ] as const)) {
    const { copy, library, fixed, tensor } = await timesOf(launcher, ranks, size)
    const ratio = (x: number): string => `${ms(x)} (${(x / copy).toFixed(1)})`
    console.log(
      `${name}, ${ranks} ranks, ${size / 1e6} M: copy ${ms(copy)}, sum ${ratio(library)}, fixed order ${ratio(fixed)}, wasm tensor ${ratio(tensor)}`,
    )
    if (size === 1e7) console.log(`  a sum within 3 copies: ${met(library <= 3 * copy)}`)
  }
  const [one = NaN, two = NaN] = await bestOf(
    () => rateOf(launcher, 1),
    () => rateOf(launcher, 2),
  )
  console.log(
    `${name}, the example with 8 windows a rank: ${one.toFixed(0)} windows/s on one core, ${two.toFixed(0)} on two (${(two / one).toFixed(2)} times)`,
  )
  if (!isQuick) console.log(`  1.6 times on two cores: ${met(two >= 1.6 * one)}`)
  const early = [overlapProgram, text, isQuick ? '2' : '30']
  tellOverlap(`${name}, two ranks`, await onCores('0,1', launcher, 2, early))
  const hostless = noHosts()
  if (hostless !== null) {
    console.log(hostless)
    continue
  }
  for (const mbits of isQuick ? [1000] : [1000, 200]) {
    const hosts = makeHosts(mbits)
    const job = await runOnHosts(hosts, launcher, early).finally(hosts.remove)
    tellOverlap(`${name}, two hosts, ${mbits} Mbit/s`, job)
  }
}
rmSync(programs, { recursive: true })
