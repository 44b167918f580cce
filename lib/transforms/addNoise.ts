import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { wholeNumber } from '../call/whole.js'
import { exp, ln } from '../random/elementary.js'
import { keyOf, noise } from '../random/noise.js'
import { finite, nonNegative, type Hyper } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'

/**
 * Adds normal noise to the updates, less at each step.
 *
 * `u = u + sqrt(eta / t^gamma) z`, where `t` counts steps from 1 and `z` is normal. `eta` is at least 0, `gamma` finite.
 *
 * The noise depends on `seed`, a whole number from 0 on, on the step, on the name of the leaf as masks see it, and on
 * the place of the element in the leaf, and on nothing else: the same bits on every backend and engine, and after a
 * state was saved and loaded. Two such links in one chain need two seeds. It is made on the host, some 60 ns per
 * number, and copied to the backend at each step, 4 bytes per parameter.
 *
 * State: `count`.
 *
 * @throws ValueError for a number out of its range; TypeError for a seed that is none.
 * @source Neelakantan et al. 2015; optax `add_noise`, whose `key` is a state of its own. The generator is Threefry-2x32
 * (Salmon et al. 2011), the inverse of the normal distribution that of Wichura 1988.
 * @example
 * import { addNoise, chain, scale } from 'tfjs-optax'
 * const tx = chain(addNoise(0.01, 0.55, 42), scale(-0.1))
 */
export const addNoise = /* @__PURE__ */ checked(
  { who: 'addNoise', takes: ['eta', 'gamma', 'seed'] },
  (eta: Hyper, gamma: Hyper, seed: number) => {
    wholeNumber('addNoise', 'seed', seed, 0)
    return ourTensorwise({
      name: 'addNoise',
      hyper: { eta: nonNegative(eta), gamma: finite(gamma) },
      options: { seed },
      scalars: (t, { eta, gamma }) => ({ count: t - 1, deviation: Math.sqrt(eta * exp(-gamma * ln(t))) }),
      step: ({ u }, { count, deviation }, path) => ({
        u: tf.add(u, tf.tensor(noise(keyOf(seed, path), count, u.size, deviation), u.shape, 'float32')),
      }),
    })
  },
)
