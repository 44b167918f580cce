/** The text of an example to what it makes. The site's tables hold texts, since pages show them and readers edit them. */
import { either as E } from 'fp-ts'
import * as functional from 'tfjs-optax'
import * as legacy from 'tfjs-optax/legacy'
import * as tf from '@tensorflow/tfjs-core'

const names: Readonly<Record<string, unknown>> = { ...legacy, ...functional, tf }

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The value of an expression in which all public names are known. It runs as code: only texts of the page's reader. */
export const evaluate = (text: string): E.Either<string, unknown> =>
  E.tryCatch(() => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is the reader's own, on the reader's own page
    const made = new Function(...Object.keys(names), `'use strict'; return (${text}\n)`) as (
      ...values: readonly unknown[]
    ) => unknown
    return made(...Object.values(names))
  }, reason)

const isTransformation = (value: unknown): value is functional.GradientTransformation =>
  typeof value === 'object' && value !== null && 'init' in value && 'update' in value && 'program' in value

/** The transformation that a text makes, or why it makes none. */
export const transformationOf = (text: string): E.Either<string, functional.GradientTransformation> => {
  const made = evaluate(text)
  if (E.isLeft(made)) return made
  return isTransformation(made.right) ? E.right(made.right) : E.left(`${text} is not a transformation`)
}

/** The schedule that a text makes, or why it makes none. */
export const scheduleOf = (text: string): E.Either<string, functional.Schedule> => {
  const made = evaluate(text)
  if (E.isLeft(made)) return made
  return typeof made.right === 'function'
    ? E.right(made.right as functional.Schedule)
    : E.left(`${text} is not a schedule`)
}
