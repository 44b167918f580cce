/** The laws of transformations, for whoever writes one. */
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { nearest } from '../call/spelling.js'
import { chain } from '../chain.js'
import { wholeNumber } from '../call/whole.js'
import { badArgument } from '../errors.js'
import { lawBroken, noSuchLaw } from '../errors/laws.js'
import { programOf, type Extra, type GradientTransformation, type Link } from '../transform.js'
import { isRecord } from '../tree/structure.js'
import type { LawDefinition, Make, Samples, Subject } from './law.js'
import { chains, configs, schedules } from './laws/compose.js'
import { files } from './laws/files.js'
import { kernels, reference } from './laws/kernels.js'
import { leaks } from './laws/leaks.js'
import { absence, masks, order, zeros } from './laws/leaves.js'
import { ownership, purity, structure, tidiness } from './laws/pure.js'
import { donation, failure, wholeSteps } from './laws/steps.js'
import { tape } from './laws/tape.js'
import { samplesOf } from './samples.js'

const laws = {
  purity,
  structure,
  ownership,
  tidiness,
  wholeSteps,
  donation,
  failure,
  absence,
  masks,
  order,
  zeros,
  chains,
  schedules,
  configs,
  kernels,
  reference,
  files,
  leaks,
  tape,
} as const satisfies Readonly<Record<string, LawDefinition>>

/** The name of a law, for `except`. */
export type LawName = keyof typeof laws

/** A law and its check. */
export interface Law {
  readonly name: LawName
  /** the law in words, with the name of what is tested */
  readonly law: string
  /** rejects if the law does not hold, with a message that says where */
  readonly check: () => Promise<void>
}

/** Options of `lawsOf`. */
export interface LawOptions {
  /** the numbers that `make` gets, by name; one law puts schedules in their places; default none */
  readonly hyper?: Readonly<Record<string, number>>
  /** how many random trees each law sees; default 8 */
  readonly runs?: number
  /** a whole number from which the random trees are made; default 0 */
  readonly seed?: number
  /** how long a run the law of memory takes; default 25 steps */
  readonly steps?: number
  /** what steps get as `extra`, such as `() => ({ value: 1 })` for a rule that reads the loss; default nothing */
  readonly extra?: (step: number) => Extra
  /** whether it can be written as a config, by `configOf`; default false */
  readonly config?: boolean
  /** laws that cannot hold, and why; they are left out */
  readonly except?: Readonly<Partial<Record<LawName, string>>>
  /** other samples than the random ones of `seed` and `runs` */
  readonly samples?: Samples
}

const options: Names<LawOptions> = {
  hyper: 'hyperparameters',
  runs: 'numRuns',
  seed: '',
  steps: '',
  extra: '',
  config: '',
  except: 'skip',
  samples: '',
}
const who = 'lawsOf'

const checkExcept = (except: Readonly<Record<string, unknown>>): void => {
  const known = Object.keys(laws)
  for (const [name, reason] of Object.entries(except)) {
    if (!known.includes(name))
      throw noSuchLaw(name, nearest(name, Object.fromEntries(known.map(one => [one, '']))), known)
    if (typeof reason !== 'string' || reason === '')
      throw badArgument(who, `except.${name}`, 'the reason, a text', reason)
  }
}

/** A link as a transformation: a plain pair becomes the only link of a chain. */
const asTransformation = (link: Link): GradientTransformation =>
  programOf(who, 'what make returned', link).kind === 'opaque'
    ? chain(link)
    : (link as unknown as GradientTransformation)

/**
 * The laws of a transformation, as checks for any test runner. It may be a rule, a wrapper, a chain or a plain `{init,
 * update}`; `make` is its factory, and gets the numbers of `hyper`.
 *
 * The checks run on tfjs's current backend, one after the other, since they count tensors. Trees and numbers are random
 * but the same at every run. A law that says nothing about the transformation, such as that of kernels for one in tfjs
 * ops, is not in the list.
 *
 * tfjs must know its gradients for the law of gradient tapes: import '@tensorflow/tfjs' or '@tensorflow/tfjs-layers'.
 *
 * @throws TypeError for a wrong option or an unknown law in `except`, and whatever `make` throws.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import '@tensorflow/tfjs-layers'
 * import { elementwise, ema, decayRate } from 'tfjs-optax/rule'
 * import { lawsOf } from 'tfjs-optax/testing'
 * const average = ({ decay = 0.9 }) =>
 *   elementwise({
 *     name: 'average',
 *     hyper: { decay: decayRate(decay) },
 *     slots: { mean: 0 },
 *     step: ({ u, mean }, { decay }) => ({ u: ema(decay, mean, u), mean: ema(decay, mean, u) }),
 *   })
 * await tf.setBackend('cpu')
 * for (const { law, check } of lawsOf('average', () => average({}), { runs: 2 })) await check() // or test(law, check)
 */
export const lawsOf = /* @__PURE__ */ checked(
  { who, takes: ['name', 'make'], options },
  (name: string, make: Make, given: LawOptions = {}): readonly Law[] => {
    const { hyper = {}, runs = 8, seed = 0, steps = 25, extra, config = false, except = {} } = given
    if (typeof name !== 'string' || name === '') throw badArgument(who, 'name', 'a text', name)
    if (typeof make !== 'function') throw badArgument(who, 'make', 'a function that returns a transformation', make)
    if (!isRecord(hyper)) throw badArgument(who, 'hyper', 'a record of numbers', hyper)
    wholeNumber(who, 'runs', runs, 1)
    wholeNumber(who, 'seed', seed, 0)
    wholeNumber(who, 'steps', steps, 1)
    if (extra !== undefined && typeof extra !== 'function')
      throw badArgument(who, 'extra', 'a function of the step', extra)
    if (typeof config !== 'boolean') throw badArgument(who, 'config', 'true or false', config)
    if (!isRecord(except)) throw badArgument(who, 'except', 'a record of reasons by law', except)
    checkExcept(except)
    const samples = given.samples ?? samplesOf(seed, runs)
    if (typeof samples !== 'function')
      throw badArgument(who, 'samples', 'a function (steps, numbers) => samples', samples)
    const subject: Subject = {
      name,
      hyper,
      make: (numbers = hyper) => asTransformation(make(numbers)),
      samples,
      extra: extra ?? (() => undefined),
      steps,
      config,
    }
    subject.make()
    return (Object.entries(laws) as readonly (readonly [LawName, LawDefinition])[])
      .filter(([law, { concerns }]) => except[law] === undefined && (concerns?.(subject) ?? true))
      .map(([law, { says, check }]) => ({
        name: law,
        law: `${name}: ${says}`,
        check: async () => check(subject, what => lawBroken(name, law, what)),
      }))
  },
)
