/** Trees in files, in Node. No module of Node's is imported, so that bundles for browsers stay whole. */
import { needsNode } from '../errors.js'
import { decodeTree, type LoadOptions } from './read.js'
import { encodeTree, type SaveOptions } from './write.js'

interface FileHandle {
  writeFile(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** What of `node:fs/promises` is used. */
interface Files {
  open(path: string, flags: string): Promise<FileHandle>
  readFile(path: string): Promise<Uint8Array>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { readonly force: boolean }): Promise<void>
}

interface WithProcess {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

const filesOf = (who: string, instead: string): Files => {
  const files = (globalThis as WithProcess).process?.getBuiltinModule?.('node:fs/promises')
  if (files === undefined) throw needsNode(who, instead)
  return files as Files
}

/**
 * Writes a tree to a safetensors file, whole or not at all; see `toSafetensors` for what it holds and the
 * options.
 *
 * The bytes go to a file beside `path`, are flushed to the disk, and take its name at once: a crash leaves the old file
 * or the new one, and a failure leaves the old one and removes the other. Node only (20.16 or later).
 *
 * @throws (as a rejection) as `toSafetensors`; RuntimeError outside Node; what Node throws where it cannot write.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { adamw, loadTree, saveTree } from 'tfjs-optax'
 * const params = { w: tf.zeros([2]) }
 * const state = adamw(1e-3).init(params)
 * const path = join(tmpdir(), `tfjs-optax-${process.pid}.safetensors`)
 * await saveTree(path, { params, state }, { metadata: { epoch: '1' } })
 * const saved = await loadTree(path, { params, state })
 */
export const saveTree = async (path: string, tree: unknown, options: SaveOptions = {}): Promise<void> => {
  const files = filesOf('saveTree', 'toSafetensors')
  const bytes = await encodeTree('saveTree', tree, options)
  const temporary = `${path}.${globalThis.crypto.randomUUID()}.tmp`
  try {
    await write(files, temporary, bytes)
    await files.rename(temporary, path)
  } catch (cause) {
    await files.rm(temporary, { force: true }).catch(() => undefined) // the first failure is the one to tell
    throw cause
  }
}

const write = async (files: Files, path: string, bytes: Uint8Array): Promise<void> => {
  const handle = await files.open(path, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Reads the tree of a safetensors file, with the structure of `like`; see `fromSafetensors`, whose options
 * it takes.
 *
 * @throws (as a rejection) as `fromSafetensors`, naming the file; RuntimeError outside Node; what Node throws where it
 * cannot read.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { loadTree, saveTree } from 'tfjs-optax'
 * const path = join(tmpdir(), `tfjs-optax-params-${process.pid}.safetensors`)
 * await saveTree(path, { w: tf.tensor1d([1, 2]) })
 * const { w } = await loadTree(path, { w: tf.zeros([2]) })
 * // w is [1, 2]
 */
export const loadTree = async <T>(path: string, like: T, options: LoadOptions = {}): Promise<T> => {
  const bytes = await filesOf('loadTree', 'fromSafetensors').readFile(path)
  return decodeTree(`loadTree ${path}`, bytes, like, options)
}
