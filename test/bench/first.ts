/** What the first step of a chain costs, once: each time in a process of its own, since a process gets faster. */
import { execFileSync } from 'node:child_process'
import { generateWasm } from '../../lib/backends/wasm/generate.js'
import { layoutOf } from '../../lib/backends/wasm/passes.js'
import { ready, type GradientTransformation } from '../../lib/index.js'
import { plannedOf, segmentsOf } from '../../lib/rule/plan/classes.js'
import { placedLinks } from '../../lib/rule/plan/placed.js'
import type { Chain } from './chains.js'
import type { Device } from './devices.js'
import { small } from './host.js'

export interface FirstStep {
  readonly backend: string
  readonly chain: string
  /** milliseconds of planning and compiling; null where that is not told apart */
  readonly made: number | null
  /** milliseconds of the whole first step, the check against tfjs ops included; on a GPU those of `ready` */
  readonly all: number
}

export const parts = ['made', 'all'] as const
export type Part = (typeof parts)[number]

/** From a chain to functions on a memory, without any cache. */
const make = (tx: GradientTransformation): void => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  for (const segment of segmentsOf(placedLinks(tx.program))) {
    const { plan } = plannedOf('bench', segment, 'params', undefined)
    if (plan === null) throw new TypeError('there is no plan')
    for (const of of plan.classes)
      for (const { kernel } of of.passes.flatMap(pass => pass ?? [])) {
        const bytes = generateWasm(kernel, { ...layoutOf(plan, { of }, kernel), shared: false })
        new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
      }
  }
}

/** What the process for one part prints. */
export const firstPart = (part: Part, chain: Chain): number => {
  const tx = chain.make()
  const { step, end } = small(tx, 1, true)
  const start = performance.now()
  if (part === 'made') make(tx)
  else step()
  const ms = performance.now() - start
  end()
  return ms
}

const inProcess = (part: Part, { name }: Chain, device: Device): number => {
  const args = [...process.execArgv, process.argv[1] ?? '', '--first', part, '--chains', name, '--backend', device.name]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

export const firstSteps = async (chains: readonly Chain[], device: Device): Promise<readonly FirstStep[]> => {
  const found: FirstStep[] = []
  for (const chain of chains) {
    const of = { backend: device.name, chain: chain.name }
    if (device.onHost) {
      const [made = NaN, all = NaN] = parts.map(part => inProcess(part, chain, device))
      found.push({ ...of, made, all })
      continue
    }
    const start = performance.now()
    await ready(chain.make())
    found.push({ ...of, made: null, all: performance.now() - start })
  }
  return found
}
