/** Rates that are no numbers, or infinite: `strict` takes what TensorFlow takes, and comes to what it comes to. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import * as L from '../../lib/legacy.js'
import { camelCase } from '../../lib/legacy/keras/settings.js'
import { numbers, onBackends } from '../setup.js'

type Given = number | string
interface Case {
  readonly class: 'Adam' | 'SGD' | 'RMSprop' | 'Adagrad' | 'AdamWeightDecay' | 'LAMB' | 'LARS'
  readonly first: Readonly<Record<string, unknown>>
  readonly later: Readonly<Record<string, unknown>>
  readonly steps: readonly {
    readonly variables: readonly (readonly Given[])[]
    readonly weights: readonly (readonly Given[])[]
  }[]
}

const cases = JSON.parse(readFileSync('test/golden/strict_rates.json', 'utf8')) as readonly Case[]
const words: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const read = <T>(x: T | string): T | number => (typeof x === 'string' && x in words ? words[x]! : (x as T))
const optionsOf = (given: Case['first']) =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [camelCase(key), read(value)]))

/** The same up to the rounding of norms; what is no number, to the bit. */
const isSame = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.abs(b) || (a === 0 && b === 0)

const hasNoNumber = (options: Record<string, unknown>): boolean =>
  Object.values(options).some(x => typeof x === 'number' && !Number.isFinite(x))

const variablesOf = () => [tf.variable(tf.tensor1d([1, -2, 0]), true, 'p'), tf.variable(tf.tensor1d([3]), true, 'q')]

onBackends('strict goes where TensorFlow goes', test => {
  for (const { class: name, first, later, steps } of cases) {
    const title = `${name} ${JSON.stringify(first)} ${JSON.stringify(later)}`
    const options = optionsOf(first)
    if (hasNoNumber(options)) test.throws(() => new L[name](options), { name: 'ValueError' }, `${title}: not otherwise`)
    const optimizer = new L[name]({ ...options, strict: true })
    const variables = variablesOf()
    for (const [k, step] of steps.entries()) {
      const gradients = [tf.tensor1d([0.5, 0, -1]), tf.tensor1d([0])]
      optimizer.applyGradients(variables.map((variable, i) => [gradients[i]!, variable] as const))
      tf.dispose(gradients)
      for (const [what, got, want] of [
        ['variables', variables, step.variables],
        ['weights', optimizer.weights.slice(1), step.weights],
      ] as const) {
        const [have, expected] = [got.flatMap(numbers), want.flat().map(read<number>)]
        test.ok(
          have.length === expected.length && have.every((x, i) => isSame(x, expected[i]!)),
          `${title}, step ${k + 1}: ${what} ${have.join(' ')}, not ${expected.join(' ')}`,
        )
      }
      Object.assign(optimizer, optionsOf(later))
    }
    test.equal(optimizer.iterations, 2)
    const again = L[name].fromConfig<L.Adam>({ ...optimizer.getConfig(), strict: true })
    test.strictSame(
      String(again.learningRate as number),
      String(optimizer.learningRate as number),
      `${title}: the config is read`,
    )
    tf.dispose(variables)
    optimizer.dispose()
    again.dispose()
  }
})

onBackends('a schedule, a scalar tensor and sparse gradients too', test => {
  const rates = [() => NaN, tf.scalar(NaN), (k: number) => (k === 0 ? 0.5 : NaN)] as const
  for (const name of ['Adam', 'SGD', 'Adagrad', 'AdamWeightDecay', 'LAMB'] as const)
    for (const [i, learningRate] of rates.entries()) {
      const [sane, strict] = [new L[name]({ learningRate }), new L[name]({ learningRate, strict: true })]
      const p = tf.variable(tf.tensor1d([1, -2, 0]))
      const sparse = { indices: [0], values: tf.tensor1d([1]) }
      const step = (optimizer: tf.Optimizer) => (optimizer as L.Adam).applyGradients([[sparse, p]])
      if (i === 2) step(strict)
      test.strictSame(numbers(p).some(Number.isNaN), false)
      if (i < 2) test.throws(() => step(sane), { name: 'ValueError' }, `${name}: not otherwise`)
      step(strict)
      test.ok(Number.isNaN(numbers(p)[0]!), `${name}, rate ${i}: ${numbers(p).join(' ')}`)
      test.equal(strict.iterations, i === 2 ? 2 : 1)
      tf.dispose([p, sparse.values])
      sane.dispose()
      strict.dispose()
    }
  tf.dispose(rates[1])
})
