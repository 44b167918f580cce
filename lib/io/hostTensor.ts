/** Numbers, booleans and strings as scalar tensors, and back. */
import * as tf from '@tensorflow/tfjs-core'
import { badFile, nameOf, short } from '../errors.js'
import { hostText, parseHost, printHost, type Host } from './text.js'

/** A number, boolean or string as a scalar tensor; numbers that are not int32 become strings, to stay exact. */
export const scalarOf = (host: Host): tf.Tensor => {
  if (typeof host === 'boolean') return tf.scalar(host, 'bool')
  return Object.is(host, Number(host) | 0) ? tf.scalar(host, 'int32') : tf.scalar(printHost(host), 'string')
}

/** Whether a tensor may have been made by `scalarOf`. */
export const isHostTensor = ({ rank, dtype }: tf.Tensor): boolean =>
  rank === 0 && ['int32', 'bool', 'string'].includes(dtype)

/** The number, boolean or string that the value of such a scalar stands for. */
export const hostOf = (who: string, name: string, dtype: tf.DataType, value: number | string | undefined): Host => {
  if (typeof value === 'number') return dtype === 'bool' ? value !== 0 : value
  const host = parseHost(value ?? '')
  if (host === undefined) throw badFile(who, `${short(name)} must be ${hostText}, got ${nameOf(value)}`)
  return host
}
