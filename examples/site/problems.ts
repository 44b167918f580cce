/** The two problems of the pictures, in plain numbers: a noisy regression for curves, a valley for paths. */
import { normals, type Rng } from '../train/random.js'

/** The elements of each leaf, by its name. */
export type Values = Readonly<Record<string, readonly number[]>>

/** What a problem says at some parameters in one step. */
export interface Slope {
  /** the loss whose gradient it is */
  readonly value: number
  readonly gradients: Values
  /** the diagonal of its Hessian, for optimizers that ask for one */
  readonly hessian: Values
}

export interface Problem {
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly start: Values
  readonly steps: number
  /** what a picture shows: the distance of the loss from its least value, without noise */
  readonly excess: (at: Values) => number
  readonly slope: (at: Values, step: number) => Slope
}

const [inputs, outputs, batch] = [6, 3, 8]
/** The scales of the inputs: the curvature of the loss differs by a hundred between the first and the last. */
const scales = [1, 0.7, 0.5, 0.3, 0.2, 0.1]
const noise = 0.3

const goal = {
  kernel: Array.from({ length: inputs * outputs }, (_, i) => Math.cos(1.7 * i) + 1),
  bias: [1, -1, 0.5],
}

const zeros = (n: number): readonly number[] => Array.from({ length: n }, () => 0)

/** How far each output of a row is off, for one input row `x`, without noise. */
const errorsAt = (at: Values, x: readonly number[]): readonly number[] =>
  goal.bias.map((own, j) =>
    x.reduce(
      (sum, xi, i) => sum + xi * ((at['kernel']?.[i * outputs + j] ?? 0) - (goal.kernel[i * outputs + j] ?? 0)),
      (at['bias']?.[j] ?? 0) - own,
    ),
  )

/** The random numbers of each step, drawn when a first run comes to it: all runs see the same. */
const drawnAt: (readonly number[])[] = []
const drawnIn = (step: number): readonly number[] => {
  const seed: Rng = 7919 * (step + 1)
  return (drawnAt[step] ??= normals(batch * (inputs + outputs))(seed)[0])
}

/**
 * A linear regression on rows that are drawn anew at each step, with noise in what they say. The loss without noise is
 * known exactly, so a curve never shows the luck of a sample.
 */
export const regression: Problem = {
  shapes: { kernel: [inputs, outputs], bias: [outputs] },
  start: { kernel: zeros(inputs * outputs), bias: zeros(outputs) },
  steps: 150,
  excess: at => {
    const kernel = goal.kernel.map(
      (w, k) => (scales[Math.floor(k / outputs)] ?? 0) ** 2 * ((at['kernel']?.[k] ?? 0) - w) ** 2,
    )
    const bias = goal.bias.map((b, j) => ((at['bias']?.[j] ?? 0) - b) ** 2)
    return [...kernel, ...bias].reduce((a, b) => a + b, 0) / 2
  },
  slope: (at, step) => {
    const drawn = drawnIn(step)
    const [kernel, bias] = [[...zeros(inputs * outputs)], [...zeros(outputs)]]
    const curvature = [...zeros(inputs)]
    let value = 0
    for (let row = 0; row < batch; row++) {
      const from = row * (inputs + outputs)
      const x = scales.map((scale, i) => scale * (drawn[from + i] ?? 0))
      errorsAt(at, x).forEach((error, j) => {
        const off = error - noise * (drawn[from + inputs + j] ?? 0)
        value += off ** 2 / (2 * batch)
        bias[j] = (bias[j] ?? 0) + off / batch
        x.forEach((xi, i) => {
          kernel[i * outputs + j] = (kernel[i * outputs + j] ?? 0) + (off * xi) / batch
        })
      })
      x.forEach((xi, i) => (curvature[i] = (curvature[i] ?? 0) + xi ** 2 / batch))
    }
    const hessian = { kernel: kernel.map((_, k) => curvature[Math.floor(k / outputs)] ?? 0), bias: bias.map(() => 1) }
    return { value, gradients: { kernel, bias }, hessian }
  },
}

/** The valley of Rosenbrock, with walls ten times as steep as its floor. Its least value is 0, at (1, 1). */
export const height = (x: number, y: number): number => (1 - x) ** 2 + 10 * (y - x * x) ** 2

type Place = readonly [x: number, y: number]

const slopeOf = ([x, y]: Place): readonly [gradient: Place, curvature: Place] => [
  [-2 * (1 - x) - 40 * x * (y - x * x), 20 * (y - x * x)],
  [2 - 40 * y + 120 * x * x, 20],
]

/** A problem of two parameters, and where they are. */
export interface Path extends Problem {
  readonly placeOf: (at: Values) => Place
}

const pathOf = (shapes: Problem['shapes'], placeOf: Path['placeOf'], valuesOf: (place: Place) => Values): Path => ({
  shapes,
  placeOf,
  start: valuesOf([-1.2, 1.6]),
  steps: 120,
  excess: at => height(...placeOf(at)),
  slope: at => {
    const place = placeOf(at)
    const [gradient, curvature] = slopeOf(place)
    return { value: height(...place), gradients: valuesOf(gradient), hessian: valuesOf(curvature) }
  },
})

/** Two parameters in the valley, as a matrix of one row, so that rules for matrices take part too. */
export const valley: Path = pathOf(
  { kernel: [1, 2] },
  ({ kernel = [] }) => [kernel[0] ?? NaN, kernel[1] ?? NaN],
  place => ({ kernel: place }),
)

/** The same with a leaf for each parameter, for masks and groups. */
export const splitValley: Path = pathOf(
  { kernel: [1], bias: [1] },
  ({ kernel = [], bias = [] }) => [kernel[0] ?? NaN, bias[0] ?? NaN],
  ([x, y]) => ({ kernel: [x], bias: [y] }),
)
