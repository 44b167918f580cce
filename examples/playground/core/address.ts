/** The page in the fragment of its address, which no server sees: `#1.` and JSON in base64 of the form for addresses. */
import { either as E, function as F } from 'fp-ts'
import { parse } from '../../../lib/config/kind.js'
import { pageFrom, pageToJson, type Page } from './page.js'

/** The most characters of a fragment that are read. */
export const longest = 24_000
const version = '1.'

const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0))

/** The fragment of a page, with its `#`. */
export const fragmentOf = (page: Page): string =>
  `#${version}${base64(new TextEncoder().encode(JSON.stringify(pageToJson(page))))}`

const textOf = (encoded: string): E.Either<readonly string[], string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(encoded)),
    () => ['address: expected base64 of UTF-8 text'],
  )

/** The page of a fragment, or every fault, a line each; null for an empty one. */
export const pageOfFragment = (fragment: string): E.Either<readonly string[], Page> | null => {
  const text = fragment.replace(/^#/, '')
  if (text === '') return null
  if (text.length > longest) return E.left([`address: at most ${longest} characters, got ${text.length}`])
  if (!text.startsWith(version)) return E.left(['address: expected it to begin with #1., as this page writes it'])
  return F.pipe(
    textOf(text.slice(version.length)),
    E.flatMap(json =>
      F.pipe(
        parse(json),
        E.mapLeft(says => [`address: expected JSON, ${says}`]),
      ),
    ),
    E.flatMap(pageFrom),
  )
}
