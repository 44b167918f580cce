/**
 * The entry `tfjs-optax/node`. Importing it has the effect that `model.save('file://…')` and
 * `loadLayersModel('file://…')` work in Node, by `fileSystem`. Where tfjs-node handles these URLs, it goes on to do so.
 */
import * as tf from '@tensorflow/tfjs-core'
import { fileSystem } from './io/fileSystem.js'

export { fileSystem } from './io/fileSystem.js'

/** tfjs's type says nothing of the null by which a router leaves a URL to others. */
type Router = Parameters<typeof tf.io.registerSaveRouter>[0]
type Handlers = (url: string) => readonly tf.io.IOHandler[]

/** A router that steps back where there is another, since tfjs refuses a URL with two handlers. */
const routerBeside = (handlers: Handlers): Router => {
  let isAsking = false
  const route = (url: unknown): tf.io.IOHandler | null => {
    if (isAsking || typeof url !== 'string' || !url.startsWith('file://')) return null
    isAsking = true
    try {
      return handlers(url).length > 0 ? null : fileSystem(url)
    } finally {
      isAsking = false
    }
  }
  return route as Router
}

tf.io.registerSaveRouter(routerBeside(url => tf.io.getSaveHandlers(url)))
tf.io.registerLoadRouter(routerBeside(url => tf.io.getLoadHandlers(url)))
