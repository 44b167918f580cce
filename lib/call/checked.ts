/**
 * The check of every call of a public function against what it takes. TypeScript says the same to its users; others call
 * `adam(2e-4, 0.5, 0.999)`, which without this would ignore two of three numbers.
 */
import { unknownOptions, wrongCall } from '../errors/call.js'
import { isRecord } from './record.js'
import type { Signature } from './signature.js'
import { nearest } from './spelling.js'

/** `(learningRate, {b1, b2})` */
const textOf = ({ takes, options }: Signature): string =>
  `(${[...takes, ...(options ? [`{${Object.keys(options).join(', ')}}`] : [])].join(', ')})`

/** Throws an error that says of each unknown name what may be meant by it, arguments or options. */
export const refuseNames = (signature: Signature, names: readonly string[]): void => {
  if (names.length === 0) return
  const { who, takes, options } = signature
  const known = { ...Object.fromEntries(takes.map(name => [name, name === 'learningRate' ? 'lr' : ''])), ...options }
  const hints = names.map(name => {
    const near = nearest(name, known).join(' or ')
    return near === '' ? name : `${name} (did you mean ${near}?)`
  })
  throw unknownOptions(who, hints, textOf(signature))
}

/** Throws for surplus arguments, for options that are no record, and for unknown ones. */
export const checkCall = (signature: Signature, args: readonly unknown[]): void => {
  const { who, takes, options } = signature
  const behind = args.length - takes.length
  if (behind <= 0) return
  const { [takes.length]: given = {} } = args
  if (behind > 1 || !options || !isRecord(given)) throw wrongCall(who, textOf(signature), args)
  refuseNames(
    signature,
    Object.keys(given).filter(name => !Object.hasOwn(options, name)),
  )
}

/** The function, with each call checked before it runs. */
export const checked = <F extends (...args: never[]) => unknown>(signature: Signature, run: F): F => {
  // as a property it has the name of the function, which stack traces show
  const named = {
    [signature.who]: (...args: Parameters<F>) => {
      checkCall(signature, args)
      return run(...args)
    },
  }
  return named[signature.who] as F
}

/** The same for a function that gives a promise: it rejects where a call does not fit. */
export const checkedAsync = <F extends (...args: never[]) => Promise<unknown>>(signature: Signature, run: F): F => {
  const { who } = signature
  const call = checked(signature, run)
  return { [who]: async (...args: Parameters<F>) => call(...args) }[who] as F
}
