/** Effect of importing this: chains run as generated kernels on tfjs's cpu and wasm backends. */
import { useDevice } from './select.js'
import { wasm } from './wasm/device.js'

useDevice(wasm)
