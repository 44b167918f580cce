/** Rows of the wrappers and combinators. */
import type { Rows } from './row.js'

export const wrappers: Rows = {}
