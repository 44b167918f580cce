/** Generated programs on tfjs's webgl backend, in a headless browser. */
import { checkInBrowser } from '../browser/run.js'

checkInBrowser('webgl')
// As on phones: its textures hold 16-bit numbers.
checkInBrowser('webgl half')
checkInBrowser('webgl lost')
