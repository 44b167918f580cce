/** What the first step of a chain costs, once. */
import { generateWasm } from '../../lib/backends/wasm/generate.js'
import { layoutOf } from '../../lib/backends/wasm/passes.js'
import { ready, type GradientTransformation } from '../../lib/index.js'
import { classified, planOf } from '../../lib/plan/planner.js'
import { flatOf } from '../../lib/program/stages.js'
import type { Chain } from './chains.js'
import type { Device } from './devices.js'
import { small } from './host.js'

/** From a chain to functions on a memory, without any cache. */
const make = (tx: GradientTransformation): void => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  for (const stage of flatOf(tx.program).stages) {
    const { plan } = planOf(stage, 'params', true, classified('bench', stage, undefined)?.keys ?? [])
    if (plan === null) throw new TypeError('there is no plan')
    for (const of of plan.classes)
      for (const { kernel } of of.passes.flatMap(pass => pass ?? [])) {
        const bytes = generateWasm(kernel, { ...layoutOf(plan, { of }, kernel), shared: false })
        new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
      }
  }
}

const timed = async (run: () => unknown): Promise<number> => {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** Milliseconds of planning and compiling to WebAssembly. */
export const planning = (chain: Chain): Promise<number> => {
  const tx = chain.make()
  return timed(() => {
    make(tx)
  })
}

/** Milliseconds of the whole first step, with the trial of a rule that is not the package's own; on a GPU those of `ready`. */
export const firstStep = (chain: Chain, device: Device): Promise<number> => {
  const tx = chain.make()
  return timed(device.onHost ? small(tx, 1, true).step : () => ready(tx))
}
