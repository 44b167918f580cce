/**
 * Writes a model of tfjs whole or not at all. A model is two files, and no system replaces two at once; so the weights
 * get a name that the old .json file does not use, and the new .json file, which names them, is what makes the change.
 */
import * as tf from '@tensorflow/tfjs-core'
import { notAModelFile } from '../errors/models.js'
import { readJson, type ModelPlace } from './loadModel.js'
import type { NodeApi } from './node.js'
import { replaceFile } from './replace.js'

/** Files of weights that no .json file names and that are older belong to a save that crashed. */
const hour = 3_600_000

export const saveModel = async (
  node: NodeApi,
  who: string,
  place: ModelPlace,
  artifacts: tf.io.ModelArtifacts,
): Promise<tf.io.SaveResult> => {
  const { folder, json, inFolder } = place
  if (artifacts.modelTopology instanceof ArrayBuffer) throw notAModelFile(who, json, 'its topology is binary')
  const { files } = node
  await files.mkdir(folder, { recursive: true })
  const old = await weightsNow(node, who, json)
  const prefix = prefixOf(node, json)
  const name = old.includes(`${prefix}.bin`) ? `${prefix}-${unique()}.bin` : `${prefix}.bin`
  const text = new TextEncoder().encode(`${JSON.stringify(jsonOf(artifacts, name))}\n`)
  await replaceFile(node, who, inFolder(name), async file => {
    for (const part of [artifacts.weightData ?? []].flat()) await file.writeFile(new Uint8Array(part))
  })
  try {
    await replaceFile(node, who, json, file => file.writeFile(text))
  } catch (cause) {
    await files.rm(inFolder(name), { force: true }).catch(() => undefined) // the first failure is the one to report
    throw cause
  }
  await removeOthers(node, place, prefix, { name, old })
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) }
}

const unique = (): string => globalThis.crypto.randomUUID().slice(0, 8)

/** Two models in one folder, `a.json` and `b.json`, have weights of their own. */
const prefixOf = ({ paths }: NodeApi, json: string): string => {
  const stem = json
    .slice(paths.dirname(json).length)
    .replace(/^[/\\]/, '')
    .replace(/\.json$/, '')
  return stem === 'model' ? 'weights' : `${stem}.weights`
}

/** What tfjs-node writes, which browsers load too. */
const jsonOf = (artifacts: tf.io.ModelArtifacts, name: string): Readonly<Record<string, unknown>> => {
  const { weightData: _, getWeightStream: __, weightSpecs = [], ...rest } = artifacts
  return { ...rest, weightsManifest: [{ paths: [name], weights: weightSpecs }] }
}

/** The files of weights of the model that is there now; none if there is no model, or none that can be read. */
const weightsNow = async (node: NodeApi, who: string, json: string): Promise<readonly string[]> => {
  try {
    return (await readJson(node, who, json)).weightsManifest.flatMap(({ paths }) => paths)
  } catch {
    return []
  }
}

interface SavedWeights {
  /** the file of weights that was written */
  readonly name: string
  /** those of the model that was there before */
  readonly old: readonly string[]
}

/** Removes the old weights, and those of saves that crashed. The model has been saved, whatever becomes of these. */
const removeOthers = async (
  { files }: NodeApi,
  { folder, inFolder }: ModelPlace,
  prefix: string,
  { name, old }: SavedWeights,
): Promise<void> => {
  const isUnique = (file: string): boolean =>
    file.startsWith(`${prefix}-`) && /^[0-9a-f]{8}\.bin$/.test(file.slice(prefix.length + 1))
  const found = await files.readdir(folder).catch(() => [])
  for (const file of found.filter(file => file !== name && (file === `${prefix}.bin` || isUnique(file)))) {
    const stats = await files.stat(inFolder(file)).catch(() => undefined)
    const isLeft = isUnique(file) && stats !== undefined && Date.now() - stats.mtimeMs > hour
    if (old.includes(file) || isLeft) await files.rm(inFolder(file), { force: true }).catch(() => undefined)
  }
}
