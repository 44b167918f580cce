/** The moving average of variables: its rule, its state, and the update of the state after a step. */
import * as tf from '@tensorflow/tfjs-core'
import { checkArguments } from '../../call/checked.js'
import { ourElementwise } from '../../elementwise.js'
import { mul, sub } from '../../rule/expr.js'
import type { Program } from '../../program/program.js'
import { updateTensors } from '../../run.js'
import { atIterations, namesOf, slotsOf, type Book } from '../../shell/book.js'
import { slotList } from '../../shell/weights.js'
import { flagField, fractionField, nameField, namesIn, wholeField, type SettingsOf } from './fields.js'
import { checkOptimizer } from './inner.js'
import { readSettings } from './settings.js'

export const averageFields = {
  /** the name in configs, default 'ExponentialMovingAverage' */
  name: nameField('ExponentialMovingAverage'),
  /** whether only the trainable weights of a model have averages, default true */
  trainableWeightsOnly: flagField(true),
  /** weight of the past in the averages, in [0, 1), default 0.99 */
  averageDecay: fractionField(0.99),
  /** the steps before the averages begin, a whole number, default 0 */
  startStep: wholeField(0),
  /** whether the weight of the past is smaller in the first steps, default true */
  dynamicDecay: flagField(true),
  /** whether to have the limits of upstream, default false */
  strict: flagField(false),
}

/**
 * Settings of `ExponentialMovingAverage`. `name` is not part of weight names: averages are called `dense/kernel/average`.
 *
 * @interface
 */
export type ExponentialMovingAverageSettings = SettingsOf<typeof averageFields>

/** What a call of the constructor means; throws where it does not fit. */
export const readAverageCall = (who: string, args: readonly unknown[]) => {
  const options = checkArguments({ who, takes: ['optimizer'], options: namesIn(averageFields) }, args)
  return { optimizer: checkOptimizer(who, args[0]), settings: readSettings(who, averageFields, options) }
}

type AverageSettings = Pick<ExponentialMovingAverageSettings, 'averageDecay' | 'startStep' | 'dynamicDecay'>

const { fround } = Math

/** The weight of the past after `step` steps, in float32. */
const decayAt = ({ averageDecay, startStep, dynamicDecay }: AverageSettings, step: number): number => {
  const [most, seen] = [fround(averageDecay), step - startStep]
  if (seen < 0) return 0
  return dynamicDecay ? Math.min(most, fround((1 + seen) / (10 + seen))) : most
}

/** `average = average - (average - u) (1 - decay)`, where `u` is the variable itself. */
export const averageProgram = (settings: AverageSettings): Program =>
  ourElementwise({
    name: 'average',
    slots: { average: 0 },
    scalars: step => ({ fresh: fround(1 - decayAt(settings, step)) }),
    step: ({ u, average }, { fresh }) => ({ u, average: sub(average, mul(sub(average, u), fresh)) }),
  }).program

/** The averages after step `iterations`; disposed variables sit out. The slots stay the same Variables. */
export const averaged = (program: Program, given: Book, iterations: number): Book => {
  const names = namesOf(given.variables)
  const book = atIterations(program, given, iterations - 1)
  tf.tidy(() => {
    const updates = Object.fromEntries(book.variables.map(v => [v.name, v.isDisposed ? null : v]))
    const request = { who: 'ExponentialMovingAverage', updates, state: book.state, params: undefined, extra: undefined }
    const [, state] = updateTensors(program, request)
    const next = new Map(slotsOf(program, state, names).map(({ variable, tensor }) => [variable, tensor]))
    averagesOf(program, book).forEach(({ variable, average }) => {
      const value = next.get(variable.name)
      if (value !== undefined && !variable.isDisposed) average.assign(value)
    })
  })
  return atIterations(program, book, iterations)
}

/** Variables with the Variables of their averages, in the order in which they joined. */
export const averagesOf = (program: Program, book: Book) => {
  const held = new Map(book.variables.map(variable => [variable.name, variable]))
  return slotList(program, book).flatMap(({ variable, tensor }) => {
    const found = held.get(variable)
    return found === undefined ? [] : [{ variable: found, average: tensor as tf.Variable }]
  })
}
