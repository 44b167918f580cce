/** Makes transformations from tfjs ops on one leaf, for steps that are not per element. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import type { SlotState } from './elementwise.js'
import { badArgument } from './errors.js'
import { checkNumbers } from './rule/check.js'
import type { AnyNumbers, NumbersDefinition } from './rule/definition.js'
import { buildNumbers, type DefinedNumbers } from './rule/numbers.js'
import { runOps } from './program/opsStep.js'
import type { TensorRule } from './program/program.js'
import { isRecord } from './tree/structure.js'
import { fromProgram, type GradientTransformation } from './transform.js'

/** The definition of such a link. `H` names hyperparameters, `S` slots, `C` scalars. */
export interface TensorwiseDefinition<H extends string, S extends string, C extends string> extends NumbersDefinition<
  H,
  S,
  C
> {
  /** whether `step` reads `p`, default false */
  readonly readsParams?: boolean
  /** throws, naming `path`, if `step` cannot handle a leaf; called by `init` as well */
  readonly check?: (leaf: Tensor, path: string) => void
  /** the new update and the next value of every slot, with unchanged shapes; runs inside `tidy` */
  readonly step: (
    tensors: { readonly [K in 'u' | S]: Tensor } & { readonly p?: Tensor },
    scalars: { readonly [K in C]: number },
  ) => { readonly [K in 'u' | S]: Tensor }
}

/** `tensorwise` for this package's own links, which configs can name without a registration. */
export const ourTensorwise = <H extends string = never, S extends string = never, C extends string = H>(
  definition: TensorwiseDefinition<H, S, C>,
): GradientTransformation<SlotState<S>> => fromDefinition(definition, numbers => buildNumbers(numbers, true))

const fromDefinition = <H extends string, S extends string, C extends string>(
  { step, check, readsParams = false, ...definition }: TensorwiseDefinition<H, S, C>,
  build: (numbers: AnyNumbers) => DefinedNumbers,
): GradientTransformation<SlotState<S>> => {
  // The definition is typed by its names, a program is not; the cast is here only.
  const run = step as unknown as TensorRule['run']
  const numbers = definition as unknown as AnyNumbers
  const make = (made: DefinedNumbers): TensorRule => ({
    ...made,
    readsParams,
    interpret: runOps,
    run,
    check: (leaf, path) => check?.(leaf as Tensor, path),
    withHyper: changes => make(made.withHyper(changes)),
  })
  return fromProgram({ kind: 'ops', ops: make(build(numbers)) })
}

/**
 * Makes a transformation whose step is written in tfjs ops, leaf by leaf. Hyperparameters, schedules, slots, the count
 * and configs work as for rules. It splits the chain: tfjs runs this link, kernels run the links before and after it.
 *
 * State: `count`, and a tree for each slot, as for a rule.
 *
 * @throws TypeError for an unknown option or a name used twice, and in a step for a missing result or one of another
 * shape; ValueError for a hyperparameter out of range.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { chain, scale, tensorwise } from 'tfjs-optax'
 * import { finite, type Hyper } from 'tfjs-optax/rule'
 * const centralize = (share: Hyper) => tensorwise({
 *   name: 'centralize',
 *   hyper: { share: finite(share) },
 *   step: ({ u }, { share }) => ({ u: tf.sub(u, tf.mul(tf.mean(u, 0, true), share)) }),
 * })
 * const tx = chain(centralize(1), scale(-0.1))
 */
export const tensorwise = /* @__PURE__ */ checked(
  { who: 'tensorwise', takes: ['definition'] },
  <H extends string = never, S extends string = never, C extends string = H>(
    definition: TensorwiseDefinition<H, S, C>,
  ): GradientTransformation<SlotState<S>> => {
    if (!isRecord(definition)) throw badArgument('tensorwise', 'definition', 'a record', definition)
    return fromDefinition(definition, numbers => {
      const checked = checkNumbers('tensorwise', numbers, [])
      if (typeof definition.step !== 'function')
        throw badArgument(definition.name, 'step', 'a function', definition.step)
      return buildNumbers(checked, false)
    })
  },
)
