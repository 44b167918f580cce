/** Errors about the files of tfjs models. */
import { cut, RuntimeError, saying, ValueError } from '../errors.js'

export const notAModelFile = (who: string, path: string, why: string): ValueError =>
  new ValueError(`${who}: ${path} is not a model of tfjs: ${cut(why, 1000)}`)
export const noWeightsFile = (who: string, path: string, cause: unknown): RuntimeError =>
  new RuntimeError(`${who}: a file of weights that ${path} names is missing (${saying(cause)})`, { cause })
export const weightsDoNotFit = (who: string, path: string, names: string, got: number, expected: number): ValueError =>
  new ValueError(`${who}: ${path} says that ${names} must have ${expected} bytes, got ${got}`)
