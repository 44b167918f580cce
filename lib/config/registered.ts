/** The factories of `registerTransform`, in a form that writers can use without importing codecs. */
import type { Program } from '../program/program.js'

export interface Registered {
  /** options as JSON; `Unwritable` if they do not fit the codec */
  readonly encode: (options: unknown) => unknown
  /** whether reading this JSON gives this program */
  readonly makes: (json: unknown, program: Program) => boolean
}

/** By their registered names. */
export const registered = new Map<string, Registered>()
