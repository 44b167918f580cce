/** Numbers as weights: one Variable per name, which gets the value of each call, so that saving often leaks nothing. */
import * as tf from '@tensorflow/tfjs-core'
import type { Host } from '../../io/host.js'
import { toNamedTensors } from '../../io/named.js'

export class Scalars {
  readonly #held = new Map<string, tf.Variable>()

  /** The Variable of a name, with this value now. */
  of(name: string, host: Host): tf.Variable {
    return tf.tidy(() => {
      const [{ tensor } = { tensor: tf.scalar(NaN) }] = toNamedTensors({ host })
      const held = this.#held.get(name)
      if (held?.dtype === tensor.dtype) {
        held.assign(tensor)
        return held
      }
      held?.dispose()
      const made = tf.variable(tensor, false)
      this.#held.set(name, made)
      return made
    })
  }

  dispose(): void {
    this.#held.forEach(variable => {
      variable.dispose()
    })
    this.#held.clear()
  }
}
