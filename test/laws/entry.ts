/** A row of the table of all rules and recipes. */
import type { GradientTransformation, Hyper } from '../../lib/index.js'

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
