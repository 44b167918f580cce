/**
 * Every recipe finds the minimum of a parabola, of Rosenbrock's function, and of a quadratic with noisy gradients: the
 * problems, rates, number of steps and tolerance are those of optax's own tests.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { numbers, useBackend } from '../setup.js'

type Recipe = (...args: readonly unknown[]) => O.GradientTransformation
const recipes = O as unknown as Readonly<Record<string, Recipe | undefined>>

type Name = 'parabola' | 'rosenbrock' | 'noisy'

interface Problem {
  readonly start: readonly number[]
  readonly end: readonly number[]
  readonly gradient: (x: readonly number[], noise: () => number) => readonly number[]
}

const end = [1, -1, 1]
const parabola = (x: readonly number[]): readonly number[] => x.map((v, i) => 2 * (v - end[i]!))
const problems: Readonly<Record<Name, Problem>> = {
  parabola: { start: [-1, 10, 1], end, gradient: parabola },
  rosenbrock: {
    start: [0, 0],
    end: [1, 1],
    gradient: ([x = 0, y = 0]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  },
  noisy: { start: [-1, 10, 1], end, gradient: (x, noise) => parabola(x).map(g => g + noise()) },
}
const names: readonly Name[] = ['parabola', 'rosenbrock', 'noisy']

/** Recipes with the rates of optax's tests; behind them the problem that is left out, and why. */
const rows: readonly (readonly [name: string, args: readonly unknown[], without?: Name, why?: string])[] = [
  ['acprop', [1e-3], 'rosenbrock', 'a first gradient of 0 has it jump by 50, and 20,000 steps back'],
  ['adabelief', [1e-2]],
  ['adadelta', [0.1]],
  ['adafactor', [5e-3]],
  ['adagrad', [1]],
  ['adam', [1e-1]],
  ['adamax', [1e-1]],
  ['adamaxw', [1e-1]],
  ['adamw', [1e-1]],
  ['adan', [1e-1]],
  ['ademamix', [1e-3]],
  ['adopt', [1e-2]],
  ['amsgrad', [1e-1]],
  ['cautiousAdamw', [1e-2]],
  ['cautiousLion', [1e-2, { weightDecay: 1e-4 }]],
  ['cocob', [], 'rosenbrock', 'it takes 13,500 steps'],
  ['cocob', [{ weightDecay: 1e-2 }], 'rosenbrock', 'it takes 14,500 steps'],
  ['fromage', [5e-3]],
  ['kerasNadam', [1e-2]],
  ['lamb', [1e-3]],
  ['lars', [1]],
  ['lion', [1e-2, { weightDecay: 1e-4 }]],
  ['madgrad', [1e-2]],
  ['mars', [1e-2]],
  ['muon', [1e-1]], // without matrices it is AdamW
  ['nadam', [1e-2]],
  ['nadamw', [1e-2]],
  ['noisySgd', [1e-3, { eta: 1e-4 }], 'rosenbrock', 'descent without momentum takes 10,000 steps'],
  ['optimisticAdam', [1e-2]], // optax has 2e-3, which takes 8,800 steps
  ['optimisticGradientDescent', [2e-3, { alpha: 0.7, beta: 0.1 }]],
  ['radam', [5e-3]],
  ['rmsprop', [5e-3]],
  ['rmsprop', [5e-3, { momentum: 0.9 }]],
  ['rprop', [1e-1]],
  ['scheduleFreeAdamw', [1e-2, { warmupSteps: 500 }]],
  ['scheduleFreeSgd', [1e-2, { warmupSteps: 500 }]],
  ['sgd', [1e-3, { momentum: 0.9 }]],
  ['signSgd', [1e-1], 'rosenbrock', 'its rate would have to fall'],
  ['signum', [1e-2], 'rosenbrock', 'its rate would have to fall'],
  ['simplifiedAdemamix', [1e-3]],
  ['sm3', [1]],
  ['torchNadam', [1e-2]],
  ['torchRmsprop', [5e-3]],
  ['torchSgd', [1e-3, { momentum: 0.9, dampening: 0.1 }]],
  ['yogi', [1e-1]],
]

