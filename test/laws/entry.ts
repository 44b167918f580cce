/** A row of the table of all rules and recipes. */
import type { GradientTransformation, Hyper } from '../../lib/index.js'

/** What every law passes to each step, for rules that read numbers of the caller. */
export const extra = { value: 0.75, weight: -1.5 }

export interface Entry {
  readonly name: string
  readonly hyper: Readonly<Record<string, number>>
  /** a number of the table, or a schedule in its place */
  readonly make: (hyper: Readonly<Record<string, Hyper>>) => GradientTransformation
}

export const entry = <H extends Readonly<Record<string, number>>>(
  name: string,
  hyper: H,
  make: (hyper: { readonly [K in keyof H]: Hyper }) => unknown,
): Entry => ({ name, hyper, make: make as Entry['make'] })
