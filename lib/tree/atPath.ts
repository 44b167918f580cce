/** The type of the value at a path in a tree, as far as the path is known when a program is compiled. */
import type { Tensor } from '@tensorflow/tfjs-core'

/** A path has at most this many keys that the compiler follows. */
type Most = 16

/** The value at one key. A key of a record whose names are not known may be there; a missing one throws. */
type Child<T, K extends string> = T extends Tensor
  ? unknown
  : K extends keyof T
    ? T[K]
    : T extends readonly unknown[]
      ? K extends `${number}`
        ? T[number]
        : unknown
      : unknown

/** Whether a record has names that are not known, so that a dot in a path may belong to one of them. */
type IsOpen<T> = T extends readonly unknown[] ? false : string extends keyof T ? true : false

type AtText<T, P extends string, D extends readonly unknown[] = []> = string extends P
  ? unknown
  : P extends ''
    ? T
    : D['length'] extends Most
      ? unknown
      : P extends `${infer K}.${infer Rest}`
        ? IsOpen<T> extends true
          ? unknown
          : P extends keyof T
            ? T[P]
            : AtText<Child<T, K>, Rest, [...D, K]>
        : Child<T, P>

type AtKeys<T, P extends readonly unknown[]> = P extends readonly []
  ? T
  : P extends readonly [infer K extends string | number, ...infer Rest]
    ? AtKeys<Child<T, `${K}`>, Rest>
    : unknown

/**
 * The type of the value at a path in `T`: unknown where the compiler cannot tell, as for a name that is looked for in
 * the whole tree.
 */
export type AtPath<T, P extends string | readonly (string | number)[]> = P extends string
  ? AtText<T, P>
  : P extends readonly unknown[]
    ? AtKeys<T, P>
    : unknown
