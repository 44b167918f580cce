/** Configs of optimizers of chains. Codecs are heavy, so a bundle can write configs, and reads them where something brings how. */
import { writeConfig } from '../config/write.js'
import { badArgument } from '../errors.js'
import { noConfigReader } from '../errors/shell.js'
import type { Config } from '../config/json.js'
import type { Program } from '../program/program.js'
import type { Link } from '../transform.js'
import type { AsOptimizerOptions } from './options.js'

/** A chain as JSON; throws, naming the link, where one cannot be written. */
export const writeChain = (who: string, program: Program): Config => {
  const written = writeConfig(who, program)
  if (written._tag === 'Left') throw written.left
  return written.right
}

/** How configs are read: as plain data of bounded size first, and a chain from a part of that; both throw for what is none. */
interface ChainReader {
  readonly record: (who: string, json: unknown) => Readonly<Record<string, unknown>>
  readonly chain: (json: unknown) => Link
}

let reader: ChainReader | null = null

/** Effects: configs of chains can be read from now on. `registerOptimizers`, `tfjs-optax/config` and `-/legacy` call it. */
export const useChainReader = (other: ChainReader): void => {
  reader = other
}

/** What the constructor takes, from a config; `customObjects` is tfjs's addition. */
export const readShellConfig = (
  config: unknown,
): {
  readonly tx: Link
  readonly options: AsOptimizerOptions & Readonly<Record<string, unknown>>
  /** whether the optimizer that was saved applied the constraints of a model */
  readonly constrained: boolean
} => {
  if (reader === null) throw noConfigReader('fromConfig')
  const { tx, constrained = false, customObjects: _, ...options } = reader.record('fromConfig', config)
  if (typeof constrained !== 'boolean') throw badArgument('fromConfig', 'constrained', 'true or false', constrained)
  return { tx: reader.chain(tx), options, constrained }
}
