/** The registry of runners, by backend. It imports no kernels, so that bundles can leave them to `ready`. */
import * as tf from '@tensorflow/tfjs-core'
import { kernelsFail } from '../errors.js'
import type { StepGoal, StepRequest, StepResult } from '../program/execute.js'
import type { LinkWalk } from '../program/interpret.js'
import type { Program } from '../program/program.js'
import { lossOf } from '../tree/loss.js'
import type { Device } from './device.js'
import type { Consuming } from './fused/run.js'
import { storesHalves } from './special.js'

/** Runs steps on one device; both functions return null if the interpreter must take over. */
export interface Runner {
  readonly device: Device
  /** a whole step of an uncut program; results overwrite consumed tensors or are fresh */
  readonly whole: (
    program: Program,
    request: StepRequest,
    goal: StepGoal,
    consuming: Consuming | null,
  ) => StepResult<tf.Tensor> | null
  /** runs a cut program, with the rules of a stage at once */
  readonly walk: LinkWalk<tf.Tensor>
}

/** The backends with kernels. The main entry imports those for cpu and wasm; `ready` loads the others. */
export const withKernels = ['cpu', 'wasm', 'webgl', 'webgpu'] as const

const runners = new Map<string, Runner>()
let problems = new WeakMap<tf.KernelBackend, string | null>()

/** Effects: this runner runs all steps on its device's backend from now on. */
export const register = (runner: Runner): void => {
  runners.set(runner.device.name, runner)
  problems = new WeakMap()
}

/** Why a device cannot run plans on the current backend; null if it can. */
const problemOf = (device: Device): string | null => {
  const backend = tf.backend()
  const known = problems.get(backend)
  if (known !== undefined) return known
  const problem = device.problem()
  problems.set(backend, problem)
  return problem
}

const warned = new WeakSet<tf.KernelBackend>()

/** Warns once per backend that steps run as tfjs ops, which are correct but slower. */
const warnOnce = (name: string, problem: string): void => {
  const backend = tf.backend()
  if (warned.has(backend)) return
  warned.add(backend)
  console.warn(kernelsFail(name, problem))
}

/**
 * The runner for the current backend. Null if there is none or it cannot run, while a gradient tape is on, and where
 * WebGL stores 16-bit numbers.
 */
export const runnerNow = (): Runner | null => {
  const runner = runners.get(tf.getBackend())
  if (runner === undefined || tf.engine().isTapeOn() || storesHalves()) return null
  const problem = problemOf(runner.device)
  if (problem === null) return runner
  warnOnce(runner.device.name, problem)
  return null
}

/** The device that is loaded for the current backend; null if there is none. */
export const deviceNow = (): Device | null => runners.get(tf.getBackend())?.device ?? null

/** The facts about plans on which the answer of `servedBy` depends. */
export interface Asked {
  /** whether links in tfjs ops or a user's functions cut the program */
  readonly isCut: boolean
  /** whether their kernels have passed the check; devices that read at once need no check in advance */
  readonly isChecked: boolean
  /** why tfjs ops must run them; null if nothing is known against kernels */
  readonly refusal: string | null
}

/** Who runs plans on the current backend. */
export interface Served {
  /** null if tfjs ops do */
  readonly device: Device | null
  /** whether a donated step overwrites its inputs */
  readonly isOver: boolean
  readonly line: string
}

/** Who runs plans on the current backend, and why, if kernels do not. */
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
