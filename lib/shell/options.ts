import { checkCall } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'

/** Options of `asOptimizer`. */
export interface AsOptimizerOptions {
  /** the prefix of the names of its weights, without `/`; default `TransformOptimizer` */
  readonly name?: string
  /** whether each step records `lastStep`, which costs one more pass over the gradients; default false */
  readonly lastStep?: boolean
}

export const asOptimizerOptions: Names<AsOptimizerOptions> = { name: '', lastStep: '' }

/** The options with their defaults; throws for an unknown option or one of a wrong type. */
export const readOptions = (
  who: string,
  className: string,
  options: AsOptimizerOptions,
): Required<AsOptimizerOptions> => {
  checkCall({ who, takes: [], options: asOptimizerOptions }, [options])
  const { name = className, lastStep = false } = options
  if (typeof name !== 'string' || !/^[^/]+$/.test(name))
    throw badArgument(who, 'name', 'a string that is not empty and has no /', name)
  if (typeof lastStep !== 'boolean') throw badArgument(who, 'lastStep', 'true or false', lastStep)
  return { name, lastStep }
}
