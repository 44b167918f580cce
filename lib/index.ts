/** The public names of `tfjs-optax`, with kernels for tfjs's cpu and wasm backends. */
import './backends/kernels.js'
import './complete.js'
export * from './core.js'
