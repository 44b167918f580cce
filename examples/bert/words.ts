/** From pairs of texts to numbers: words between spaces, each with a place in a small vocabulary. */
import type { Batch } from './batch.js'

export interface Pair {
  readonly first: string
  readonly second: string
  readonly label: number
}

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'] as const

export interface Vocabulary {
  readonly size: number
  readonly idOf: (word: string) => number
}

/** Ids in the order of first use, after those of BERT's special tokens. */
export const vocabularyOf = (texts: readonly string[]): Vocabulary => {
  const words = new Set([...special, ...texts.flatMap(text => text.split(' '))])
  const ids = new Map([...words].map((word, id) => [word, id]))
  return { size: ids.size, idOf: word => ids.get(word) ?? special.indexOf('[UNK]') }
}

/** `[CLS] first [SEP] second [SEP]`, padded to `columns` tokens. */
export const batchOf = (pairs: readonly Pair[], { idOf }: Vocabulary, columns: number): Batch => {
  const rows = pairs.map(({ first, second }) => {
    const [left, right] = [
      ['[CLS]', ...first.split(' '), '[SEP]'],
      [...second.split(' '), '[SEP]'],
    ]
    const tokens = [...left, ...right]
    if (tokens.length > columns)
      throw new RangeError(`${tokens.join(' ')}: ${tokens.length} tokens, at most ${columns}`)
    const padded = (of: (token: string, i: number) => number): number[] =>
      Array.from({ length: columns }, (_, i) => of(tokens[i] ?? '[PAD]', i))
    return {
      ids: padded(idOf),
      types: padded((_, i) => (i >= left.length && i < tokens.length ? 1 : 0)),
      mask: padded((_, i) => (i < tokens.length ? 1 : 0)),
    }
  })
  return {
    ids: rows.map(({ ids }) => ids),
    types: rows.map(({ types }) => types),
    mask: rows.map(({ mask }) => mask),
    labels: pairs.map(({ label }) => label),
  }
}
