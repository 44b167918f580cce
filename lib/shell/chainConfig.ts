/**
 * Configs of optimizers of chains. The codecs that read them are large, so a bundle contains them only if it imports
 * them.
 */
import { writeConfig } from '../config/write.js'
import { badArgument } from '../errors.js'
import { noConfigReader } from '../errors/shell.js'
import type { Config } from '../config/json.js'
import type { Program } from '../program/program.js'
import type { Link } from '../transform.js'
import type { AsOptimizerOptions } from './options.js'

/** A chain as JSON; throws, naming the link, if one cannot be written. */
export const writeChain = (who: string, program: Program): Config => {
  const written = writeConfig(who, program)
  if (written._tag === 'Left') throw written.left
  return written.right
}

/** Reads configs: `record` copies one as plain data of bounded size, `chain` makes a chain from a part of it. */
interface ChainReader {
  readonly record: (who: string, json: unknown) => Readonly<Record<string, unknown>>
  readonly chain: (json: unknown) => Link
}

let reader: ChainReader | null = null

/**
 * Effects: sets the reader. Called by `registerOptimizers`, and by importing `tfjs-optax/config` or
 * `tfjs-optax/legacy`.
 */
export const useChainReader = (other: ChainReader): void => {
  reader = other
}

/** The arguments of the constructor from a config; tfjs adds `customObjects` to it. */
export const readShellConfig = (
  config: unknown,
): {
  readonly tx: Link
  readonly options: AsOptimizerOptions & Readonly<Record<string, unknown>>
  /** whether the saved optimizer applied the constraints of a model */
  readonly constrained: boolean
} => {
  if (reader === null) throw noConfigReader('fromConfig')
  const { tx, constrained = false, customObjects: _, ...options } = reader.record('fromConfig', config)
  if (typeof constrained !== 'boolean') throw badArgument('fromConfig', 'constrained', 'true or false', constrained)
  return { tx: reader.chain(tx), options, constrained }
}
