/** The config of a shell: its name, and its chain as JSON. */
import { either as E, function as F } from 'fp-ts'
import { badArgument } from '../../errors.js'
import type { Program } from '../../program/program.js'
import { isRecord } from '../../tree/structure.js'
import { fromProgram, type Link } from '../../transform.js'
import { configOf, transformFromConfig } from '../config.js'
import type { AsOptimizerOptions } from './options.js'

const orThrow: <X>(either: E.Either<Error, X>) => X = E.getOrElseW(error => {
  throw error
})

export const programToConfig = (program: Program) => orThrow(configOf(fromProgram(program)))

/** What the constructor takes, from a config; `customObjects` is tfjs's addition. */
export const readShellConfig = (
  config: unknown,
): { readonly tx: Link; readonly options: AsOptimizerOptions & Readonly<Record<string, unknown>> } => {
  if (!isRecord(config)) throw badArgument('fromConfig', 'config', 'a record {name, tx}', config)
  const { tx, customObjects: _, ...options } = config
  return F.pipe(transformFromConfig(tx), orThrow, link => ({ tx: link, options }))
}
