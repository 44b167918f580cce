/** Numbers as weights: one tensor per name, assigned anew at each call, so that repeated saving leaks nothing. */
import * as tf from '@tensorflow/tfjs-core'
import type { Host } from '../io/text.js'
import { scalarOf } from '../io/hostTensor.js'
import { isVariable } from '../tree/tensors.js'

export class ScalarTensors {
  readonly #held = new Map<string, { readonly host: Host; readonly tensor: tf.Tensor }>()

  /** The tensor of a name, with this value: a Variable, except for strings, whose bytes tfjs miscounts in Variables. */
  of(name: string, host: Host): tf.Tensor {
    return tf.tidy(() => {
      const last = this.#held.get(name)
      // The user may have disposed the tensor of an earlier list.
      const held = last?.tensor.isDisposed === true ? undefined : last
      if (held !== undefined && Object.is(held.host, host)) return held.tensor
      const value = scalarOf(host)
      if (held !== undefined && isVariable(held.tensor) && held.tensor.dtype === value.dtype) {
        held.tensor.assign(value)
        this.#held.set(name, { host, tensor: held.tensor })
        return held.tensor
      }
      held?.tensor.dispose()
      const tensor = value.dtype === 'string' ? tf.keep(value) : tf.variable(value, false)
      this.#held.set(name, { host, tensor })
      return tensor
    })
  }

  dispose(): void {
    this.#held.forEach(({ tensor }) => {
      tensor.dispose()
    })
    this.#held.clear()
  }
}
