/** Wrappers of one's own. */
import { checked } from './call/checked.js'
import { badArgument, takenName } from './errors.js'
import { badOwn, nameInNest, unknownPart } from './errors/nests.js'
import { ownNestProgram, type OwnArm } from './program/ownNest.js'
import { refuseGather } from './program/gathers.js'
import {
  fromProgram,
  programOf,
  type Extra,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from './transform.js'
import type { RuleOptions } from './rule/rule.js'
import type { Mask } from './tree/mask.js'
import { isRecord } from './tree/structure.js'

/** One of the ways in which a wrapper may run a step. `L` names its parts, `N` its own numbers. */
export interface ArmDefinition<L extends string, N extends string> {
  /** the parts that run at such a step; the others keep their states */
  readonly runs: readonly L[]
  /** the wrapper's own numbers after such a step; default as before */
  readonly next?: (own: { readonly [n in N]: number }) => { readonly [n in N]: number }
}

/** The definition of a wrapper. `N` names its own numbers, `A` its arms. */
export interface NestDefinition<
  Ls extends Readonly<Record<string, Link>>,
  N extends string = never,
  A extends string = never,
> {
  /** the name of the factory, for errors and printing */
  readonly name: string
  /** what it wraps, by field of its state; parts run in this order, each on the updates of the one before */
  readonly parts: Ls
  /** the leaves that the parts see; the others pass unchanged and have no slots; default all */
  readonly mask?: Mask
  /** numbers of the host that it keeps in its state beside those of its parts, with their first values */
  readonly own?: { readonly [n in N]: number }
  /** what else the factory was given, such as `n`; shown in printouts */
  readonly options?: RuleOptions
  /** the ways in which a step may run, by name; default: all parts run at every step */
  readonly arms?: { readonly [a in A]: ArmDefinition<keyof Ls & string, NoInfer<N>> }
  /** the arm for this step, from the own numbers and what the caller passes as `extra`; needed with `arms` */
  readonly pick?: (own: { readonly [n in NoInfer<N>]: number }, extra: Extra) => NoInfer<A>
}

/** The state of a wrapper: its own numbers and the state of each part. */
export interface NestState<Ls, N extends string> extends StateOf {
  readonly State: { readonly [K in N | keyof Ls]: K extends keyof Ls ? StateIn<Ls[K], this['Params']> : number }
}

const who = 'nest'

/**
 * Makes a wrapper: a transformation that contains others, and may pick at each step which of them run. The host picks,
 * before the step begins, so each way has kernels of its own and nothing runs in vain. `describe`, `explain`,
 * `hyperparamsOf`, `setHyper`, masks and saved states see through it.
 *
 * `pick` and `next` must depend on their arguments only. Where a count of steps is set from outside, as by an optimizer
 * that loads its `iterations`, the wrapper's numbers are found by playing the picks of all steps before, without extras.
 *
 * State: the numbers of `own`, and a field for each part.
 *
 * @throws TypeError for an unknown option, a part that is no transformation, a name used twice, or arms without `pick`;
 * ValueError in the step if `pick` returns no arm.
 * @example
 * import { clipByGlobalNorm, scale, sgd, type Link } from 'tfjs-optax'
 * import { nest } from 'tfjs-optax/rule'
 * const warmClip = <T extends Link>(inner: T, steps: number) =>
 *   nest({
 *     name: 'warmClip',
 *     parts: { clip: clipByGlobalNorm(1), inner },
 *     own: { step: 0 },
 *     arms: {
 *       clipped: { runs: ['clip', 'inner'], next: ({ step }) => ({ step: step + 1 }) },
 *       free: { runs: ['inner'] },
 *     },
 *     pick: ({ step }) => (step < steps ? 'clipped' : 'free'),
 *   })
 * const tx = warmClip(sgd(0.1), 100)
 */
export const nest = /* @__PURE__ */ checked(
  { who, takes: ['definition'] },
  <const Ls extends Readonly<Record<string, Link>>, N extends string = never, A extends string = never>(
    definition: NestDefinition<Ls, N, A>,
  ): GradientTransformation<NestState<Ls, N>> => {
    if (!isRecord(definition)) throw badArgument(who, 'definition', 'a record {name, parts}', definition)
    const { name, parts, mask, own, options, arms, pick, ...rest } = definition as unknown as AnyNest
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined)
      throw badArgument(who, 'definition', 'a record {name, parts, mask, own, options, arms, pick}', definition)
    if (typeof name !== 'string' || name === '') throw badArgument(who, 'name', 'a text', name)
    if (!isRecord(parts) || Object.keys(parts).length === 0)
      throw badArgument(name, 'parts', 'a record of transformations', parts)
    if (mask !== undefined && (mask === null || !['boolean', 'object', 'function'].includes(typeof mask)))
      throw badArgument(name, 'mask', 'a boolean, a tree of booleans, or a function', mask)
    const names = Object.keys(parts)
    const programs = names.map(part => refuseGather(name, programOf(name, part, parts[part])))
    if (options !== undefined && !isRecord(options)) throw badArgument(name, 'options', 'a record', options)
    checkOwn(name, own, names)
    checkArms(name, arms, pick, names)
    return fromProgram(
      ownNestProgram(
        {
          name,
          parts: names,
          own: own ?? {},
          options: options ?? {},
          mask: mask ?? null,
          arms: arms ?? null,
          pick: pick ?? (() => ''),
        },
        programs,
      ),
    )
  },
)

