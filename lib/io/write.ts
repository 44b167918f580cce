/** Writes trees as the bytes of a safetensors file. */
import * as tf from '@tensorflow/tfjs-core'
import { checkedAsync } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, short, takenName } from '../errors.js'
import { requireValues } from '../tree/alive.js'
import { whileAlive } from '../tree/loss.js'
import { requireBackend, share } from '../tree/ownership.js'
import { isRecord } from '../tree/structure.js'
import { isTensor } from '../tree/tensors.js'
import { allocate } from './allocate.js'
import { writeValues, type Bytes, type StoredDtype } from './dtypes.js'
import { HostText } from './host.js'
import { checkText, encodeHeader, layOut, type StoredTensor } from './layout.js'
import { storedLeaves } from './leaves.js'
import type { Rename } from './rename.js'

/** The user's texts in a file beside the tree. */
export type FileMetadata = Readonly<Record<string, string>>

/** How a tree is written. */
export interface SaveOptions {
  /** the name in the file for each path, default the path itself */
  readonly rename?: Rename
  /** texts beside the tree, default none */
  readonly metadata?: FileMetadata
}

export const saveOptions: Names<SaveOptions> = { rename: '', metadata: '' }

/** The metadata key that lists the names of leaves, to tell them from the user's own keys. */
export const hostsKey = '__host__'

/**
 * A parameter or state tree as the bytes of a safetensors file, which Python's `safetensors` reads.
 *
 * Each tensor is stored under its path, such as `0.mu.dense.kernel`, or the name that `rename` gives; a tree that is a
 * single leaf is named `value`. Numbers, booleans and strings (a state's `count`) are stored as metadata under their
 * names, as JSON or NaN, Infinity, -Infinity, and come back exactly; `__host__` lists them. Null leaves are not stored.
 * The values are those at the time of the call: later steps, donated ones too, do not change what is written.
 *
 * Options: `rename`, default the path itself (see `Rename`: null is not written, equal numbers may share a name);
 * `metadata`, texts beside the tree, default none.
 *
 * @throws (as a rejection) TypeError for any other kind of leaf, a dtype other than float32, int32 or bool, or an
 * unknown option; ValueError if two leaves have one name or a key of `metadata` is a leaf's name; RuntimeError for a
 * disposed leaf.
 * @source The format section of the README of huggingface/safetensors; bytes laid out as its own writer does.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { toSafetensors } from 'tfjs-optax'
 * const bytes = await toSafetensors({ dense: { kernel: tf.ones([2, 3]) } }, { metadata: { epoch: '7' } })
 */
export const toSafetensors = /* @__PURE__ */ checkedAsync(
  { who: 'toSafetensors', takes: ['tree'], options: saveOptions },
  (tree: unknown, options: SaveOptions = {}): Promise<Bytes> => encodeTree('toSafetensors', tree, options),
)

const encodeTree = async (who: string, tree: unknown, options: SaveOptions): Promise<Bytes> => {
  const { header, places, release } = holdTree(who, tree, options)
  try {
    const bytes = allocate(who, 'the tree', header.length + (places.at(-1)?.entry.end ?? 0))
    bytes.set(header)
    const data = bytes.subarray(header.length)
    await Promise.all(
      places.map(async ({ tensor, dtype, entry: { begin, end } }) =>
        writeValues(data.subarray(begin, end), dtype, await whileAlive(who, () => tensor.data<StoredDtype>())),
      ),
    )
    return bytes
  } finally {
    release()
  }
}

/** A tree ready to be written: its header, and handles that keep its tensors' values until they are released. */
export interface HeldTree {
  readonly header: Bytes
  /** in the order of the data */
  readonly places: readonly StoredTensor[]
  readonly release: () => void
}

export const holdTree = (who: string, tree: unknown, { rename, metadata = {} }: SaveOptions): HeldTree => {
  requireBackend(who)
  const leaves = storedLeaves(who, tree, rename)
  requireValues(who, { 'the tree': tree })
  const places = layOut(
    who,
    leaves.flatMap(({ leaf, ...names }) => (isTensor(leaf) ? [{ ...names, leaf }] : [])),
  )
  const texts = mergeMetadata(
    who,
    leaves.flatMap(({ name, leaf }) => (isTensor(leaf) ? [] : [[name, HostText.encode(leaf)] as const])),
    metadata,
  )
  const header = encodeHeader(
    who,
    places.map(({ entry }) => entry),
    texts,
  )
  // Second handles preserve the values: a donated step does not overwrite a buffer that has two.
  const held: tf.Tensor[] = []
  const release = (): void => tf.dispose(held)
  try {
    places.forEach(({ tensor }) => held.push(tf.keep(share(tensor))))
  } catch (cause) {
    release()
    throw cause
  }
  return { header, places: places.map((place, i) => ({ ...place, tensor: held[i] ?? place.tensor })), release }
}

type Texts = readonly (readonly [string, string])[]

/** The user's texts, the list of the leaves' names, and the leaves' texts; throws if two have one key. */
const mergeMetadata = (who: string, leaves: Texts, metadata: FileMetadata): Texts => {
  const taken = new Set(leaves.map(([name]) => name))
  taken.forEach(name => checkText(who, name))
  if (taken.has(hostsKey)) throw takenName(who, hostsKey, 'the list of leaves that are no tensors')
  if (!isRecord(metadata)) throw badArgument(who, 'metadata', 'a record of texts', metadata)
  Object.entries(metadata).forEach(([key, text]: [string, unknown]) => {
    if (typeof text !== 'string') throw badArgument(who, `metadata.${short(key)}`, 'a string', text)
    checkText(who, key)
    checkText(who, text)
    if (key === hostsKey) throw takenName(who, key, 'the list of leaves that are no tensors')
    if (taken.has(key)) throw takenName(who, short(key), 'a leaf of the tree')
  })
  const list: Texts = leaves.length > 0 ? [[hostsKey, JSON.stringify([...taken])]] : []
  return [...Object.entries(metadata), ...leaves, ...list]
}
