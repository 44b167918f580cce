/**
 * One step of a Keras optimizer on its book. If every gradient is a dense tensor and no function of the user
 * intervenes, clips and update run as one chain; else they run one after the other, as in Keras.
 */
import * as tf from '@tensorflow/tfjs-core'
import { crossReplica, sparseConstrained, sparseUnsupported } from '../errors.js'
import { unknownVariable } from '../../errors/shell.js'
import { chain, identity } from '../../chain.js'
import type { Extra, GradientTransformation } from '../../transform.js'
import type { Program } from '../../program/program.js'
import { share } from '../../tree/ownership.js'
import { tensorsOf, tidy } from '../../tree/map.js'
import { isTensor } from '../../tree/tensors.js'
import { advance, atIterations, type Book } from '../../shell/book.js'
import type { Constrain } from '../../shell/constraints.js'
import { emptyState } from '../../shell/state.js'
import { checkPairs, densify, isSparse, sumReplicas, type Gradient, type Pair, type ReplicaGradients } from './pairs.js'
import { clipAfter, clipBefore } from './clips.js'
import type { BaseSettings } from './settings.js'

/** The programs of a step, which depend on the settings only. */
export interface StepPrograms {
  /** the update without clips */
  readonly core: Program
  /** the update for sparse gradients, with the same state; null if there is none */
  readonly sparse: Program | null
  readonly clipBefore: GradientTransformation
  readonly clipAfter: GradientTransformation
  /** clips and update as one program, with and without the clip before aggregation */
  readonly clipped: Whole
  readonly unclipped: Whole
}
interface Whole {
  readonly clips: Program
  readonly whole: Program
}

export const programsOf = (
  settings: BaseSettings,
  clipNorm: number,
  core: GradientTransformation,
  sparse: GradientTransformation | null,
): StepPrograms => {
  const [before, after] = [clipBefore(clipNorm), clipAfter(settings)]
  const whole = (clips: GradientTransformation): Whole => ({ clips: clips.program, whole: chain(clips, core).program })
  return {
    core: core.program,
    sparse: sparse?.program ?? null,
    clipBefore: before,
    clipAfter: after,
    clipped: whole(chain(before, after)),
    unclipped: whole(after),
  }
}

/** The parts of an optimizer that a step needs. */
export interface StepContext {
  readonly who: string
  readonly settings: BaseSettings
  readonly programs: StepPrograms
  readonly constrain: Constrain | undefined
  readonly isConstrained: (variable: tf.Variable) => boolean
  readonly extra: Extra | undefined
}

type GradientPairs = readonly Pair<Gradient>[]

/** Runs a transformation without slots on gradients; for a sparse one, on its values. */
const transformed = (tx: GradientTransformation, pairs: GradientPairs): GradientPairs => {
  const values = pairs.map(([gradient]) => (isSparse(gradient) ? gradient.values : gradient))
  if (values.length === 0) return pairs
  const [clipped] = tx.update(values, emptyState(tx.program, 0))
  return pairs.map(([gradient, variable], i) => {
    const value = clipped[i] ?? values[i]
    if (value === undefined) return [gradient, variable]
    return [isSparse(gradient) ? { ...gradient, values: value } : value, variable]
  })
}

/** Clips the gradients of each replica separately, then combines the replicas. */
const aggregated = (
  given: readonly Pair<ReplicaGradients>[],
  context: StepContext,
  aggregate: boolean,
): GradientPairs => {
  const { settings, who } = context
  const count = Math.max(1, ...given.map(([gradient]) => (Array.isArray(gradient) ? gradient.length : 1)))
  const isArray = given.some(([gradient]) => Array.isArray(gradient))
  if (isArray && !aggregate) throw crossReplica(who)
  const ofReplica = (gradient: ReplicaGradients, r: number): Gradient | null =>
    Array.isArray(gradient) ? ((gradient as readonly (Gradient | null)[])[r] ?? null) : (gradient as Gradient)
  const clip = aggregate ? context.programs.clipBefore : identity()
  const replicas = Array.from({ length: count }, (_, r) => {
    const there = given.flatMap(([gradient, variable]): GradientPairs => {
      const one = ofReplica(gradient, r)
      return one === null ? [] : [[one, variable]]
    })
    const clipped = transformed(clip, there)
    return given.map(([gradient]) => {
      if (ofReplica(gradient, r) === null) return null
      const at = there.findIndex(([one]) => one === ofReplica(gradient, r))
      return clipped[at]?.[0] ?? null
    })
  })
  const each = given.map(([, variable], i): Pair<readonly (Gradient | null)[]> => [
    replicas.map(replica => replica[i] ?? null),
    variable,
  ])
  const { gradientAggregator } = settings
  if (aggregate && gradientAggregator !== null) {
    const pairs = each.map(([gradients, variable]) => [isArray ? gradients : gradients[0], variable] as const)
    return checkPairs(`${who}: gradientAggregator`, gradientAggregator(pairs as never))
  }
  return each.map(([gradients, variable]) => [sumReplicas(gradients, variable), variable])
}

