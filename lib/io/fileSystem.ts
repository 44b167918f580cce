/** A handler for tfjs's `model.save` and `loadLayersModel` on the files of this machine, in Node. */
import type * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { loadModel, type ModelPlace } from './loadModel.js'
import { nodeOf, pathOf, type NodeApi } from './node.js'
import { saveModel } from './saveModel.js'

const who = 'fileSystem'

/**
 * A handler for tfjs's `model.save` and `loadLayersModel`: a folder with `model.json` and a file of weights, as tfjs-node
 * and tfjs's converters write them, so that each reads the other's. With the import of `tfjs-optax/node`, a URL
 * `file://…` does the same.
 *
 * `path` is a path or a `file:` URL: that of the folder, which is made if need be, or of the `.json` file in it.
 * `file://./model` is relative to the working directory, as in tfjs-node. Node only (20.16 or later).
 *
 * **Saving** is whole or not at all: the weights get a new file, and then `model.json`, which names it, is replaced in
 * one step; a crash leaves the old model or the new one. After that the old file of weights is removed, if it was of
 * this function or of tfjs-node. The weights are in `weights.bin`, or in `weights-1b2c3d4e.bin` where the old model has
 * that one; what a crash left is removed by a save an hour later. With `{ includeOptimizer: true }` those of the
 * optimizer are there too; call `registerOptimizers()` of `tfjs-optax` before.
 *
 * **Loading** takes any number of files of weights (shards), of graph models too.
 *
 * @throws TypeError if `path` is not a path; as a rejection ValueError for a file that is no model, weights of another
 * length than `model.json` says, or a path that is a device; RuntimeError outside Node; Node's own errors if it cannot
 * read or write.
 * @source tfjs-node `tf.io.fileSystem`, which writes over the old files.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { fileSystem } from 'tfjs-optax/node'
 * const folder = join(tmpdir(), `tfjs-optax-model-${process.pid}`)
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * await model.save(fileSystem(folder)) // or model.save(`file://${folder}`)
 * const copy = await loadLayersModel(`file://${folder}/model.json`)
 */
export const fileSystem = /* @__PURE__ */ checked(
  { who, takes: ['path'] },
  (path: string | URL): Required<tf.io.IOHandler> => {
    const node = nodeOf(who, "tfjs's own handlers, such as indexeddb://")
    const place = placeOf(node, path)
    return {
      save: artifacts => queued(place.json, () => saveModel(node, who, place, artifacts)),
      load: () => loadModel(node, who, place),
    }
  },
)

const placeOf = (node: NodeApi, given: string | URL): ModelPlace => {
  // tfjs-node takes what follows file:// as a path, so that file://./model is one; a real URL begins with three slashes.
  const text = typeof given === 'string' && given.startsWith('file://') ? withoutScheme(given) : given
  const path = pathOf(node, who, text).replace(/(?<=.)[/\\]+$/, '')
  const [json, folder] = path.endsWith('.json')
    ? [path, node.paths.dirname(path)]
    : [`${path}${node.paths.sep}model.json`, path]
  return { json, inFolder: name => `${folder}${node.paths.sep}${name}`, folder }
}

const withoutScheme = (url: string): string => {
  const rest = url.slice('file://'.length)
  return rest.startsWith('/') ? `file://${rest.replace(/[?#]/g, encodeURIComponent)}` : rest
}

const saves = new Map<string, Promise<unknown>>()

/** Saves to one place are done one after the other, since each looks at what the last one left. */
const queued = async <T>(place: string, save: () => Promise<T>): Promise<T> => {
  const before = saves.get(place) ?? Promise.resolve()
  const now = before.then(save, save)
  saves.set(place, now)
  try {
    return await now
  } finally {
    if (saves.get(place) === now) saves.delete(place)
  }
}
