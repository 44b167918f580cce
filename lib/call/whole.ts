import { badArgument } from '../errors.js'

/** Throws in the name of `who` unless `value` is a whole number from `least` on. */
export const wholeNumber = (who: string, name: string, value: unknown, least: number): void => {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw badArgument(who, name, `a whole number from ${least} on`, value)
}
