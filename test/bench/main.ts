/**
 * What a step costs beside others: all contestants of one size and chain in one run, in turns.
 *
 * Effects: prints; with `--out` writes `results.jsonl`, `results.md` and a chart per backend to that folder.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { ready } from '../../lib/index.js'
import { answer, firstSteps, hostCosts, questions, type FirstStep, type HostCost } from './alone.js'
import { answerBeside, besides, type Beside } from './beside.js'
import { bytesOf, chains, type Chain } from './chains.js'
import { fieldOf } from './contestants.js'
import { bringUp, type Device } from './devices.js'
import { weights } from './gzip.js'
import { startPython, type Python } from './python.js'
import { race, type Race } from './race.js'
import { chart, markdown, printed } from './report.js'
import { answerShort, shortRuns, type ShortRun } from './short.js'
import { paramsOf, quickSizes, sizes, type Size } from './sizes.js'
import { targets } from './targets.js'

const allParts = ['races', 'first', 'host', 'short', 'beside'] as const

const help = `npm run bench -- [options]
  --backend NAME   cpu, wasm or webgpu; default cpu and wasm
  --sizes LIST     of ${sizes.map(({ name }) => name).join(', ')}; default all
  --chains LIST    of ${chains.map(({ name }) => name).join(', ')}; default all
  --rounds N       turns of each contestant, default 9
  --parts LIST     of ${allParts.join(', ')}; default all
  --quick          tiny sizes, 3 rounds: whether it runs
  --python VENV    optax and torch in the same run, one thread each. Once:
                   python3 -m venv VENV && VENV/bin/pip install jax==0.10.2 optax==0.2.8 torch==2.13.0
  --out FOLDER     results.jsonl, results.md and a chart per backend
For one core: taskset -c 1 npm run bench`

const { values } = parseArgs({
  options: {
    backend: { type: 'string', multiple: true, default: ['cpu', 'wasm'] },
    sizes: { type: 'string' },
    chains: { type: 'string' },
    rounds: { type: 'string' },
    parts: { type: 'string', default: allParts.join() },
    quick: { type: 'boolean', default: false },
    python: { type: 'string' },
    out: { type: 'string' },
    ask: { type: 'string' }, // for processes that this program starts
    help: { type: 'boolean', default: false },
  },
})

const fail = (why: string): never => {
  console.error(why)
  process.exit(1)
}

const chosen = <T extends { readonly name: string }>(what: string, list: string | undefined, all: readonly T[]) =>
  list === undefined
    ? all
    : list.split(',').map(name => {
        const known = all.map(one => one.name).join(', ')
        return all.find(one => one.name === name) ?? fail(`${what}: expected some of ${known}, got ${name}`)
      })

const runRace = async (chain: Chain, size: Size, device: Device, python: Python | null, rounds: number) => {
  await ready(chain.make())
  const { contestants, end } = await fieldOf(chain, size, device)
  const others = (await python?.contestants(chain, size)) ?? []
  const times = await race([...contestants, ...others], rounds, values.quick ? 1 : 20)
  end()
  const [leaves, params, bytes] = [size.shapes.length, paramsOf(size), bytesOf(chain.make())]
  return { backend: device.name, size: size.name, chain: chain.name, leaves, params, bytes, times }
}

const main = async (): Promise<void> => {
  tf.env().set('PROD', true)
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 9))
  if (!(Number.isInteger(rounds) && rounds > 0)) fail(`rounds: expected an integer above 0, got ${values.rounds}`)
  const [ofSizes, ofChains] = [
    chosen('sizes', values.sizes, values.quick ? quickSizes : sizes),
    chosen('chains', values.chains, chains),
  ]
  const python = values.python === undefined ? null : await startPython(values.python)
  const parts = values.parts.split(',')
  const unknown = parts.find(part => !allParts.some(one => one === part))
  if (unknown !== undefined) fail(`parts: expected some of ${allParts.join(', ')}, got ${unknown}`)
  const races: Race[] = []
  const hosts: HostCost[] = []
  const firsts: FirstStep[] = []
  const shorts: ShortRun[] = []
  const pairs: Beside[] = []
  for (const name of values.backend) {
    const found = await bringUp(name)
    const device = typeof found === 'string' ? fail(`${name}: ${found}`) : found
    const processes = values.quick ? 1 : 5
    if (device.onHost && !values.quick && parts.includes('short')) shorts.push(...shortRuns(device, processes))
    if (parts.includes('first')) firsts.push(...firstSteps(ofChains, device, processes))
    if (parts.includes('beside')) pairs.push(...(await besides(device, rounds, values.quick ? 1 : 20, processes)))
    const adamw = chains.find(one => one.name === 'adamw')
    if (adamw !== undefined && parts.includes('host')) hosts.push(...hostCosts(adamw, device, processes))
    for (const size of parts.includes('races') ? ofSizes : [])
      for (const chain of ofChains) {
        const result = await runRace(chain, size, device, python, rounds)
        races.push(result)
        console.log(printed(result))
      }
  }
  const findings = { races, hosts, firsts, shorts, besides: pairs, weights: await weights() }
  console.log()
  for (const { work, against, target, measured, met } of targets(findings))
    if (met !== null) console.log([met ? 'met    ' : 'NOT met', work, against, target, measured].join(' | '))
  python?.end()
  if (values.out === undefined) return
  const [cpu] = cpus()
  const { version } = JSON.parse(readFileSync('node_modules/@tensorflow/tfjs-core/package.json', 'utf8')) as {
    readonly version: string
  }
  const versions = { node: process.versions.node, v8: process.versions.v8, tfjs: version, ...python?.versions }
  mkdirSync(values.out, { recursive: true })
  const write = (file: string, text: string): void => writeFileSync(join(values.out ?? '', file), text)
  const { races: all, ...rest } = findings
  write('results.jsonl', [...all, rest].map(line => `${JSON.stringify(line)}\n`).join(''))
  const setting = {
    machine: `${cpu?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: Object.entries(versions)
      .map(([name, number]) => `${name} ${number}`)
      .join(', '),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
    date: new Date().toISOString().slice(0, 10),
  }
  write('results.md', markdown(findings, setting))
  for (const name of values.backend) write(`${name}.svg`, chart(findings, name))
}

/** As a process that was started for the answer to one question. */
const answerOnly = async (asked: string): Promise<void> => {
  tf.env().set('PROD', true)
  const [name = ''] = values.backend
  const found = await bringUp(name)
  const device = typeof found === 'string' ? fail(`${name}: ${found}`) : found
  if (asked.startsWith('short ')) {
    console.log(answerShort(asked))
    process.exit(0)
  }
  if (asked.startsWith('beside ')) {
    console.log(answerBeside(asked))
    process.exit(0)
  }
  const question = questions.find(one => one === asked) ?? fail(`ask: expected one of ${questions.join(', ')}`)
  const [chain = fail('ask: there is no chain')] = chosen('chains', values.chains, chains)
  console.log(await answer(question, chain, device, values.quick ? 1 : 30))
  process.exit(0) // a GPU would keep it
}

if (values.help) console.log(help)
else if (values.ask === undefined) await main()
else await answerOnly(values.ask)
