/** Reads a model of tfjs: its .json file, and the files of weights that it names. */
import * as tf from '@tensorflow/tfjs-core'
import { notAFile } from '../errors/files.js'
import { notAModelFile, noWeightsFile } from '../errors/models.js'
import { allocate } from './allocate.js'
import type { Bytes } from './dtypes.js'
import { checkLength, readModelJson } from './modelJson.js'
import { codeOf, type NodeApi } from './node.js'
import { kindOf } from './replace.js'

/** Where a model is: its folder, its .json file therein, and the path of any other file there. */
export interface ModelPlace {
  readonly folder: string
  readonly json: string
  readonly inFolder: (name: string) => string
}

export const readJson = async (node: NodeApi, who: string, json: string): Promise<tf.io.ModelJSON> =>
  readModelJson(who, json, new TextDecoder().decode(await readFile(node, who, json)))

export const loadModel = async (node: NodeApi, who: string, place: ModelPlace): Promise<tf.io.ModelArtifacts> => {
  const model = await readJson(node, who, place.json)
  try {
    return await withWeights(node, who, place, model)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
    // Another process may have saved in between: then the .json file names other weights by now.
    const again = await readJson(node, who, place.json)
    if (JSON.stringify(again.weightsManifest) === JSON.stringify(model.weightsManifest))
      throw noWeightsFile(who, place.json, cause)
    return withWeights(node, who, place, again)
  }
}

const withWeights = (node: NodeApi, who: string, { json, inFolder }: ModelPlace, model: tf.io.ModelJSON) =>
  tf.io.getModelArtifactsForJSON(model, async manifest => {
    const data: ArrayBuffer[] = []
    for (const group of manifest) {
      const before = data.length
      for (const name of group.paths) data.push((await readFile(node, who, inFolder(name))).buffer)
      const length = data.slice(before).reduce((sum, { byteLength }) => sum + byteLength, 0)
      checkLength(who, json, group, length)
    }
    return [manifest.flatMap(({ weights }) => weights), data]
  })

/** Regular files only: reading a pipe might wait for ever. */
const readFile = async ({ files }: NodeApi, who: string, path: string): Promise<Bytes> => {
  const stats = await files.stat(path)
  if (!stats.isFile()) throw notAFile(who, path, kindOf(stats))
  const file = await files.open(path, 'r')
  try {
    const { size } = await file.stat()
    const bytes = allocate(who, path, size)
    let at = 0
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, Math.min(2 ** 26, size - at), at)
      if (bytesRead === 0) throw notAModelFile(who, path, 'it became shorter while it was read')
      at += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}
