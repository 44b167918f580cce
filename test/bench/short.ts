/**
 * Short runs on few numbers, as small clients have them: 100 steps from the first on, in a process of its own, beside
 * tf.train. tfjs has computed gradients before the clock starts, so it is the optimizer that starts cold.
 */
import { execFileSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // its gradients
import { adam, adamw, asOptimizer, sgd } from '../../lib/index.js'
import { AdamWeightDecay, SGD } from '../../lib/legacy.js'
import type { Device } from './devices.js'
import { median } from './race.js'

const steps = 100

const contestants = {
  'tf.train.sgd': () => tf.train.sgd(0.01),
  'asOptimizer(sgd)': () => asOptimizer(sgd(0.01)),
  SGD: () => new SGD({ learningRate: 0.01 }),
  'tf.train.adam': () => tf.train.adam(0.01),
  'asOptimizer(adam)': () => asOptimizer(adam(0.01)),
  'asOptimizer(adamw)': () => asOptimizer(adamw(0.01)),
  AdamWeightDecay: () => new AdamWeightDecay({ learningRate: 0.01, weightDecayRate: 0.01 }),
} as const satisfies Readonly<Record<string, () => tf.Optimizer>>
type Contestant = keyof typeof contestants

const rivals: Readonly<Partial<Record<Contestant, Contestant>>> = {
  'asOptimizer(sgd)': 'tf.train.sgd',
  SGD: 'tf.train.sgd',
  'asOptimizer(adam)': 'tf.train.adam',
  'asOptimizer(adamw)': 'tf.train.adam',
  AdamWeightDecay: 'tf.train.adam',
}

const ways = ['minimize', 'applyGradients'] as const
type Way = (typeof ways)[number]

/** Of 1 to 10 elements. */
const counts = [2, 4, 16] as const

/** What a process prints that is asked `short NAME WAY COUNT`: milliseconds of the first step, and of all with the making. */
export const answerShort = (asked: string): string => {
  const [, name = '', way = '', count = ''] = asked.split(' ')
  const variables = Array.from({ length: Number(count) }, (_, i) => tf.variable(tf.ones([1 + ((3 * i) % 10)])))
  const loss = () => tf.addN<tf.Scalar>(variables.map(variable => tf.sum<tf.Scalar>(tf.square(variable))))
  const gradients = variables.map(({ name: of, shape }) => ({ name: of, tensor: tf.ones(shape) }))
  for (let i = 0; i < 3; i++) tf.dispose(Object.values(tf.variableGrads(loss).grads))
  const start = performance.now()
  const optimizer = contestants[name as Contestant]()
  const step = way === 'minimize' ? () => optimizer.minimize(loss) : () => optimizer.applyGradients(gradients)
  const before = performance.now()
  step()
  const first = performance.now() - before
  for (let i = 1; i < steps; i++) step()
  return JSON.stringify([first, performance.now() - start])
}

export interface ShortRun {
  readonly backend: string
  readonly name: string
  readonly way: Way
  readonly variables: number
  /** milliseconds of the first step, and of tf.train's */
  readonly first: number
  readonly rivalFirst: number
  /** the time of all steps, as a part of tf.train's */
  readonly ratio: number
  readonly rival: string
}

const ask = (name: Contestant, way: Way, variables: number, device: Device): readonly [first: number, all: number] => {
  const args = [...process.execArgv, process.argv[1] ?? '', '--ask', `short ${name} ${way} ${variables}`]
  const text = execFileSync(process.execPath, [...args, '--backend', device.name], { encoding: 'utf8' })
  return JSON.parse(text) as readonly [number, number]
}

/** Medians over some processes; rivals take turns. */
export const shortRuns = (device: Device, processes: number): readonly ShortRun[] =>
  ways.flatMap(way =>
    counts.flatMap(variables => {
      const names = Object.keys(contestants) as Contestant[]
      const asked = Array.from({ length: processes }, () => names.map(name => ask(name, way, variables, device)))
      const medianOf = (name: Contestant, k: 0 | 1): number =>
        median(asked.map(turn => turn[names.indexOf(name)]?.[k] ?? NaN))
      return Object.entries(rivals).map(([name, rival]): ShortRun => {
        const [of, against] = [name as Contestant, rival]
        return {
          backend: device.name,
          name,
          way,
          variables,
          first: medianOf(of, 0),
          rivalFirst: medianOf(against, 0),
          ratio: medianOf(of, 1) / medianOf(against, 1),
          rival,
        }
      })
    }),
  )
