/** Importing this file lets optimizers of chains write and read their configs. */
import { either as E } from 'fp-ts'
import { admitRecord } from '../config/admit.js'
import { useChainConfigs } from '../shell/chainConfig.js'
import { fromProgram } from '../transform.js'
import { configOf, transformFromConfig } from './config.js'

const orThrow: <X>(read: E.Either<Error, X>) => X = E.getOrElseW(error => {
  throw error
})

/** Makes them known; this happens once by itself, as far as no bundler leaves it out. */
export const loadChainConfigs = (): void => {
  useChainConfigs({
    write: program => orThrow(configOf(fromProgram(program))),
    read: json => orThrow(transformFromConfig(json)),
    admit: admitRecord,
  })
}
loadChainConfigs()
