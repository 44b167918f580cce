/** A text as codes of characters, with its last tenth held out. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { either as E } from 'fp-ts'
import { reason } from './errors.js'
import { settings } from './settings.js'

export interface Text {
  readonly path: string
  /** SHA-256 of the file */
  readonly fingerprint: string
  /** the characters, most frequent first; a code is a place in this list */
  readonly vocabulary: readonly string[]
  /** how many different characters the text has, of which rare ones may share a code */
  readonly different: number
  readonly training: Int32Array
  readonly heldOut: Int32Array
}

/** Rare characters beyond this many share one code. */
const mostCharacters = 128
const other = '\ufffd'
const leastLength = 10 * (settings.context + 2)

/** A large text that is there wherever this runs: the browser's interfaces, as TypeScript declares them. */
export const defaultText = (): string => createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts')

export const readText = (path: string): E.Either<string, Text> => {
  const bytes = E.tryCatch(() => readFileSync(path), reason)
  if (E.isLeft(bytes)) return E.left(`cannot read the text ${path}: ${bytes.left}`)
  if (bytes.right.includes(0)) return E.left(`the text ${path} is binary: it has a NUL byte`)
  const text = E.tryCatch(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes.right), reason)
  if (E.isLeft(text)) return E.left(`the text ${path} is binary: it is not valid UTF-8`)
  const characters = Array.from(text.right)
  if (characters.length < leastLength)
    return E.left(`the text ${path} is too short: ${characters.length} characters, at least ${leastLength} are needed`)

  const counted = byFrequency(characters)
  const different = counted.length
  const vocabulary = different <= mostCharacters ? counted : [...counted.slice(0, mostCharacters - 1), other]
  const codes = new Map(vocabulary.map((character, code) => [character, code]))
  const encoded = Int32Array.from(characters, character => codes.get(character) ?? vocabulary.length - 1)
  const cut = Math.floor(0.9 * encoded.length)
  return E.right({
    path,
    fingerprint: createHash('sha256').update(bytes.right).digest('hex'),
    vocabulary,
    different,
    training: encoded.subarray(0, cut),
    heldOut: encoded.subarray(cut),
  })
}

/** The different characters, most frequent first. */
const byFrequency = (characters: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>()
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([character]) => character)
}
