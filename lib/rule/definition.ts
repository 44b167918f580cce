/** What the author of a link writes. */
import type { Expr, Operand } from './expr.js'
import type { HyperSpec } from './hyper.js'
import type { RuleOptions } from './rule.js'

/** Symbols for the names `K`. */
export type Symbols<K extends string> = { readonly [k in K]: Expr }

/** What the author of any link with numbers writes. `H` names hyperparameters, `S` slots, `C` scalars. */
export interface NumbersDefinition<H extends string, S extends string, C extends string> {
  /** the name of the factory, for errors and printing */
  readonly name: string
  /** what was left of the options object: anything in here is an unknown option */
  readonly unknown?: object
  readonly hyper?: { readonly [k in H]: HyperSpec }
  /** what else chooses among the equations, such as `nesterov`; kept so that the rule can be written down */
  readonly options?: RuleOptions
  /** the initial value of each slot: a number, or an expression of `p` */
  readonly slots?: { readonly [k in S]: number | ((x: Symbols<'p'>) => Operand) }
  /** this step's numbers from the step `t` (1 first) and the hyperparameters at count `t - 1`; without it, those. Write it before what reads it */
  readonly scalars?: (t: number, hyper: { readonly [k in H]: number }) => { readonly [k in C]: number }
}

/** What the author of a rule writes. `H` names hyperparameters, `S` slots, `T` totals, `C` scalars. */
export interface RuleDefinition<
  H extends string,
  S extends string,
  T extends string,
  C extends string,
> extends NumbersDefinition<H, S, C> {
  /** evaluated in order; `of` sees elements, scalars and the totals before it */
  readonly totals?: {
    readonly [k in T]: {
      readonly over: 'tree' | 'leaf'
      readonly of: (x: Symbols<'u' | 'p' | S | T>, k: Symbols<C>) => Operand
      readonly reduce?: 'sum' | 'max'
    }
  }
  /** the new update, the next value of every slot, and `p` if the rule moves the parameter itself */
  readonly step: (
    x: Symbols<'u' | 'p' | S | T>,
    k: Symbols<C>,
  ) => { readonly u: Operand; readonly p?: Operand } & { readonly [k in NoInfer<S>]: Operand }
}

/** A definition whose names are known to nobody but itself. */
export type AnyNumbers = NumbersDefinition<string, string, string>
export type AnyRule = RuleDefinition<string, string, string, string>
