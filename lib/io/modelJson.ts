/** The `model.json` of tfjs: what of it is needed to find the weights, checked before it is used. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { list, saying, short } from '../errors.js'
import { notAModelFile, weightsDoNotFit } from '../errors/models.js'

type WeightGroup = tf.io.WeightsManifestConfig[number]

/** The bytes of one element; those of a string are told only by the data. */
const sizes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
}

/** A file of weights is beside model.json or below: what comes from outside must not name any other file. */
const isBelow = (path: string): boolean =>
  path !== '' && !path.includes('\0') && !/^([/\\]|[a-z]:)/i.test(path) && !path.split(/[/\\]/).includes('..')

const RelativePath = new t.Type<string>(
  'the path of a file beside it',
  (u): u is string => typeof u === 'string' && isBelow(u),
  (u, context) => (typeof u === 'string' && isBelow(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
)
const Weight = t.type({ name: t.string, shape: t.array(t.Int), dtype: t.string })
const Model = t.type({
  modelTopology: t.UnknownRecord,
  weightsManifest: t.array(t.type({ paths: t.array(RelativePath), weights: t.array(Weight) })),
})

const sayFirst = ([first]: t.Errors): string => {
  const path = first?.context.flatMap(({ key }) => (key === '' ? [] : [key])).join('.') ?? ''
  const got = first?.value === undefined ? 'nothing' : JSON.stringify(first.value)
  return `${short(path)} must be ${first?.context.at(-1)?.type.name ?? ''}, got ${short(got)}`
}

/** The content of `model.json`; throws, naming the file and the first fault. */
export const readModelJson = (who: string, path: string, text: string): tf.io.ModelJSON => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw notAModelFile(who, path, saying(cause))
  }
  const read = Model.decode(json)
  if (E.isLeft(read)) throw notAModelFile(who, path, sayFirst(read.left))
  return json as tf.io.ModelJSON
}

/** Throws unless the files of a group have as many bytes as its weights need. */
export const checkLength = (who: string, path: string, { paths, weights }: WeightGroup, got: number): void => {
  if (weights.some(({ dtype }) => dtype === 'string')) return
  const expected = weights.reduce((sum, weight) => sum + bytesOfWeight(who, path, weight), 0)
  if (got !== expected) throw weightsDoNotFit(who, path, list(paths, 3), got, expected)
}

const bytesOfWeight = (who: string, path: string, weight: WeightGroup['weights'][number]): number => {
  const dtype = weight.quantization?.dtype ?? weight.dtype
  const size = Object.hasOwn(sizes, dtype) ? sizes[dtype] : undefined
  if (size === undefined) throw notAModelFile(who, path, `${short(weight.name)} has dtype ${short(dtype)}`)
  return tf.util.sizeFromShape(weight.shape) * size
}
