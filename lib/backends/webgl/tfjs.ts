/** The parts of tfjs's WebGL backend that we use. */
import * as tf from '@tensorflow/tfjs-core'
import type { PartsOf } from '../partsOf.js'

/** A shader in the form that tfjs takes. */
export interface TfjsProgram {
  readonly variableNames: readonly string[]
  readonly outputShape: readonly number[]
  readonly userCode: string
  readonly customUniforms: readonly {
    readonly name: string
    readonly type: 'float' | 'int' | 'ivec3'
    readonly arrayIndex?: number
  }[]
  readonly packedInputs: true
  readonly packedOutput: true
  readonly enableShapeUniforms: true
}

interface TexData {
  values?: unknown
  texture?: unknown
  texShape?: unknown
  isPacked?: unknown
  usage?: unknown
}

export interface TfjsWebgl {
  readonly texData: {
    readonly get: (dataId: object) => TexData
    readonly delete: (dataId: object) => boolean
  }
  readonly makeTensorInfo: (shape: readonly number[], dtype: 'float32', values?: Float32Array) => tf.TensorInfo
  readonly runWebGLProgram: (
    program: TfjsProgram,
    inputs: readonly tf.TensorInfo[],
    dtype: 'float32',
    uniforms: readonly (readonly number[])[],
    keepPacked: boolean,
  ) => tf.TensorInfo
  readonly disposeIntermediateTensorInfo: (info: tf.TensorInfo) => void
}

export const backend = (): TfjsWebgl => tf.backend() as unknown as TfjsWebgl

/** The most textures that a shader may read. */
export const texturesAtMost = (): number => tf.env().getNumber('WEBGL_MAX_TEXTURES_IN_SHADER')

/** Why plans cannot run on this backend; null if they can. */
export const problem = (): string | null => {
  const { texData, makeTensorInfo, runWebGLProgram, disposeIntermediateTensorInfo } = backend() as PartsOf<TfjsWebgl>
  const functions = [texData?.get, texData?.delete, makeTensorInfo, runWebGLProgram, disposeIntermediateTensorInfo]
  if (!functions.every(part => typeof part === 'function')) return 'this tfjs keeps its textures elsewhere'
  if (tf.env().getNumber('WEBGL_VERSION') < 2) return 'WebGL 2 is needed'
  if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return 'textures hold 16-bit numbers here'
  return null
}

/** Moves the texture of a result to a tensor that has none yet, and deletes the result. */
export const hand = (tfjs: TfjsWebgl, result: tf.TensorInfo, to: tf.Tensor): void => {
  const [from, target] = [tfjs.texData.get(result.dataId), tfjs.texData.get(to.dataId)]
  target.texture = from.texture
  target.texShape = from.texShape
  target.isPacked = from.isPacked
  target.usage = from.usage
  tfjs.texData.delete(result.dataId)
}