const steps = 30000
const isNear = (x: number, right: number): boolean => Math.abs(x - right) < 3e-2 + 3e-2 * Math.abs(right)

/** Takes steps on all problems at once until each is solved; returns where it ends. */
const solve = (tx: O.GradientTransformation, which: readonly Name[]): Readonly<Record<string, readonly number[]>> => {
  let seed = 1
  const noise = (): number => ((seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5) / 5
  const leaves = <X>(of: (problem: Problem, name: Name) => X): Readonly<Record<string, X>> =>
    Object.fromEntries(which.map(name => [name, of(problems[name], name)]))
  let params = leaves(({ start }) => tf.tensor1d([...start]))
  let state: unknown = tx.init(params)
  const step = O.makeStep(tx, { donate: true })
  const at = () => leaves((_, name) => numbers(params[name]!))
  const isSolved = (): boolean =>
    Object.entries(at()).every(([name, xs]) => xs.every((x, i) => isNear(x, problems[name as Name].end[i]!)))
  for (let i = 0; i < steps && (i % 100 > 0 || !isSolved()); i++) {
    const gradients = leaves(({ gradient }, name) => tf.tensor1d([...gradient(numbers(params[name]!), noise)]))
    ;[params, state] = step(params, gradients, state)
    O.disposeTree(gradients)
  }
  const end = at()
  O.disposeTree([params, state])
  return end
}

t.test('every recipe finds the minimum', async test => {
  await useBackend('cpu')
  const tensors = tf.memory().numTensors
  for (const [name, args, without] of rows) {
    const make = recipes[name]
    if (make === undefined) {
      test.fail(`there is no recipe ${name}`)
      continue
    }
    const which = names.filter(problem => problem !== without)
    const end = solve(make(...args), which)
    for (const problem of which) {
      const right: readonly number[] = problems[problem].end
      const [got, said] = [end[problem]!, `${name}(${JSON.stringify(args).slice(1, -1)})`]
      test.ok(
        got.every((x, i) => isNear(x, right[i]!)),
        `${said}: ${problem} at ${String(got)}`,
      )
    }
  }
  test.equal(tf.memory().numTensors, tensors, 'nothing is left')
  const exported = [...readFileSync('lib/optimizers.ts', 'utf8').matchAll(/export \{([^}]+)\} from '\.\/optimizers\//g)]
    .flatMap(([, found]) => found!.split(','))
    .map(found => found.trim())
    .filter(found => found !== '' && !found.startsWith('type ') && found !== 'scheduleFree') // which takes a recipe
  // Those that estimate their rate, some of them from the loss, go down a parabola in test/estimating.test.ts.
  const estimating = ['dadaptAdamw', 'dog', 'dowg', 'momo', 'momoAdam', 'novograd', 'polyakSgd', 'prodigy']
  const tried = [...rows.map(([name]) => name), ...estimating, 'sophia']
  test.strictSame([...new Set(exported)].sort(), [...new Set(tried)].sort(), 'every recipe is tried')
})

t.test('sophia finds the minimum of the parabola, whose diagonal is 2', async test => {
  await useBackend('cpu')
  const tx = O.sophia(1e-2)
  let params = { x: tf.tensor1d([...problems.parabola.start]) }
  let state: unknown = tx.init(params)
  const step = O.makeStep(tx, { donate: true })
  const hessian = { x: tf.fill([3], 2) }
  for (let i = 0; i < 2000; i++) {
    const gradients = { x: tf.tensor1d([...parabola(numbers(params.x))]) }
    ;[params, state] = step(params, gradients, state as never, i % 10 === 0 ? { hessian } : {})
    O.disposeTree(gradients)
  }
  const got = numbers(params.x)
  test.ok(
    got.every((x, i) => isNear(x, end[i]!)),
    String(got),
  )
  O.disposeTree([params, state, hessian])
})
