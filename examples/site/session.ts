/** Single steps on numbers that a reader types: a session is the parameters and the state between two steps. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import { applyUpdates, mapTree, tensorsOf, tidy, type GradientTransformation } from 'tfjs-optax'
import { transformationOf } from './evaluate.js'
import type { Values } from './problems.js'
import { needsBias } from './drawn.js'

type Tensors = Readonly<Record<string, tf.Tensor>>

export interface Session {
  readonly tx: GradientTransformation
  readonly takesReplicas: boolean
  readonly params: Tensors
  readonly state: unknown
}

/** Names with the numbers of one step. */
export type StepRows = readonly (readonly [name: string, numbers: readonly number[]])[]

/** A matrix of 2 by 2, and a vector of 2 where the example speaks of one. */
const shapes: Readonly<Record<string, readonly number[]>> = { kernel: [2, 2], bias: [2] }

/** The numbers that a panel begins with. */
export const firstNumbers = (text: string): { readonly params: Values; readonly gradients: Values } => ({
  params: { kernel: [1, -2, 0.5, 3], ...(needsBias(text) && { bias: [0.1, -0.1] }) },
  gradients: { kernel: [0.5, -1, 2, 0.1], ...(needsBias(text) && { bias: [1, -0.2] }) },
})

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const tensorsOfValues = (values: Values): Tensors =>
  Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [
      name,
      tf.tensor([...numbers], [...(shapes[name] ?? [])], 'float32'),
    ]),
  )

/** A session at its start, or why the text makes none. */
export const begin = (text: string, params: Values): E.Either<string, Session> =>
  F.pipe(
    transformationOf(text),
    E.flatMap(tx =>
      E.tryCatch(() => {
        const first = tensorsOfValues(params)
        return { tx, takesReplicas: text.includes('aggregate('), params: first, state: tx.init<unknown>(first) }
      }, reason),
    ),
  )

const rowsOf = (prefix: string, tree: unknown): StepRows =>
  tensorsOf(tree).map(([path, tensor]) => [`${prefix}${path}`, Array.from(tensor.dataSync())])

/** The session after a step, and what the step did; or the error of the package, which leaves the session as it was. */
export const advance = (
  { tx, takesReplicas, params, state }: Session,
  gradients: Values,
): E.Either<string, readonly [Session, StepRows]> =>
  E.tryCatch(() => {
    // `init` made the state for these parameters, so its type is known to be theirs.
    const update = tx.update as (...given: readonly unknown[]) => readonly [Tensors, unknown]
    const given = tensorsOfValues(gradients)
    const extra = { value: 1, hessian: mapTree(given, leaf => tf.onesLike(leaf)) }
    const [updates, next] = update(takesReplicas ? [given, given] : given, state, params, extra)
    const moved = applyUpdates(params, updates)
    const rows = [...rowsOf('update of ', updates), ...rowsOf('', moved), ...rowsOf('state ', next)]
    return [{ tx, takesReplicas, params: moved, state: next }, rows] as const
  }, reason)

/** What the first steps of a text do, with the same gradient in each. */
export const firstSteps = (text: string, count: number): E.Either<string, readonly StepRows[]> => {
  const { params, gradients } = firstNumbers(text)
  return tidy(() => {
    let now = begin(text, params)
    const steps: StepRows[] = []
    while (steps.length < count) {
      const made = F.pipe(
        now,
        E.flatMap(session => advance(session, gradients)),
      )
      if (E.isLeft(made)) return made
      steps.push(made.right[1])
      now = E.right(made.right[0])
    }
    return E.right(steps)
  })
}
