/** Importing this file enables `TransformOptimizer.fromConfig`. */
import { either as E } from 'fp-ts'
import { admitRecord } from '../config/admit.js'
import { useChainReader } from '../shell/chainConfig.js'
import { transformFromConfig } from './config.js'

const orThrow: <X>(read: E.Either<Error, X>) => X = E.getOrElseW(error => {
  throw error
})

/** Effects: enables reading configs of chains. Importing this file does so too, unless a bundler drops the import. */
export const loadChainReader = (): void => {
  useChainReader({ record: admitRecord, chain: json => orThrow(transformFromConfig(json)) })
}
loadChainReader()
