/** The options of the moving average, from a constructor or a config. */
import { either as E } from 'fp-ts'
import { badSettings, unexpectedKeywords } from '../errors.js'
import { nameOf } from '../../errors.js'
import { isRecord } from '../../tree/structure.js'
import type { AverageSettings } from './average.js'
import { flagField, fractionField, nameField, wholeField } from './fields.js'
import { camelCase, readField, type Fields } from './settings.js'

export interface ExponentialMovingAverageSettings extends AverageSettings {
  /** the first part of no name of a weight: averages are called `dense/kernel/average` */
  readonly name: string
  readonly trainableWeightsOnly: boolean
  readonly strict: boolean
}

const fields: Fields<ExponentialMovingAverageSettings> = {
  name: nameField('ExponentialMovingAverage'),
  trainableWeightsOnly: flagField(true),
  averageDecay: fractionField(0.99),
  startStep: wholeField(0),
  dynamicDecay: flagField(true),
  strict: flagField(),
}

/** Throws TypeError for an unknown option, ValueError that lists every other fault. */
export const readAverageOptions = (who: string, options: unknown): ExponentialMovingAverageSettings => {
  if (!isRecord(options)) throw unexpectedKeywords(who, [nameOf(options)], Object.keys(fields))
  const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [camelCase(key), value]))
  const unknown = Object.keys(options).filter(key => !Object.hasOwn(fields, camelCase(key)))
  if (unknown.length > 0) throw unexpectedKeywords(who, unknown, Object.keys(fields))
  const read = Object.entries(fields).map(
    ([key, { fallback }]) =>
      [key, given[key] === undefined ? E.right(fallback) : readField(fields, key, given[key], false)] as const,
  )
  const faults = read.flatMap(([, value]) => (E.isLeft(value) ? [value.left] : []))
  if (faults.length > 0) throw badSettings(who, faults)
  const settings = read.flatMap(([key, value]) => (E.isRight(value) ? [[key, value.right] as const] : []))
  return Object.freeze(Object.fromEntries(settings)) as unknown as ExponentialMovingAverageSettings
}
