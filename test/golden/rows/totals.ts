/** Rows of rules with totals or cells, and of those in tfjs ops. */
import type { Rows } from './row.js'

export const totals: Rows = {}
