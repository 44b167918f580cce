/**
 * Checks each call of a public function against its signature. TypeScript does so for its users; in plain JavaScript
 * `adam(2e-4, 0.5, 0.999)` would otherwise ignore two of its numbers without a word.
 */
import { unknownOptions, wrongCall } from '../errors/call.js'
import { isRecord } from './record.js'
import type { Signature } from './signature.js'

/** An unknown name as an error shows it. */
export type Hint = (name: string, signature: Signature) => string

let hint: Hint = name => name

/** Effect: errors about unknown names show them so from now on. */
export const useHints = (other: Hint): void => {
  hint = other
}

/** The signature for messages: `(learningRate, {b1, b2})`. */
const textOf = ({ takes, options }: Signature): string =>
  `(${[...takes, ...(options ? [`{${Object.keys(options).join(', ')}}`] : [])].join(', ')})`

/** Throws an error for unknown names, which lists the known ones. */
export const refuseNames = (signature: Signature, names: readonly string[]): void => {
  if (names.length === 0) return
  const hints = names.map(name => hint(name, signature))
  throw unknownOptions(signature.who, hints, textOf(signature))
}

/** The options of a call; throws for surplus arguments, and if they are not a record. */
export const checkArguments = (signature: Signature, args: readonly unknown[]): Readonly<Record<string, unknown>> => {
  const { who, takes, options } = signature
  const behind = args.length - takes.length
  const { [takes.length]: given = {} } = args
  if (behind > 1 || (behind === 1 && !options) || !isRecord(given)) throw wrongCall(who, textOf(signature), args)
  return given
}

/** Throws for surplus arguments, for options that are not a record, and for unknown options. */
export const checkCall = (signature: Signature, args: readonly unknown[]): void => {
  const given = checkArguments(signature, args)
  const { options = {} } = signature
  refuseNames(
    signature,
    Object.keys(given).filter(name => !Object.hasOwn(options, name)),
  )
}

/** The function with a check before each call. */
export const checked = <F extends (...args: never[]) => unknown>(signature: Signature, run: F): F => {
  // A property gives the function its name, which stack traces show.
  const named = {
    [signature.who]: (...args: Parameters<F>) => {
      checkCall(signature, args)
      return run(...args)
    },
  }
  return named[signature.who] as F
}

/** `checked` for a function that returns a promise: a wrong call rejects. */
export const checkedAsync = <F extends (...args: never[]) => Promise<unknown>>(signature: Signature, run: F): F => {
  const { who } = signature
  const call = checked(signature, run)
  return { [who]: async (...args: Parameters<F>) => call(...args) }[who] as F
}
