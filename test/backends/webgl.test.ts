/** Generated programs on tfjs's webgl backend, in a headless browser. */
import { checkInBrowser } from '../browser/run.js'

checkInBrowser('webgl')
