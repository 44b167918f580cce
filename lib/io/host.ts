/** An io-ts codec between a number, boolean or string and its text. */
import * as t from 'io-ts'
import { hostText, isHost, parseHost, printHost, type Host } from './text.js'

export { isHost, type Host } from './text.js'

export const HostText = new t.Type<Host, string, string>(
  hostText,
  isHost,
  (text, context) => {
    const host = parseHost(text)
    return host === undefined ? t.failure(text, context) : t.success(host)
  },
  printHost,
)