/** A definition whose names are not known to TypeScript. */
interface AnyNest {
  readonly name: unknown
  readonly parts: Readonly<Record<string, unknown>>
  readonly mask?: Mask | null
  readonly own?: Readonly<Record<string, number>>
  readonly options?: RuleOptions
  readonly arms?: Readonly<Record<string, OwnArm>>
  readonly pick?: (own: Readonly<Record<string, number>>, extra: Extra) => string
}

const checkOwn = (name: string, own: unknown, parts: readonly string[]): void => {
  if (own === undefined) return
  if (!isRecord(own)) throw badArgument(name, 'own', 'a record of numbers', own)
  for (const [key, first] of Object.entries(own)) {
    if (parts.includes(key)) throw nameInNest(name, key, 'a part', 'a number of its own')
    if (typeof first !== 'number' || !Number.isFinite(first)) throw badOwn(name, 'own', key, first)
  }
}

const checkArms = (name: string, arms: unknown, pick: unknown, parts: readonly string[]): void => {
  if (arms === undefined) {
    if (pick !== undefined) throw badArgument(name, 'arms', 'a record {name: {runs, next}}, as there is a pick', arms)
    return
  }
  if (!isRecord(arms) || Object.keys(arms).length === 0)
    throw badArgument(name, 'arms', 'a record {name: {runs, next}}', arms)
  if (typeof pick !== 'function') throw badArgument(name, 'pick', 'a function (own, extra) => arm', pick)
  for (const [key, arm] of Object.entries(arms)) {
    if (!isRecord(arm) || !Array.isArray(arm['runs']))
      throw badArgument(name, `arms.${key}`, 'a record {runs, next} with the names of the parts that run', arm)
    const { runs, next, ...rest } = arm as unknown as OwnArm
    const [odd] = Object.keys(rest)
    if (odd !== undefined) throw badArgument(name, `arms.${key}`, 'a record {runs, next}', arm)
    if (next !== undefined && typeof next !== 'function')
      throw badArgument(name, `arms.${key}.next`, 'a function of the own numbers', next)
    const seen = new Set<string>()
    for (const part of runs) {
      if (!parts.includes(part)) throw unknownPart(name, key, part, parts)
      if (seen.has(part)) throw takenName(name, part, `another place in arms.${key}.runs`)
      seen.add(part)
    }
  }
}
