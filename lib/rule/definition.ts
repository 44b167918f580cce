/** The definitions that authors of links write. */
import type { Expr, Operand } from './expr.js'
import type { HyperSpec } from './hyper.js'
import type { RuleOptions } from './rule.js'

/** Symbols for the names `K`. */
export type Symbols<K extends string> = { readonly [k in K]: Expr }

/**
 * The part of a definition that rules and links in tfjs ops share. `H` names hyperparameters, `S` slots, `C` scalars.
 */
export interface NumbersDefinition<H extends string, S extends string, C extends string> {
  /** the name of the factory, for errors and printing */
  readonly name: string
  /** the rest of the options object: every key in it is reported as an unknown option */
  readonly unknown?: object
  readonly hyper?: { readonly [k in H]: HyperSpec }
  /** other options that choose the equations, such as `nesterov`; kept for configs */
  readonly options?: RuleOptions
  /** the initial value of each slot: a number, or an expression of `p` */
  readonly slots?: { readonly [k in S]: number | ((x: Symbols<'p'>) => Operand) }
  /**
   * this step's scalars, from the step `t` (the first is 1) and the hyperparameters at count `t - 1`; default the
   * hyperparameters themselves. Write it before `step`, so that TypeScript infers the names
   */
  readonly scalars?: (t: number, hyper: { readonly [k in H]: number }) => { readonly [k in C]: number }
}

/** A number on the device that a rule carries from step to step: one for the tree, or one for each leaf. */
export interface CellDefinition {
  readonly over: 'tree' | 'leaf'
  /** its first value */
  readonly first: number
}
export type CellDefinitions = Readonly<Record<string, CellDefinition>>
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a record without names, so that `keyof` is never
export type NoCells = Readonly<Record<never, CellDefinition>>
type CellNames<D> = keyof D & string

/**
 * The definition of a rule. `H` names hyperparameters, `S` slots, `T` totals, `C` scalars, `V` extras, `W` signals; `D`
 * are the cells.
 */
export interface RuleDefinition<
  H extends string,
  S extends string,
  T extends string,
  C extends string,
  D extends CellDefinitions = NoCells,
  V extends string = never,
  W extends string = never,
> extends NumbersDefinition<H, S, C> {
  /** numbers on the device that the state carries, never read by the host; `step` gives the next value of each */
  readonly cells?: D
  /** names of numbers that the caller passes in `extra` at each step, such as the loss as `value` */
  readonly extras?: readonly V[]
  /** only for rules of this package: the values of earlier links of the same nest that it reads */
  readonly receives?: { readonly [k in W]: 'total' | 'element' }
  /** only for rules of this package: values for later links of the same nest, from what `step` sees */
  readonly sends?: (
    x: Symbols<'u' | 'p' | S | T | CellNames<D> | V | W>,
    k: Symbols<C>,
  ) => Readonly<Record<string, Operand>>
  /** sums or maxima, evaluated in order; `of` sees elements, cells, extras, scalars and earlier totals */
  readonly totals?: {
    readonly [k in T]: {
      readonly over: 'tree' | 'leaf'
      readonly of: (x: Symbols<'u' | 'p' | S | T | CellNames<D> | V | W>, k: Symbols<C>) => Operand
      readonly reduce?: 'sum' | 'max'
    }
  }
  /**
   * the new update, the next value of every slot and cell, and `p` if the rule moves the parameter itself. A cell may
   * depend on totals, scalars and cells, not on elements; one of the tree not on what belongs to a leaf
   */
  readonly step: (
    x: Symbols<'u' | 'p' | S | T | CellNames<D> | V | W>,
    k: Symbols<C>,
  ) => { readonly u: Operand; readonly p?: Operand } & {
    readonly [k in NoInfer<S> | CellNames<NoInfer<D>>]: Operand
  }
}

/** Definitions whose names are not known to TypeScript. */
export type AnyNumbers = NumbersDefinition<string, string, string>
export type AnyRule = RuleDefinition<string, string, string, string, CellDefinitions, string, string>
