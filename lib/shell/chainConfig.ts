/** Configs of chains. What reads and writes them is heavy, so a bundle has it only where something brings it. */
import { badArgument } from '../errors.js'
import { noConfigs } from '../errors/shell.js'
import type { Config } from '../config/json.js'
import type { Program } from '../program/program.js'
import type { Link } from '../transform.js'
import type { AsOptimizerOptions } from './options.js'

/** Chains as JSON and back; both throw for what cannot be. */
export interface ChainConfigs {
  readonly write: (program: Program) => Config
  readonly read: (json: unknown) => Link
  /** the config as plain data of bounded size, which must be a record */
  readonly admit: (who: string, config: unknown) => Readonly<Record<string, unknown>>
}

let known: ChainConfigs | null = null

/** Makes configs known; `tfjs-optax/config`, `tfjs-optax/legacy` and `registerOptimizers` do. */
export const useChainConfigs = (configs: ChainConfigs): void => {
  known = configs
}

export const chainConfigs = (who: string): ChainConfigs => {
  if (known === null) throw noConfigs(who)
  return known
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
  const { admit, read } = chainConfigs('fromConfig')
  const { tx, constrained = false, customObjects: _, ...options } = admit('fromConfig', config)
  if (typeof constrained !== 'boolean') throw badArgument('fromConfig', 'constrained', 'true or false', constrained)
  return { tx: read(tx), options, constrained }
}
