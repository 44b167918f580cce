/** Saves trees to files and loads them, in Node. */
import { checkedAsync } from '../call/checked.js'
import { badFile } from '../errors.js'
import { notAFile } from '../errors/files.js'
import { allocate } from './allocate.js'
import { bytesOf, writeValues, type Bytes, type StoredDtype, type StoredValues } from './dtypes.js'
import { headerLength, readHeader } from './header.js'
import { nodeOf, pathOf, type FileHandle, type NodeApi } from './node.js'
import { matchTree, valid, loadOptions, type LoadOptions } from './read.js'
import { kindOf, replaceFile } from './replace.js'
import { holdTree, saveOptions, type SaveOptions } from './write.js'
import { whileAlive } from '../tree/loss.js'

/** How many bytes are read or written at once. */
const chunk = 2 ** 26

/**
 * Writes a tree to a safetensors file, whole or not at all; see `toSafetensors` for the content and the options.
 *
 * The bytes go to a temporary file beside `path`, are flushed to the disk, and then replace `path` in one step: a crash
 * leaves the old file or the new one, and the next save into that folder removes the temporary file. A failure changes
 * nothing. Tensors are read and written one after the other, so a file may be larger than the free memory.
 *
 * `path` is a path or a `file:` URL. An existing file keeps its mode and, if the system allows it, its owner; a
 * read-only file is not replaced. A symbolic link stays, and its target is written. If a file has several names (hard
 * links), only this one gets the new content. Node only (20.16 or later).
 *
 * @throws (as a rejection) as `toSafetensors`; TypeError if `path` is not a path; ValueError if it is a folder or a
 * device; RuntimeError outside Node; Node's own errors if it cannot write.
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
export const saveTree = /* @__PURE__ */ checkedAsync(
  { who: 'saveTree', takes: ['path', 'tree'], options: saveOptions },
  async (path: string | URL, tree: unknown, options: SaveOptions = {}): Promise<void> => {
    const who = 'saveTree'
    const node = nodeOf(who, 'toSafetensors')
    const target = pathOf(node, who, path)
    const { header, places, release } = holdTree(who, tree, options)
    try {
      await replaceFile(node, who, target, async file => {
        await file.writeFile(header)
        for (const { tensor, dtype } of places)
          await writeTensor(file, dtype, await whileAlive(who, () => tensor.data<StoredDtype>()))
      })
    } finally {
      release()
    }
  },
)

/** Writes a tensor part by part, so that a large one is never copied as a whole. */
const writeTensor = async (file: FileHandle, dtype: StoredDtype, values: StoredValues): Promise<void> => {
  const size = bytesOf(dtype)
  for (let at = 0; at < values.length; at += chunk / size) {
    const part = values.subarray(at, at + chunk / size)
    const bytes = new Uint8Array(part.length * size)
    writeValues(bytes, dtype, part)
    await file.writeFile(bytes)
  }
}

/**
 * Reads the tree of a safetensors file, with the structure of `like`; the options are those of `fromSafetensors`.
 * `path` is a path or a `file:` URL.
 *
 * The header is read first and compared with `like`, so a wrong file is refused at once; then each tensor is read by
 * itself, so files of any size can be loaded.
 *
 * @throws (as a rejection) as `fromSafetensors`, naming the file; TypeError if `path` is not a path; ValueError if it
 * is a folder or a device; RuntimeError outside Node; Node's own errors if it cannot read.
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
export const loadTree = /* @__PURE__ */ checkedAsync(
  { who: 'loadTree', takes: ['path', 'like'], options: loadOptions },
  async <T>(path: string | URL, like: T, options: LoadOptions = {}): Promise<T> => {
    const node = nodeOf('loadTree', 'fromSafetensors')
    const from = pathOf(node, 'loadTree', path)
    const who = `loadTree ${String(path)}`
    const file = await openFile(node, 'loadTree', from)
    try {
      const { size } = await file.stat()
      const length = valid(who, headerLength(await read(who, file, 0, Math.min(8, size)), size))
      const header = valid(who, readHeader(await read(who, file, 8, length), size - 8 - length))
      const { tensors, make } = matchTree(who, header, like, options)
      const data = new Map<string, Bytes>()
      for (const { name, shape, begin, end } of header.entries)
        // A number of the tree may be a tensor without axes in the file; one with axes is refused without its data.
        if (tensors.has(name) || shape.length === 0)
          data.set(name, await read(who, file, 8 + length + begin, end - begin))
      return make(({ name }) => data.get(name) ?? new Uint8Array())
    } finally {
      await file.close()
    }
  },
)

/** Opens regular files only: reading a pipe might wait for ever, and a device might never end. */
const openFile = async ({ files }: NodeApi, who: string, path: string): Promise<FileHandle> => {
  const stats = await files.stat(path)
  if (!stats.isFile()) throw notAFile(who, path, kindOf(stats))
  return files.open(path, 'r')
}

/** Reads `length` bytes from a place in a file; the system may return fewer at a time. */
const read = async (who: string, file: FileHandle, from: number, length: number): Promise<Bytes> => {
  const bytes = allocate(who, 'a part of the file', length)
  let at = 0
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, Math.min(chunk, length - at), from + at)
    if (bytesRead === 0) throw badFile(who, `it is cut short: expected ${from + length} bytes, got ${from + at}`)
    at += bytesRead
  }
  return bytes
}
