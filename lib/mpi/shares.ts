/**
 * Which part of each leaf a rank keeps. Where a leaf may be cut, each rank has some of its rows, as equal as they can be; a
 * leaf with fewer rows than there are ranks belongs to one rank, by its name, so that it stays there when other leaves
 * join. Where leaves must stay whole, the largest goes first, each to the rank that has least.
 */
import { showShape } from '../tree/tensors.js'
import { hashOf } from './texts.js'

export interface LeafForm {
  readonly name: string
  readonly shape: readonly number[]
}

/** The rows of a leaf along its first axis, `whole` for all of it, `none` for nothing. */
export type Share = 'whole' | 'none' | { readonly from: number; readonly rows: number }

/** The share of each rank in one leaf, by rank. */
export type LeafShares = readonly Share[]

/** A leaf in words, which all ranks must have alike. */
export const float32Line = ({ name, shape }: LeafForm, what = 'leaf'): string =>
  `${what} ${name}, float32 ${showShape(shape)}`

export const sizeOf = ({ shape }: Pick<LeafForm, 'shape'>): number => shape.reduce((size, n) => size * n, 1)

const ownedBy = (owner: number, ranks: number): LeafShares =>
  Array.from({ length: ranks }, (_, r) => (r === owner ? 'whole' : 'none'))

const inRows = (rows: number, ranks: number): LeafShares =>
  Array.from({ length: ranks }, (_, r) => {
    const from = Math.floor((r * rows) / ranks)
    return { from, rows: Math.floor(((r + 1) * rows) / ranks) - from }
  })

/** The shares of all leaves; null for a leaf that is absent. */
export const sharesOf = (
  leaves: readonly (LeafForm | null)[],
  ranks: number,
  mayCut: boolean,
): readonly (LeafShares | null)[] => {
  if (!mayCut) return wholeShares(leaves, ranks)
  return leaves.map(leaf => {
    if (leaf === null) return null
    const [rows = 1] = leaf.shape
    return leaf.shape.length > 0 && rows >= ranks ? inRows(rows, ranks) : ownedBy(hashOf(leaf.name, 1) % ranks, ranks)
  })
}

const wholeShares = (leaves: readonly (LeafForm | null)[], ranks: number): readonly (LeafShares | null)[] => {
  const load = Array.from({ length: ranks }, () => 0)
  const owners = new Map<number, number>()
  leaves
    .flatMap((leaf, i) => (leaf === null ? [] : [{ i, name: leaf.name, size: sizeOf(leaf) }]))
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
    .forEach(({ i, size }) => {
      const owner = load.indexOf(Math.min(...load))
      load[owner] = (load[owner] ?? 0) + size
      owners.set(i, owner)
    })
  return leaves.map((leaf, i) => (leaf === null ? null : ownedBy(owners.get(i) ?? 0, ranks)))
}

/** Elements of a leaf that a rank has: the first one, and how many. */
export const elementsOf = (share: Share, { shape }: LeafForm): { readonly from: number; readonly length: number } => {
  const size = sizeOf({ shape })
  if (share === 'none') return { from: 0, length: 0 }
  if (share === 'whole') return { from: 0, length: size }
  const row = size / (shape[0] ?? 1)
  return { from: share.from * row, length: share.rows * row }
}
