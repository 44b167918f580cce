/** The plan of one class of leaves. */
import type { Expr } from '../rule/expr.js'
import type { Lowered, Sinks } from './kernel.js'

/** The passes of one class, and the streams that they read and write. */
export interface ClassPlan {
  /** which rules are active */
  readonly rules: readonly boolean[]
  /** one kernel per pass; null if the class has nothing to do in it */
  readonly passes: readonly (Lowered | null)[]
  /** the slots of the active rules: stream, index among the slots of all rules, and whether it is unchanged */
  readonly slots: readonly { readonly stream: string; readonly tree: number; readonly kept: boolean }[]
  /** the streams that passes read and write, without relays */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** the trees of these streams: 0 the updates, 1 the parameters, then the slots */
  readonly readTrees: readonly number[]
  readonly writeTrees: readonly number[]
  /** the streams that one pass writes (with a prime) and later ones read; their memory ends with the step */
  readonly relays: readonly string[]
  /** whether any pass has a kernel */
  readonly runs: boolean
  /** the outputs of each pass as expressions, for interpreters and `explain` */
  readonly sinks: readonly Sinks[]
  readonly rounded: ReadonlyMap<string, Expr>
}

/** The stream with the new values of another: `u'`, `p'`, `mu'`. */
export const written = (stream: string): string => `${stream}'`
