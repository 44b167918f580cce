/** Importing this file lets optimizers of chains be made from their configs. */
import { either as E } from 'fp-ts'
import { admitRecord } from '../config/admit.js'
import { useChainReader } from '../shell/chainConfig.js'
import { transformFromConfig } from './config.js'

const orThrow: <X>(read: E.Either<Error, X>) => X = E.getOrElseW(error => {
  throw error
})

/** Effects: configs of chains can be read; importing the file does it too, as far as no bundler leaves that out. */
export const loadChainReader = (): void => {
  useChainReader({ record: admitRecord, chain: json => orThrow(transformFromConfig(json)) })
}
loadChainReader()
