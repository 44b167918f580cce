/** The factories that `registerTransform` made known, as the writer sees them: it has no codecs of its own. */
import type { Program } from '../program/program.js'

export interface Registered {
  /** options as JSON; Unwritable if they are not such options */
  readonly encode: (options: unknown) => unknown
  /** whether reading this JSON makes this program */
  readonly makes: (json: unknown, program: Program) => boolean
}

/** By the name they are registered under. */
export const registered = new Map<string, Registered>()
