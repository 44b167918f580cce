/** What a law is, and what it is checked on. */
import type { Hyper } from '../rule/hyper.js'
import type { Extra, GradientTransformation, Link } from '../transform.js'

/** Parameters, and the gradients of some steps. */
export interface Sample {
  readonly params: unknown
  readonly gradients: readonly unknown[]
}

/** `finite`: zeros, tiny and huge numbers too. `any`: NaN and the infinities as well. `moderate`: from 2^-6 to 4, and their negatives. */
export type SampleNumbers = 'any' | 'finite' | 'moderate'

/** Functions that make the tensors of a sample anew at each call, with gradients for this many steps. */
export type Samples = (steps: number, numbers: SampleNumbers) => readonly (() => Sample)[]

/** The factory of what is tested; it gets the numbers of `hyper`, or schedules in their places. */
export type Make = (hyper: Readonly<Record<string, Hyper>>) => Link

/** The factory's product, and how it is tested. */
export interface Subject {
  readonly name: string
  readonly hyper: Readonly<Record<string, number>>
  readonly make: (hyper?: Readonly<Record<string, Hyper>>) => GradientTransformation
  readonly samples: Samples
  readonly extra: (step: number) => Extra | undefined
  readonly steps: number
  readonly config: boolean
}

/** A law: it throws if the subject breaks it, and returns how many cases it has seen. */
export interface LawDefinition {
  readonly says: string
  /** whether it says anything about this subject; default true */
  readonly concerns?: (subject: Subject) => boolean
  readonly check: (subject: Subject, broken: (what: string) => Error) => Promise<void>
}
