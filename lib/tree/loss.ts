/**
 * How backends and tensors are lost. tfjs itself is silent if a WebGL context is lost (ops do nothing, reads never
 * settle), and throws unrelated errors once a backend was removed or reset.
 */
import * as tf from '@tensorflow/tfjs-core'
import { deviceLost } from '../errors/devices.js'

interface BackendValues {
  readonly has: (dataId: object) => boolean
  readonly get: (dataId: object) => { readonly values?: unknown } | undefined
}

/** The fields of tfjs's backends that show a loss, and those in which each keeps its values. */
interface BackendParts {
  readonly gpgpu?: { readonly gl?: WebGLRenderingContext | null }
  readonly device?: { readonly lost?: Promise<{ readonly message: string }> }
  readonly texData?: BackendValues
  readonly tensorMap?: BackendValues
  readonly data?: BackendValues
}

/** Why each WebGPU device was lost; null while it works. */
const devices = new WeakMap<object, string | null>()

const watch = (device: object, lost: Promise<{ readonly message: string }>): void => {
  devices.set(device, null)
  void lost.then(({ message }) => devices.set(device, message === '' ? 'no reason given' : message))
}

/** How a backend was lost; null while it can compute. WebGPU reports a loss only after a turn of the event loop. */
export const lossOf = (backend: tf.KernelBackend): string | null => {
  const { gpgpu, device } = backend as unknown as BackendParts
  if (gpgpu?.gl?.isContextLost() === true) return 'its WebGL context is lost'
  if (device?.lost === undefined) return null
  if (!devices.has(device)) watch(device, device.lost)
  const reason = devices.get(device) ?? null
  return reason === null ? null : `its WebGPU device is lost (${reason})`
}

/** The name under which each backend was registered when it was first seen. */
export const names = new WeakMap<tf.KernelBackend, string>()

/** How a tensor lost its values; null if it has them, on whatever backend. */
export const lossOfValues = ({ dataId }: tf.Tensor): string | null => {
  const { state, registry } = tf.engine()
  const info = state.tensorInfo.get(dataId)
  if (info === undefined) return 'tfjs was reset'
  const { backend } = info
  const name = names.get(backend) ?? backend.constructor.name
  const how = Object.values(registry).includes(backend) ? lossOf(backend) : 'which was removed'
  const { texData, tensorMap, data } = backend as unknown as BackendParts
  const values = texData ?? tensorMap ?? data
  if (how === null || (values?.has(dataId) === true && (values.get(dataId)?.values ?? null) !== null)) return null
  return `it was on ${name}, ${how}`
}

/** `lost` resolves, saying how, once the WebGL context of a backend is lost; `stop` ends the waiting. */
const lossToCome = (backend: tf.KernelBackend): { readonly lost: Promise<string>; readonly stop: () => void } => {
  const canvas = (backend as unknown as BackendParts).gpgpu?.gl?.canvas
  let listener: () => void = () => undefined
  const lost = new Promise<string>(resolve => {
    listener = () => {
      resolve('its WebGL context is lost')
    }
  })
  canvas?.addEventListener('webglcontextlost', listener)
  return { lost, stop: () => canvas?.removeEventListener('webglcontextlost', listener) }
}

/** The result of `read`; rejects if the device is lost before or during it, since tfjs's reads would never settle. */
export const whileAlive = async <T>(who: string, read: () => Promise<T>): Promise<T> => {
  const [name, backend] = [tf.getBackend(), tf.backend()]
  const { lost, stop } = lossToCome(backend)
  try {
    return await Promise.race([
      read(),
      lost.then(how => {
        throw deviceLost(who, name, how)
      }),
    ])
  } catch (cause) {
    const how = lossOf(backend)
    throw how === null ? cause : deviceLost(who, name, how, cause)
  } finally {
    stop()
  }
}