/**
 * Splits pairs into rounds, each with every variable at most once and one form of gradient: Keras updates pair by pair.
 */
const rounds = (
  pairs: GradientPairs,
): readonly { readonly sparse: boolean; readonly of: Map<tf.Variable, Gradient> }[] => {
  const made: { readonly sparse: boolean; readonly of: Map<tf.Variable, Gradient> }[] = []
  for (const [gradient, variable] of pairs) {
    const sparse = isSparse(gradient)
    const free = made.findLastIndex(round => round.of.has(variable)) + 1
    const open = made.findIndex((round, i) => i >= free && round.sparse === sparse)
    if (open >= 0) made[open]?.of.set(variable, gradient)
    else made.push({ sparse, of: new Map([[variable, gradient]]) })
  }
  return made
}

/** Runs `body`; if it throws, restores the values of variables and slots. */
const atomically = <T>(book: Book, body: () => T): T => {
  const variables = [...book.variables, ...tensorsOf(book.state).map(([, slot]) => slot as tf.Variable)]
  const before = variables.map(variable => share(variable))
  try {
    return body()
  } catch (cause) {
    variables.forEach((variable, i) => {
      const value = before[i]
      if (value !== undefined) variable.assign(value)
    })
    throw cause
  } finally {
    tf.dispose(before)
  }
}

/** Runs the whole step as one program, whose state is that of the clips and that of the update. */
const fused = (book: Book, of: ReadonlyMap<tf.Variable, tf.Tensor>, context: StepContext, aggregate: boolean): Book => {
  const { programs, who, constrain, extra } = context
  const { clips, whole } = aggregate ? programs.clipped : programs.unclipped
  const state = [emptyState(clips, book.iterations), book.state]
  const next = advance(whole, { ...book, state }, { who, of, extra, amend: constrain })
  return { ...next, state: (next.state as readonly unknown[])[1] }
}

/** Runs one round after the other, each with the count of steps from before this step. */
const inRounds = (given: Book, pairs: GradientPairs, { programs, who, constrain, extra }: StepContext): Book =>
  atomically(given, () => {
    const done = rounds(pairs).reduce((book, { sparse, of }) => {
      const program = sparse ? programs.sparse : programs.core
      if (program === null) throw sparseUnsupported(who, [...of.keys()][0]?.name ?? '')
      const gradients = new Map(
        [...of].map(([variable, gradient]) => [variable, isSparse(gradient) ? densify(gradient, variable) : gradient]),
      )
      const next = advance(program, book, { who, of: gradients, extra, amend: sparse ? undefined : constrain })
      return atIterations(programs.core, next, given.iterations)
    }, given)
    return atIterations(programs.core, done, given.iterations + 1)
  })

/** Runs a step. Every variable of `given` must be in the book. Nothing happens if it throws. */
export const runKerasStep = (
  book: Book,
  given: readonly Pair<ReplicaGradients>[],
  aggregate: boolean,
  context: StepContext,
): Book => {
  const { settings, programs, who } = context
  const plain = given.flatMap(([gradient, variable]) => (isTensor(gradient) ? [[variable, gradient] as const] : []))
  const of = new Map(plain)
  const direct = of.size === given.length && settings.gradientTransformers.length === 0
  if (direct && settings.gradientAggregator === null) return fused(book, of, context, aggregate)
  return tidy(() => {
    const summed = transformed(programs.clipAfter, aggregated(given, context, aggregate))
    const pairs = settings.gradientTransformers.reduce<GradientPairs>(
      (all, transform, i) => checkPairs(`${who}: gradientTransformers[${i}]`, transform(all)),
      summed,
    )
    const known = new Set(book.variables)
    pairs.forEach(([gradient, variable]) => {
      if (!known.has(variable)) throw unknownVariable(who, variable.name)
      if (isSparse(gradient) && context.isConstrained(variable)) throw sparseConstrained(who, variable.name)
    })
    return inRounds(book, pairs, context)
  })
}
