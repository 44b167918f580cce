/** The kernels of the other backends, as a browser has them. */
import { checkInBrowser } from './run.js'

for (const backend of ['cpu', 'wasm', 'wasm threaded', 'webgpu']) checkInBrowser(backend)
