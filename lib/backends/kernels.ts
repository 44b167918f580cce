/** Importing this file has the effect that chains run as generated kernels on tfjs's cpu and wasm backends. */
import { useDevice } from './select.js'
import { cpu } from './cpu/device.js'
import { wasm } from './wasm/device.js'

useDevice(cpu)
useDevice(wasm)
