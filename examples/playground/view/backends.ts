/** The backends of tfjs, each loaded when it is chosen. All files are served beside the page. */
import * as tf from '@tensorflow/tfjs-core'
import type { BackendName } from '../core/page.js'

const wasm = async (): Promise<void> => {
  const [{ setWasmPaths }, plain, simd, threaded] = await Promise.all([
    import('@tensorflow/tfjs-backend-wasm'),
    import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'),
    import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'),
    import('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'),
  ])
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain.default,
    'tfjs-backend-wasm-simd.wasm': simd.default,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded.default,
  })
}

const loaders: Readonly<Record<BackendName, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm,
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
}

const loaded = new Set<BackendName>()

/** Makes a backend the current one; the reason where this browser has not got it, else null. */
export const useBackend = async (name: BackendName): Promise<string | null> => {
  if (name === 'webgpu' && !('gpu' in navigator)) return 'This browser has no WebGPU.'
  try {
    if (!loaded.has(name)) await loaders[name]()
    loaded.add(name)
    const isThere = await tf.setBackend(name)
    // tfjs goes on with another backend without a word if it cannot have this one.
    return isThere && tf.getBackend() === name ? null : `This browser cannot run ${name}.`
  } catch (fault) {
    return `This browser cannot run ${name}: ${fault instanceof Error ? fault.message : String(fault)}.`
  }
}
