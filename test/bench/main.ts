/**
 * What a step costs beside `tf.train.adam`, all contestants in one run: `npm run bench -- [--backend cpu|wasm] [--rounds N]`.
 *
 * Each contestant is warmed up, then timed in turns with the others; medians count. Prints the ratio first (above 1:
 * faster than tf.train.adam, which neither clips nor decays), then nanoseconds per parameter and microseconds per leaf.
 * Absolute times are this machine's; ratios travel.
 */
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { adam, adamw, chain, clipByGlobalNorm, disposeTree, makeStep, type GradientTransformation } from 'tfjs-optax'

interface Contestant {
  readonly name: string
  readonly step: () => void
  readonly end: () => void
}

const { values } = parseArgs({ options: { backend: { type: 'string' }, rounds: { type: 'string', default: '9' } } })
const rounds = Number(values.rounds)

const sizes: readonly (readonly [name: string, leaves: number, size: number])[] = [
  ['60 x 10', 60, 10],
  ['1 x 1 M', 1, 1_000_000],
]

const tensors = (leaves: number, size: number, seed: number): tf.Tensor[] =>
  Array.from({ length: leaves }, (_, i) => tf.randomNormal([size], 0, 1, 'float32', seed + i))

const ours = (name: string, tx: GradientTransformation, leaves: number, size: number): Contestant => {
  const step = makeStep(tx, { donate: true })
  const gradients = tensors(leaves, size, 1)
  let params = tensors(leaves, size, 100)
  let state = tx.init(params)
  return {
    name,
    step: () => ([params, state] = step(params, gradients, state)),
    end: () => disposeTree([gradients, params, state]),
  }
}

const tfjs = (leaves: number, size: number): Contestant => {
  const optimizer = tf.train.adam(1e-3)
  const gradients = tensors(leaves, size, 1)
  const variables = tf.tidy(() => tensors(leaves, size, 100).map(value => tf.variable(value)))
  const named = variables.map((variable, i) => ({ name: variable.name, tensor: gradients[i] ?? variable }))
  return {
    name: 'tf.train.adam',
    step: () => optimizer.applyGradients(named),
    end: () => {
      disposeTree([gradients, variables])
      optimizer.dispose()
    },
  }
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)] ?? NaN

const race = (contestants: readonly Contestant[], repeat: number): readonly number[] => {
  const times = contestants.map((): number[] => [])
  for (let round = -2; round < rounds; round++)
    contestants.forEach(({ step }, i) => {
      const start = performance.now()
      for (let k = 0; k < repeat; k++) step()
      if (round >= 0) times[i]?.push((performance.now() - start) / repeat)
    })
  return times.map(median)
}

for (const backend of values.backend === undefined ? ['cpu', 'wasm'] : [values.backend]) {
  if (!(await tf.setBackend(backend))) throw new Error(`backend ${backend} is not to be had`)
  for (const [title, leaves, size] of sizes) {
    const contestants = [
      tfjs(leaves, size),
      ours('adam', adam(1e-3), leaves, size),
      ours('clip + adamw', chain(clipByGlobalNorm(1), adamw(1e-3)), leaves, size),
    ]
    const took = race(contestants, leaves > 1 ? 10 : 1)
    console.log(`\n${backend}, ${title} parameters`)
    contestants.forEach(({ name }, i) => {
      const [ms = NaN, base = NaN] = [took[i], took[0]]
      const ratio = `${(base / ms).toFixed(2)}x`.padStart(7)
      const each = `${((ms * 1e6) / (leaves * size)).toFixed(2)} ns/parameter`.padStart(22)
      console.log(`${ratio}${each}${`${((ms * 1e3) / leaves).toFixed(1)} us/leaf`.padStart(18)}  ${name}`)
    })
    contestants.forEach(({ end }) => end())
  }
}
