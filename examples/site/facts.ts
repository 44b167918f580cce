/** What a transformation says of itself: equations, passes, bytes, state and hyperparameters. Public names say it all. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, explain, tensorsOf, type GradientTransformation, type Program } from 'tfjs-optax'
import { printProgram } from 'tfjs-optax/rule'

/** A hyperparameter as its link has it. */
export interface HyperFact {
  readonly expected: string
  /** null for a schedule, or values by path */
  readonly value: number | null
}

/** A tensor of the state. */
export interface SlotFact {
  readonly path: string
  readonly shape: string
  readonly bytes: number
}

export interface Facts {
  readonly equations: string
  /** `explain`, on cpu */
  readonly plan: string
  /** `explain` with the generated code */
  readonly source: string
  /** for each stage of each kind of step */
  readonly passes: readonly number[]
  readonly bytes: readonly number[]
  readonly state: readonly SlotFact[]
  /** bytes of state for each parameter, in a matrix of 256 by 128 */
  readonly stateBytes: number
  readonly hyper: ReadonlyMap<string, readonly HyperFact[]>
}

const [rows, columns] = [256, 128]

const programsIn = (program: Program): readonly Program[] =>
  program.kind === 'nest' ? [program, ...program.parts.flatMap(programsIn)] : [program]

const hyperOf = (program: Program): Facts['hyper'] => {
  const found = new Map<string, readonly HyperFact[]>()
  for (const link of programsIn(program)) {
    const numbers = link.kind === 'rule' ? link.rule : link.kind === 'ops' ? link.ops : null
    for (const [name, { expected, value }] of Object.entries(numbers?.hyper ?? {})) {
      const fact: HyperFact = { expected, value: typeof value === 'number' ? value : null }
      found.set(name, [...(found.get(name) ?? []), fact])
    }
  }
  return found
}

const numbersIn = (text: string, pattern: RegExp): readonly number[] =>
  [...text.matchAll(pattern)].map(([, digits]) => Number(digits))

/** `withBias` adds a vector `bias` to the matrix `kernel`, for masks and groups. */
export const factsOf = (tx: GradientTransformation, withBias: boolean): Facts => {
  const params = { kernel: tf.zeros([rows, columns]), ...(withBias && { bias: tf.zeros([columns]) }) }
  const state: unknown = tx.init(params)
  const slots = tensorsOf(state).map(([path, { shape, dtype, size }]): SlotFact => {
    const text =
      shape.length === 2 && shape[0] === rows && shape[1] === columns ? 'as the parameter' : `[${shape.join(', ')}]`
    return { path, shape: `${dtype}, ${text}`, bytes: 4 * size }
  })
  const count = tensorsOf(params).reduce((sum, [, { size }]) => sum + size, 0)
  disposeTree([params, state])
  const plan = explain(tx)
  return {
    equations: printProgram(tx.program),
    plan,
    source: explain(tx, { source: true }),
    passes: numbersIn(plan, /: (\d+) pass(?:es)?, \d+ bytes per parameter/g),
    bytes: numbersIn(plan, /: \d+ pass(?:es)?, (\d+) bytes per parameter/g),
    state: slots,
    stateBytes: slots.reduce((sum, { bytes }) => sum + bytes, 0) / count,
    hyper: hyperOf(tx.program),
  }
}
