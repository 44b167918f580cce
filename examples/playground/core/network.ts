/**
 * A small network that learns to tell two classes of points of a plane apart. It has 33 parameters; what is drawn is the
 * plane through two early points of a descent, which is where its trails begin.
 */
import * as tf from '@tensorflow/tfjs-core'
import { makeStep, sgd, tidy, valueAndGrad } from '../../../lib/index.js'
import { keyOf, noise } from '../../../lib/random/noise.js'
import { taken, type Classifier, type Domain, type Params, type Place, type Surface, type World } from './surface.js'

const hidden = 8
const shapes: Readonly<Record<string, readonly number[]>> = {
  'hidden.kernel': [2, hidden],
  'hidden.bias': [hidden],
  'output.kernel': [hidden, 1],
  'output.bias': [1],
}
const paths = Object.keys(shapes)
const sizeOf = (path: string): number => (shapes[path] ?? []).reduce((a, b) => a * b, 1)

/** All parameters as one list of numbers, in the order of `paths`. */
const treeOf = (flat: readonly number[]): Params => {
  let at = 0
  const next = (path: string): tf.Tensor => {
    const from = at
    at += sizeOf(path)
    return tf.tensor(flat.slice(from, at), [...(shapes[path] ?? [])])
  }
  const [kernel, bias, last, lastBias] = paths.map(next) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  return { hidden: { kernel, bias }, output: { kernel: last, bias: lastBias } }
}

interface Layer {
  readonly kernel: tf.Tensor2D
  readonly bias: tf.Tensor1D
}
const layerOf = (params: Params, name: string): Layer => params[name] as unknown as Layer

/** What the network says of points, `[n, 2]` to `[n, 1]`, before the last tanh. */
const outputs = (params: Params, points: tf.Tensor2D): tf.Tensor => {
  const [first, last] = [layerOf(params, 'hidden'), layerOf(params, 'output')]
  const inner = tf.tanh(tf.add(tf.matMul(points, first.kernel), first.bias))
  return tf.add(tf.matMul(inner as tf.Tensor2D, last.kernel), last.bias)
}

const domain: Domain = { x: [-2.5, 2.5], y: [-2.5, 2.5] }
const dots = 96

/** Points around the origin; a class is two opposite quarters of the plane, which no straight line tells apart. */
const pointsOf = (seed: number): Classifier['points'] => {
  const drawn = noise(keyOf(seed, 'playground points'), 0, 2 * dots, 1)
  return Array.from({ length: dots }, (_, i) => {
    const [x, y] = [drawn[2 * i] ?? 0, drawn[2 * i + 1] ?? 0].map(z => Math.max(-2.4, Math.min(2.4, z)))
    return { x: x ?? 0, y: y ?? 0, label: (x ?? 0) * (y ?? 0) > 0 ? 1 : -1 }
  })
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
const scaled = (a: readonly number[], by: number): readonly number[] => a.map(x => x * by)
const plus = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((x, i) => x + (b[i] ?? 0))
const unit = (a: readonly number[]): readonly number[] => scaled(a, 1 / Math.max(Math.sqrt(dot(a, a)), 1e-12))

/** The parameters after some steps of gradient descent, at each count of `at`. */
const descended = (lossOf: World['lossOf'], from: readonly number[], at: readonly number[]): readonly number[][] =>
  tidy(() => {
    const tx = sgd(0.5, { momentum: 0.9 })
    const step = makeStep(tx)
    let params = treeOf(from)
    let state = tx.init(params)
    const found: number[][] = []
    for (let i = 1; i <= Math.max(...at); i++) {
      const [, gradients] = valueAndGrad((p: Params) => lossOf(p, 0))(params)
      ;[params, state] = step(params, gradients as never, state)
      if (at.includes(i))
        found.push(tf.concat(leavesOf(params).map(leaf => tf.reshape(leaf, [-1]))).arraySync() as number[])
    }
    return found
  })

const leavesOf = (params: Params): readonly tf.Tensor[] => {
  const [first, last] = [layerOf(params, 'hidden'), layerOf(params, 'output')]
  return [first.kernel, first.bias, last.kernel, last.bias]
}

const make = (seed: number): World => {
  const points = pointsOf(seed)
  const inputs = () => tf.tensor2d(points.map(({ x, y }) => [x, y]))
  const labels = () => tf.tensor2d(points.map(({ label }) => [label]))
  const lossOf = (params: Params): tf.Scalar => tf.mean(tf.square(tf.sub(tf.tanh(outputs(params, inputs())), labels())))

  const drawn = noise(
    keyOf(seed, 'playground weights'),
    0,
    paths.reduce((sum, path) => sum + sizeOf(path), 0),
    0.7,
  )
  const base = Array.from(drawn)
  // Found when first needed: on a page of another surface nothing is trained.
  let found: readonly [readonly number[], readonly number[]] | null = null
  const directions = (): readonly [readonly number[], readonly number[]] => {
    if (found !== null) return found
    const [near = base, far = base] = descended(lossOf, base, [12, 80])
    const first = unit(plus(far, scaled(base, -1)))
    const other = plus(near, scaled(base, -1))
    found = [first, unit(plus(other, scaled(first, -dot(other, first))))]
    return found
  }
  const flatAt = ([x, y]: Place): readonly number[] => {
    const [first, second] = directions()
    return plus(base, plus(scaled(first, x), scaled(second, y)))
  }
  return {
    paramsAt: place => treeOf(flatAt(place)),
    placeOf: params => {
      const [first, second] = directions()
      const flat = paths.flatMap(path => Array.from(params.get(path) ?? []))
      const moved = plus(flat, scaled(base, -1))
      return [dot(moved, first), dot(moved, second)]
    },
    lossOf,
    trueLossOf: null,
    heights: (xs, ys) =>
      taken(tf.tidy(() => tf.stack(ys.flatMap(y => xs.map(x => tf.tidy(() => lossOf(treeOf(flatAt([x, y]))))))))),
    classifier: {
      points,
      domain,
      says: (params, xs, ys) =>
        taken(tf.tidy(() => outputs(params, tf.tensor2d(ys.flatMap(y => xs.map(x => [x, y])))))),
    },
  }
}

export const network: Surface = {
  id: 'network',
  title: 'Small network',
  about:
    'Thirty-three weights that learn two classes of points. The landscape is a plane through the first steps of a descent.',
  domain: { x: [-3, 12], y: [-6, 6] },
  start: [0, 0],
  minima: [],
  make,
}
