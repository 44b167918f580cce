import { checked } from '../call/checked.js'
import { hyperStateWrong } from '../errors/hyper.js'
import { makeChoices } from '../program/choose.js'
import { linksIn, numbersOf, withHyper } from '../program/fold.js'
import { refuseGather } from '../program/gathers.js'
import type { Arm, Layout, Nest, Program } from '../program/program.js'
import { recordOf } from '../program/record.js'
import { isRecord } from '../tree/structure.js'
import { seal } from '../tree/freeze.js'
import {
  fromProgram,
  programOf,
  type GradientTransformation,
  type Link,
  type StateIn,
  type StateOf,
} from '../transform.js'

/** The state of `injectHyperparams`. */
export interface InjectedState<T> extends StateOf {
  readonly State: Injected<StateIn<T, this['Params']>>
}
/** The state of `injectHyperparams`. */
export interface Injected<S> {
  /** the numbers that the next step uses, by the names of the hyperparameters */
  readonly hyperparams: Readonly<Record<string, number>>
  readonly innerState: S
}

/**
 * Puts the numbers among the hyperparameters of `inner` into the state, where they can be read, edited and saved. A step
 * uses the numbers that it finds there. Schedules and hyperparameters by path stay what they are, since they are numbers
 * of the count and the leaf; so do numbers that links of one name do not share.
 *
 * State: `hyperparams`, a record of numbers; `innerState`.
 *
 * @throws TypeError if `inner` is not a transformation; ValueError in a step if a number is missing or out of range.
 * @source optax `inject_hyperparams`, which wraps a factory. Here every hyperparameter is a number that `setHyper` can
 * change already; this is for training loops that keep all that changes in the state.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { editState, injectHyperparams, sgd } from 'tfjs-optax'
 * const tx = injectHyperparams(sgd(0.1))
 * const state = editState(tx.init({ w: tf.zeros([2]) }), draft => {
 *   draft.hyperparams['learningRate'] = 0.01
 * })
 * // state.hyperparams is {"learningRate":0.01}
 */
export const injectHyperparams = /* @__PURE__ */ checked(
  { who: 'injectHyperparams', takes: ['inner'] },
  <T extends Link>(inner: T): GradientTransformation<InjectedState<T>> =>
    fromProgram(injected(refuseGather('injectHyperparams', programOf('injectHyperparams', 'inner', inner)))),
)

/** The hyperparameters that have one number in all links. */
const numbersIn = (program: Program): Readonly<Record<string, number>> => {
  const found = new Map<string, unknown>()
  for (const link of linksIn(program))
    for (const [name, { value }] of Object.entries(numbersOf(link)?.hyper ?? {}))
      found.set(name, !found.has(name) || found.get(name) === value ? value : null)
  return Object.fromEntries([...found].flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])))
}

const injected = (inner: Program): Nest => {
  const first = seal(numbersIn(inner))
  const recordIn = (state: unknown, where: string): Readonly<Record<keyof Injected<unknown>, unknown>> =>
    recordOf('injectHyperparams', ['hyperparams', 'innerState'], state, where)
  const numbersAt = (state: unknown, where: string): Injected<unknown>['hyperparams'] => {
    const { hyperparams } = recordIn(state, where)
    const names = Object.keys(first)
    if (!isRecord(hyperparams) || names.some(name => typeof hyperparams[name] !== 'number'))
      throw hyperStateWrong('injectHyperparams', `${where}.hyperparams`, names, hyperparams)
    return hyperparams as Injected<unknown>['hyperparams']
  }
  const layout: Layout = {
    first: ([innerState]) => seal({ hyperparams: first, innerState }),
    // The numbers may be those of other hyperparameters until `renew` has replaced them.
    split: (state, where) => [recordIn(state, where).innerState],
    join: ([innerState], before) => seal({ hyperparams: (before as Injected<unknown>).hyperparams, innerState }),
    key: () => 'innerState',
    own: [],
  }
  const nest = (parts: readonly Program[]): Nest => ({
    kind: 'nest',
    type: 'injectHyperparams',
    parts,
    mask: null,
    layout,
    around: nest,
    args: { inner: parts[0] },
    title: 'injectHyperparams',
  })
  const names = Object.keys(first)
  // The last program is kept, since mostly a step has the numbers of the one before.
  let last = { numbers: first, arm: armOf(nest([inner])) }
  const pick = (state: unknown, where: string): NestArm => {
    const hyperparams = numbersAt(state, where)
    if (names.some(name => hyperparams[name] !== last.numbers[name])) {
      const numbers = Object.fromEntries(names.map(name => [name, hyperparams[name] ?? NaN]))
      last = { numbers, arm: armOf(nest([withHyper(inner, numbers)])) }
    }
    return last.arm
  }
  return {
    ...nest([inner]),
    around: ([other = inner]) => injected(other),
    kept: {
      parts: (state, where) => pick(state, where).program.parts,
      renew: state => seal({ ...(state as Injected<unknown>), hyperparams: first }),
    },
    choice: { resolve: makeChoices, arms: [last.arm], pick: (state, _extra, where) => pick(state, where) },
  }
}

interface NestArm extends Arm {
  readonly program: Nest
}

const armOf = (program: Nest): NestArm => ({ when: 'with the numbers of the state', program })
