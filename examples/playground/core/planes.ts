/** Landscapes that are functions of two numbers. The parameters are one vector, `at`. */
import * as tf from '@tensorflow/tfjs-core'
import { keyOf, noise } from '../../../lib/random/noise.js'
import { taken, type Params, type Surface, type World } from './surface.js'

/** A function of two numbers in tfjs ops, element by element, so that a grid is one call. */
export type Height = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor

const vectorOf = (params: Params): tf.Tensor1D => params['at'] as tf.Tensor1D

/** The landscape of a height; `sigma` is the size of the noise in each element of the gradient. */
const plane =
  (height: Height, sigma = 0) =>
  (seed: number): World => {
    const key = keyOf(seed, 'playground gradient noise')
    const trueLossOf = (params: Params): tf.Scalar => {
      const [x, y] = tf.unstack(vectorOf(params)) as [tf.Scalar, tf.Scalar]
      return height(x, y) as tf.Scalar
    }
    return {
      paramsAt: place => ({ at: tf.tensor1d([...place]) }),
      placeOf: params => {
        const [x = NaN, y = NaN] = Array.from(params.get('at') ?? [])
        return [x, y]
      },
      lossOf: (params, step) =>
        sigma === 0
          ? trueLossOf(params)
          : tf.add(trueLossOf(params), tf.sum(tf.mul(vectorOf(params), tf.tensor1d(noise(key, step, 2, sigma))))),
      trueLossOf: sigma === 0 ? null : trueLossOf,
      heights: (xs, ys) =>
        taken(tf.tidy(() => height(tf.tensor2d([...xs], [1, xs.length]), tf.tensor2d([...ys], [ys.length, 1])))),
      classifier: null,
    }
  }

const rosenbrock: Height = (x, y) => tf.add(tf.square(tf.sub(1, x)), tf.mul(100, tf.square(tf.sub(y, tf.square(x)))))

const beale: Height = (x, y) => {
  const term = (c: number, power: tf.Tensor): tf.Tensor => tf.square(tf.add(tf.sub(c, x), tf.mul(x, power)))
  const y2 = tf.square(y)
  return tf.addN([term(1.5, y), term(2.25, y2), term(2.625, tf.mul(y2, y))])
}

const himmelblau: Height = (x, y) =>
  tf.add(tf.square(tf.sub(tf.add(tf.square(x), y), 11)), tf.square(tf.sub(tf.add(x, tf.square(y)), 7)))

const rastrigin: Height = (x, y) => {
  const term = (z: tf.Tensor): tf.Tensor => tf.sub(tf.square(z), tf.mul(10, tf.cos(tf.mul(2 * Math.PI, z))))
  return tf.add(20, tf.add(term(x), term(y)))
}

const quadratic: Height = (x, y) => tf.mul(0.5, tf.add(tf.square(x), tf.mul(6, tf.square(y))))

/** 200 times as steep across as along, and turned so that no axis of the parameters is an axis of the valley. */
const valley: Height = (x, y) => {
  const along = tf.add(tf.mul(0.8, x), tf.mul(0.6, y))
  const across = tf.sub(tf.mul(0.8, y), tf.mul(0.6, x))
  return tf.mul(0.5, tf.add(tf.square(along), tf.mul(200, tf.square(across))))
}

export const planes: readonly Surface[] = [
  {
    id: 'rosenbrock',
    title: 'Rosenbrock',
    about: 'A curved valley: its floor is found at once, the way along it is slow.',
    domain: { x: [-2, 2], y: [-1, 3] },
    start: [-1.5, 2],
    minima: [[1, 1]],
    make: plane(rosenbrock),
  },
  {
    id: 'beale',
    title: 'Beale',
    about: 'Flat in the middle and steep at the corners, where plain gradient descent is thrown far away.',
    domain: { x: [-4.5, 4.5], y: [-4.5, 4.5] },
    start: [-1.5, 2.5],
    minima: [[3, 0.5]],
    make: plane(beale),
  },
  {
    id: 'himmelblau',
    title: 'Himmelblau',
    about: 'Four minima, all equally deep: where a racer ends depends on its start and on its momentum.',
    domain: { x: [-5, 5], y: [-5, 5] },
    start: [-0.5, -1],
    minima: [
      [3, 2],
      [-2.805118, 3.131312],
      [-3.77931, -3.283186],
      [3.584428, -1.848126],
    ],
    make: plane(himmelblau),
  },
  {
    id: 'rastrigin',
    title: 'Rastrigin',
    about: 'A bowl full of small pits: only momentum and large steps get out of them.',
    domain: { x: [-4, 4], y: [-4, 4] },
    start: [2.8, -3.3],
    minima: [[0, 0]],
    make: plane(rastrigin),
  },
  {
    id: 'noisy',
    title: 'Noisy quadratic',
    about: 'A bowl whose gradients are noisy, as those of small batches are: a constant rate never comes to rest.',
    domain: { x: [-4, 4], y: [-3, 3] },
    start: [-3.2, 2.2],
    minima: [[0, 0]],
    make: plane(quadratic, 2),
  },
  {
    id: 'valley',
    title: 'Ill-conditioned valley',
    about: 'Two hundred times as steep across as along, and turned: rates by parameter alone do not help.',
    domain: { x: [-4, 4], y: [-4, 4] },
    start: [-3.4, -1],
    minima: [[0, 0]],
    make: plane(valley),
  },
]
