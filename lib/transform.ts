/**
 * The types of transformations, pairs of pure functions, and how they are made of programs. Updates are added to the
 * parameters, so one link of a chain must flip the sign (`scaleByLearningRate` does).
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import { notATransformation } from './errors.js'
import { initTensors, updateTensors } from './run.js'
import type { Opaque, Program } from './program/program.js'
import type { TensorsLike } from './tree/map.js'

/** A function from the type of a parameter tree to the type of a state. */
export interface StateOf {
  readonly Params: unknown
  readonly State: unknown
}

/** The updates for a tree `P`: each leaf is a tensor of its own, also where `P` has a Variable. */
export type UpdatesLike<P> =
  P extends Variable<infer R>
    ? Tensor<R>
    : P extends Tensor | null
      ? P
      : P extends object
        ? { [K in keyof P]: UpdatesLike<P[K]> }
        : P

/** The state of a transformation for parameters `P`. */
export type At<F extends StateOf, P> = (F & { readonly Params: P })['State']

/** Values for one step that links read by name, such as the loss as `value`. */
export type Extra = Readonly<Record<string, unknown>>

/**
 * A gradient transformation.
 *
 * Laws, tested in test/laws: `update` does not mutate or dispose its arguments; updates have the structure, shapes and
 * dtypes of the gradients; states have the structure, shapes and dtypes that `init` gave, forever. The records of both
 * have their keys in the order of the parameters, or of the updates where no parameters are given; JavaScript puts keys
 * that are whole numbers first in any record. No number depends on that order.
 *
 * `init` and `update` are declared as methods, since otherwise a transformation with a known state would not be
 * assignable to `GradientTransformation`.
 */
export interface GradientTransformation<F extends StateOf = StateOf> {
  init<P>(params: P): At<F, P>
  /**
   * `[updates, state]` of one step. A leaf whose gradient is `null` sits it out. Rules that read parameters need
   * `params`.
   */
  update<P>(
    updates: P,
    state: At<F, P>,
    params?: TensorsLike<P>,
    extra?: Extra,
  ): readonly [updates: UpdatesLike<P>, state: At<F, P>]
  /** what it does, as data for interpreters, planner and printers */
  readonly program: Program
  /** never present; carries the type of the state */
  readonly _F?: F
}

/** A transformation whose first link takes a list, one gradient tree per replica; see `aggregate`. */
export interface ReplicaTransformation<F extends StateOf = StateOf> {
  init<P>(params: P): At<F, P>
  update<P>(
    updates: readonly P[],
    state: At<F, P>,
    params?: TensorsLike<P>,
    extra?: Extra,
  ): readonly [updates: UpdatesLike<P>, state: At<F, P>]
  readonly program: Program
  readonly replicas: 'list'
  readonly _F?: F
}

/** A transformation whose first link takes one tree with the gradients of all replicas stacked; see `aggregate`. */
export interface StackedTransformation<F extends StateOf = StateOf> extends GradientTransformation<F> {
  readonly replicas: 'stacked'
}

/** Anything that a chain takes as a link: a transformation, or a plain `{init, update}` of a user's. */
export interface Link {
  readonly init: (params: never) => unknown
  readonly update: (updates: never, state: never, params?: never, extra?: never) => readonly [unknown, unknown]
  readonly replicas?: never
}

/** A link that takes the gradients of replicas; only the first link of a chain can. */
export type ReplicaLink<K extends 'list' | 'stacked' = 'list' | 'stacked'> = Pick<Link, 'init' | 'update'> & {
  readonly replicas: K
}

/** The compiler's message for a value that is not a link; it takes the place of the value's type. */
export type LinkFault<T, Where extends string> = T extends (...args: never) => unknown
  ? `${Where} is a function, not a transformation: call its factory, or wrap a schedule in scaleBySchedule`
  : T extends PromiseLike<unknown>
    ? `${Where} is a promise: await it`
    : T extends ReplicaLink
      ? `${Where} takes the gradients of all replicas, so it must be the first link`
      : `${Where} is not a transformation {init, update}`

/**
 * `T` if it is a link, else the message. The last overload of functions that take links has it, for the message only.
 */
export type LinkOr<T, Where extends string> = T extends Link ? T : LinkFault<T, Where>

/** `T` if it can be the first link, else the message. */
export type FirstLinkOr<T, Where extends string> = T extends FirstLink ? T : LinkFault<T, Where>

/** Anything that a chain takes as its first link. */
export type FirstLink = Link | ReplicaLink

/** The state of any link for parameters `P`. */
export type StateIn<T, P> = T extends { readonly program: Program; readonly _F?: infer F }
  ? NonNullable<F> extends StateOf
    ? At<NonNullable<F>, P>
    : never
  : T extends { readonly init: (params: never) => infer S }
    ? S
    : never

/** Gradients of parameters `P`: a tree like `P` with leaves that may be null. */
export type GradientsLike<P> = P extends Tensor | null
  ? Tensor | null
  : P extends object
    ? { readonly [K in keyof P]: GradientsLike<P[K]> }
    : never

/** The transformation that runs a program on tensors. The caller vouches for the type of its state. */
export const fromProgram = <F extends StateOf>(program: Program): GradientTransformation<F> => ({
  program,
  init: <P>(params: P) => initTensors(program, params),
  update: <P>(updates: P, state: At<F, P>, params?: TensorsLike<P>, extra?: Extra) =>
    updateTensors(program, { who: 'update', updates, state, params, extra }) as [UpdatesLike<P>, At<F, P>],
})

/** The program of any link; a plain pair of functions is opaque. */
export const programOf = (who: string, position: string, link: unknown): Program => {
  if (typeof link !== 'object' || link === null || !('init' in link) || !('update' in link))
    throw notATransformation(who, position, link)
  if ('program' in link && isProgram(link.program)) return link.program
  const { init, update } = link
  if (typeof init !== 'function' || typeof update !== 'function') throw notATransformation(who, position, link)
  const name = 'name' in link && typeof link.name === 'string' ? link.name : position
  // Bound, since they may be methods that read `this`.
  return {
    kind: 'opaque',
    name,
    init: init.bind(link) as Opaque['init'],
    update: update.bind(link) as Opaque['update'],
  }
}

const isProgram = (x: unknown): x is Program =>
  typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string'
