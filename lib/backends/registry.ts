/** Who runs plans on the backend of now. Light: what runs them is registered by those who load it. */
import * as tf from '@tensorflow/tfjs-core'
import { kernelsFail } from '../errors.js'
import type { StepGoal, StepRequest, StepResult } from '../program/execute.js'
import type { TakeStage } from '../program/interpret.js'
import type { Program } from '../program/program.js'
import { lossOf } from '../tree/loss.js'
import type { Device } from './device.js'
import type { Consuming } from './fused/run.js'
import { storesHalves } from './halves.js'

/** Steps on one device; each gives null where the interpreter must take over. */
export interface Runner {
  readonly device: Device
  /** a whole step of a program that nothing cuts; results are written over what it consumes, or in fresh memory */
  readonly whole: (
    program: Program,
    request: StepRequest,
    goal: StepGoal,
    consuming: Consuming | null,
  ) => StepResult<tf.Tensor> | null
  /** the rules between two links that cut a program */
  readonly stage: TakeStage<tf.Tensor>
}

/** The backends that `ready` loads something for; the main entry has it for cpu and wasm from the start. */
export const withKernels = ['cpu', 'wasm', 'webgl', 'webgpu'] as const

const runners = new Map<string, Runner>()
let problems = new WeakMap<tf.KernelBackend, string | null>()

/** Effects: plans run this way from now on, where tfjs uses the backend of its device's name. */
export const register = (runner: Runner): void => {
  runners.set(runner.device.name, runner)
  problems = new WeakMap()
}

/** Why plans are left to the interpreter of tfjs ops; null if a device runs them. */
const problemOf = (device: Device): string | null => {
  const backend = tf.backend()
  const known = problems.get(backend)
  if (known !== undefined) return known
  const problem = device.problem()
  problems.set(backend, problem)
  return problem
}

const warned = new WeakSet<tf.KernelBackend>()

/** Ops are right, but slower: a step says so, once for each backend. */
const warnOnce = (name: string, problem: string): void => {
  const backend = tf.backend()
  if (warned.has(backend)) return
  warned.add(backend)
  console.warn(kernelsFail(name, problem))
}

/** The runner for the current backend; null where tfjs ops must do: there is none, it cannot, or a tape is on. */
export const runnerNow = (): Runner | null => {
  const runner = runners.get(tf.getBackend())
  if (runner === undefined || tf.engine().isTapeOn() || storesHalves()) return null
  const problem = problemOf(runner.device)
  if (problem === null) return runner
  warnOnce(runner.device.name, problem)
  return null
}

/** What runs plans on the backend of now; null where nothing is loaded for it. */
export const deviceNow = (): Device | null => runners.get(tf.getBackend())?.device ?? null

/** What about some plans matters for who runs them. */
export interface Asked {
  /** whether a user's link cuts them */
  readonly isCut: boolean
  /** whether their kernels were held against the reference; a device that reads at once does that by itself */
  readonly isChecked: boolean
  /** why they are left to tfjs ops, if it is known */
  readonly refusal: string | null
}

/** Who runs plans on the backend of now, in words. */
export interface Served {
  /** null where tfjs ops do */
  readonly device: Device | null
  /** whether a donated step writes over what it is given */
  readonly isOver: boolean
  readonly line: string
}

/** Who runs plans on the backend of now, and why not a kernel. */
export const servedBy = ({ isCut, isChecked, refusal }: Asked): Served => {
  const name = tf.getBackend()
  const device = deviceNow()
  const ops = (why: string): Served => ({ device: null, isOver: false, line: `${name}: tfjs ops${why}` })
  const loss = lossOf(tf.backend())
  if (loss !== null) return { device: null, isOver: false, line: `${name}: no steps, since ${loss}` }
  if (storesHalves())
    return {
      device: null,
      isOver: false,
      line: `${name}: float32 on the host, since textures hold 16-bit numbers here`,
    }
  if (device === null) {
    return ops(
      `, ${withKernels.some(one => one === name) ? '`await ready(tx)` loads its kernels' : 'there are no kernels for this backend'}`,
    )
  }
  const problem = problemOf(device)
  if (problem !== null) return ops(`, since ${problem}`)
  if (tf.engine().isTapeOn()) return ops(', since gradients are being taken')
  if (refusal !== null) return ops(`, since ${refusal}`)
  if (!isChecked && device.readsAtOnce !== true)
    return ops(' until `await ready(tx, { params })` has checked its kernels')
  const isOver = device.inPlace && !isCut
  const where = isOver ? 'in place where a step is donated' : 'to fresh memory'
  return { device, isOver, line: `${name}: generated kernels, ${where}` }
}
