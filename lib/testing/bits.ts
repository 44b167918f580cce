/** What a tree holds, in forms that can be compared. */
import { isTensor } from '../tree/tensors.js'
import { tensorPaths } from '../tree/map.js'
import { build, flatten } from '../tree/structure.js'

/** The bits of every tensor of a tree, by path. All NaNs are the same. */
export type Bits = Readonly<Record<string, string>>

export const bitsOf = async (tree: unknown): Promise<Bits> => {
  const seen: Record<string, string> = {}
  for (const [path, tensor] of tensorPaths(tree)) {
    const data = new Float32Array(await tensor.data()).map(x => (Number.isNaN(x) ? NaN : x))
    seen[path] = `${tensor.dtype}[${tensor.shape.join()}] ${[...new Uint32Array(data.buffer)].join(' ')}`
  }
  return seen
}

/**
 * The first path at which two trees differ; null if they are the same. With a tolerance, numbers may differ by so much
 * of the greater of 1 and their size.
 */
export const differenceOf = (got: Bits, want: Bits, tolerance = 0): string | null => {
  const paths = Object.keys({ ...want, ...got })
  const path = paths.find(one => got[one] !== want[one] && !isNear(got[one], want[one], tolerance))
  if (path === undefined) return null
  const shown = (bits: string | undefined): string => (bits === undefined ? 'nothing' : valuesOf(bits))
  return `${path === '' ? 'the root' : path} is ${shown(got[path])}, not ${shown(want[path])}`
}

const isNear = (got: string | undefined, want: string | undefined, tolerance: number): boolean => {
  if (got === undefined || want === undefined || tolerance === 0) return false
  const [[a, xs], [b, ys]] = [decoded(got), decoded(want)]
  const near = (x: number, y: number): boolean =>
    Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))
  return a === b && xs.every((x, i) => near(x, ys[i] ?? NaN))
}

/** The type and the numbers of a tensor from its bits. */
const decoded = (bits: string): readonly [type: string, numbers: Float32Array] => {
  const [type = '', ...words] = bits.split(' ')
  return [
    type,
    new Float32Array(
      Uint32Array.from(
        words.filter(word => word !== ''),
        Number,
      ).buffer,
    ),
  ]
}

/** Bits as numbers again, for a message. */
const valuesOf = (bits: string): string => {
  const [type, data] = decoded(bits)
  const some = [...data.slice(0, 6)].map(x => (Object.is(x, -0) ? '-0' : String(x)))
  return `${type} ${some.join(' ')}${data.length > 6 ? ' …' : ''}`
}

/** A tree without its values: structure, shapes, dtypes, and the kinds of the other leaves, as text. */
export const outlineOf = (tree: unknown): string => {
  const { structure, leaves } = flatten(tree)
  const kind = (leaf: unknown): string =>
    isTensor(leaf) ? `${leaf.dtype}[${leaf.shape.join()}]` : leaf === null ? 'null' : typeof leaf
  return JSON.stringify(build(structure, leaves.map(kind)))
}

/** A tree without its tensors: structure, shapes, and every number, as text. */
export const hostOf = (tree: unknown): string => {
  const { structure, leaves } = flatten(tree)
  const shown = (leaf: unknown): unknown => (isTensor(leaf) ? `${leaf.dtype}[${leaf.shape.join()}]` : leaf)
  return JSON.stringify(build(structure, leaves.map(shown)))
}

export const isFrozen = (x: unknown): boolean =>
  typeof x !== 'object' || x === null || isTensor(x) || (Object.isFrozen(x) && Object.values(x).every(isFrozen))
