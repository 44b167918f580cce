/** `ready`: loads kernels for GPUs, and for all backends if only `tfjs-optax/core` is imported. */
import * as tf from '@tensorflow/tfjs-core'
import { checkedAsync } from './call/checked.js'
import type { Names } from './call/signature.js'
import type { Device } from './backends/device.js'
import { deviceNow, withKernels } from './backends/registry.js'
import { backendChanged } from './errors/devices.js'
import { classified, goalsOf, planOf } from './plan/planner.js'
import { flatOf } from './program/stages.js'
import { resolutionsOf } from './program/choose.js'
import type { Program } from './program/program.js'
import { requireBackend, requireDevice } from './tree/ownership.js'
import { programOf, type FirstLink } from './transform.js'

/** Dynamic imports, so that bundlers emit each device as a file that is fetched on demand. */
const loaders: Readonly<Record<(typeof withKernels)[number], () => Promise<Device>>> = {
  cpu: async () => (await import('./backends/cpu/device.js')).cpu,
  wasm: async () => (await import('./backends/wasm/device.js')).wasm,
  webgl: async () => (await import('./backends/webgl/device.js')).webgl,
  webgpu: async () => (await import('./backends/webgpu/device.js')).webgpu,
}

/** Throws if the backend has changed, since a device knows only the memory of its own backend. */
const unchanged = (before: tf.KernelBackend, name = 'another one'): void => {
  requireBackend('ready')
  if (tf.backend() !== before) throw backendChanged('ready', name, tf.getBackend())
}

/** Options of `ready`. */
export interface ReadyOptions {
  /** the parameters, so that masks can be resolved and every kernel is compiled now */
  readonly params?: unknown
}

const options: Names<ReadyOptions> = { params: '' }

/**
 * Loads the kernels for the current backend; on GPUs, compiles those of a chain and checks them against the reference.
 * GPUs need it, and so do all backends with `tfjs-optax/core`. Before that, and if the check fails, steps run as tfjs
 * ops.
 *
 * @throws TypeError if `tx` is not a transformation, or for an unknown option.
 * @example
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, ready } from 'tfjs-optax'
 * const tx = adamw(1e-3)
 * await ready(tx)
 */
export const ready = /* @__PURE__ */ checkedAsync(
  { who: 'ready', takes: ['tx'], options },
  async (tx: FirstLink, options: ReadyOptions = {}): Promise<void> => {
    const { params } = options
    const program = programOf('ready', 'tx', tx)
    await tf.ready()
    requireBackend('ready')
    const backend = tf.backend()
    const name = withKernels.find(one => one === tf.getBackend())
    await import('./complete.js')
    unchanged(backend, name)
    requireDevice('ready', {})
    const loaded = deviceNow()
    const device = loaded ?? (name === undefined ? null : await loaders[name]())
    if (device === null) return
    const [{ useDevice }, { checkSoon }] = await Promise.all([
      import('./backends/select.js'),
      import('./backends/fused/checkSoon.js'),
    ])
    unchanged(backend, name)
    if (loaded === null) useDevice(device)
    if (device.problem() !== null) return
    if (device.readsAtOnce) return // its kernels are compiled at their first step
    for (const { stage, goal } of stagesOf(program)) {
      const classes = classified('ready', stage, params)
      const { plan = null } = classes === null ? {} : planOf(stage, goal, true, classes.keys)
      if (plan === null) continue
      const scalars = stage.rules.flatMap(({ rule }, r) =>
        Object.entries(rule.scalars(1)).map(([name, value]) => [plan.names[r]?.scalars[name] ?? name, value] as const),
      )
      await checkSoon(device, plan, Object.fromEntries(scalars))
      unchanged(backend, name)
    }
  },
)

/** Every stage with every goal that steps of a program may have. */
const stagesOf = (program: Program) =>
  resolutionsOf(program).flatMap(({ program: resolved }) => {
    const flat = flatOf(resolved)
    return flat.stages.flatMap(stage => goalsOf(flat, stage).map(goal => ({ stage, goal })))
  })
