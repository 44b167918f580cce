/** Rows of rules per element and of their recipes. */
import type { Rows } from './row.js'

export const perElement: Rows = {}
