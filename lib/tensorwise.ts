/** Makes transformations from tfjs ops on one leaf, for steps that are not per element. */
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import { badArgument, takenName } from './errors.js'
import { checkNumbers } from './rule/check.js'
import type { AnyNumbers, NumbersDefinition } from './rule/definition.js'
import { buildNumbers, type DefinedNumbers } from './rule/numbers.js'
import { initOps, runOps } from './program/opsStep.js'
import type { ShapedSlot, TensorRule } from './program/program.js'
import type { MapLeaves, TensorsLike } from './tree/map.js'
import { isRecord } from './tree/structure.js'
import { fromProgram, type GradientTransformation, type StateOf } from './transform.js'

/** A slot whose tensors have shapes of their own. */
export interface SlotOfShape {
  /** its shape for a parameter of shape `leaf`, the same at every call; null if such a leaf does not have this slot */
  readonly shape: (leaf: readonly number[]) => readonly number[] | null
  /** the number that it is filled with at first, default 0 */
  readonly first?: number
}

/**
 * The state of such a link: `count`; for each slot `S` a float32 tree like the parameters; for each slot `N` a tree
 * whose tensors have shapes of their own, or are null.
 */
export interface TensorwiseState<S extends string, N extends string> extends StateOf {
  readonly State: {
    readonly [K in S | N | 'count']: K extends S
      ? TensorsLike<this['Params']>
      : K extends N
        ? MapLeaves<TensorsLike<this['Params']>, Tensor | null>
        : number
  }
}

/**
 * The definition of such a link. `H` names hyperparameters, `S` slots like the parameter, `C` scalars, `N` slots with
 * shapes of their own, `X` trees of the caller.
 */
export interface TensorwiseDefinition<
  H extends string,
  S extends string,
  C extends string,
  N extends string = never,
  X extends string = never,
> extends NumbersDefinition<H, S, C> {
  /** names of trees like the updates that the caller may pass in `extra`, which are null at steps without one */
  readonly trees?: readonly X[]
  /** slots with shapes of their own; they are null for leaves that do not have them, in `step` as in the state */
  readonly shaped?: { readonly [K in N]: SlotOfShape }
  /** whether `step` reads `p`, default false */
  readonly readsParams?: boolean
  /** throws, naming `path`, if `step` cannot handle a leaf, which it sees as `name`; called by `init` as well */
  readonly check?: (leaf: Tensor, path: string, name: string) => void
  /**
   * the new update and the next value of every slot, with unchanged shapes; runs inside `tidy`. `path` is that of the
   * leaf, as masks see it
   */
  readonly step: (
    tensors: { readonly [K in 'u' | S]: Tensor } & { readonly [K in N | X]: Tensor | null } & { readonly p?: Tensor },
    scalars: { readonly [K in C]: number },
    path: string,
  ) => { readonly [K in 'u' | S]: Tensor } & { readonly [K in NoInfer<N>]: Tensor | null }
}

/** `tensorwise` for this package's own links, which configs can name without a registration. */
export const ourTensorwise = <
  H extends string = never,
  S extends string = never,
  C extends string = H,
  N extends string = never,
  X extends string = never,
>(
  definition: TensorwiseDefinition<H, S, C, N, X>,
): GradientTransformation<TensorwiseState<S, N>> => fromDefinition(definition, numbers => buildNumbers(numbers, true))

const fromDefinition = <H extends string, S extends string, C extends string, N extends string, X extends string>(
  { step, check, shaped, trees = [], readsParams = false, ...definition }: TensorwiseDefinition<H, S, C, N, X>,
  build: (numbers: AnyNumbers) => DefinedNumbers,
): GradientTransformation<TensorwiseState<S, N>> => {
  // The definition is typed by its names, a program is not; the casts are here only.
  const run = step as unknown as TensorRule['run']
  const numbers = definition as unknown as AnyNumbers
  const own = Object.entries<SlotOfShape>(shaped ?? {})
  const slots = { ...numbers.slots, ...Object.fromEntries(own.map(([slot, { first = 0 }]) => [slot, first])) }
  const made = own.map(([slot, { shape, first = 0 }]): readonly [string, ShapedSlot] => [
    slot,
    { shape, first: size => tf.fill([...size], first) },
  ])
  const make = (built: DefinedNumbers): TensorRule => ({
    ...built,
    cells: {},
    cellRunner: null,
    shaped: Object.fromEntries(made),
    readsParams,
    trees,
    init: initOps,
    interpret: runOps,
    run,
    check: (leaf, path, name) => check?.(leaf as Tensor, path, name),
    withHyper: hyper => make(built.withHyper(hyper)),
  })
  return fromProgram({ kind: 'ops', ops: make(build({ ...numbers, slots })) })
}

/**
 * Makes a transformation whose step is written in tfjs ops, leaf by leaf. Hyperparameters, schedules, slots, the count
 * and configs work as for rules. It splits the chain: tfjs runs this link, kernels run the links before and after it.
 *
 * State: `count`, and a tree for each slot, as for a rule; the tensors of the slots in `shaped` have shapes of their
 * own, or are null.
 *
 * @throws TypeError for an unknown option or a name used twice, and in a step for a missing result or one of another
 * shape; ValueError for a hyperparameter out of range.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { chain, scale, tensorwise } from 'tfjs-optax'
 * import { finite, type Hyper } from 'tfjs-optax/rule'
 * const subtractMean = (share: Hyper) => tensorwise({
 *   name: 'subtractMean',
 *   hyper: { share: finite(share) },
 *   step: ({ u }, { share }) => ({ u: tf.sub(u, tf.mul(tf.mean(u, 0, true), share)) }),
 * })
 * const tx = chain(subtractMean(1), scale(-0.1))
 */
export const tensorwise = /* @__PURE__ */ checked(
  { who: 'tensorwise', takes: ['definition'] },
  <
    H extends string = never,
    S extends string = never,
    C extends string = H,
    N extends string = never,
    X extends string = never,
  >(
    definition: TensorwiseDefinition<H, S, C, N, X>,
  ): GradientTransformation<TensorwiseState<S, N>> => {
    if (!isRecord(definition)) throw badArgument('tensorwise', 'definition', 'a record', definition)
    checkShaped(definition)
    const { name, trees = [] } = definition
    if (!Array.isArray(trees) || !trees.every(tree => typeof tree === 'string'))
      throw badArgument(name, 'trees', 'a list of names', trees)
    return fromDefinition(definition, numbers => {
      const checked = checkNumbers('tensorwise', numbers, [])
      if (typeof definition.step !== 'function')
        throw badArgument(definition.name, 'step', 'a function', definition.step)
      return buildNumbers(checked, false)
    })
  },
)

/** Throws unless the slots with shapes of their own say their shapes, and have names of their own. */
const checkShaped = ({
  name,
  slots = {},
  shaped = {},
}: {
  readonly name: string
  readonly slots?: object
  readonly shaped?: object
}): void => {
  if (!isRecord(shaped)) throw badArgument(name, 'shaped', 'a record', shaped)
  for (const [slot, how] of Object.entries<unknown>(shaped)) {
    if (!isRecord(how) || typeof how['shape'] !== 'function')
      throw badArgument(name, `shaped.${slot}`, 'a record with a function `shape`', how)
    const { first = 0 } = how
    if (typeof first !== 'number' || !Number.isFinite(Math.fround(first)))
      throw badArgument(name, `shaped.${slot}.first`, 'a number, finite in float32', first)
    if (Object.hasOwn(slots, slot)) throw takenName(name, slot, 'a slot')
  }
}
