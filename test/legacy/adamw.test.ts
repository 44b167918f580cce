/**
 * The numbers of the Model Garden's AdamWeightDecay as a chain: test/golden/adamw_legacy.json, bit for bit in float32 where
 * no norm is active, on cpu and wasm; and the class itself, with its weights in their order.
 */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import { AdamWeightDecay, kerasPolynomialDecay, kerasWarmUp } from '../../lib/legacy.js'
import { jobs, useCounted } from '../backends/counted.js'
import { onBackends } from '../setup.js'

useCounted(cpu)
useCounted(wasm)

interface Sparse {
  readonly indices: number[]
  readonly values: number[]
}
interface Case {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly aggregate: boolean
  readonly variables: readonly { readonly name: string; readonly shape: number[]; readonly init: number[] }[]
  readonly steps: readonly {
    readonly grads: readonly (number[] | Sparse | null)[]
    readonly vars: readonly number[][]
    readonly iterations: number
    readonly weights: readonly { readonly name: string; readonly value: number[] }[]
  }[]
}
const golden = JSON.parse(readFileSync('test/golden/adamw_legacy.json', 'utf8')) as { readonly cases: readonly Case[] }

const { fround } = Math

/** BERT's warmup into a line to zero, as the case names it, rounded as Keras rounds. */
const bert: O.Schedule = k =>
  k < 4 ? fround(fround(0.01) * fround(k / 4)) : fround(fround(0.01) * fround(1 - fround(Math.min(k, 10) / 10)))

const numberOf = (config: Case['config'], key: string, otherwise: number): number => {
  const value = config[key] ?? otherwise
  if (typeof value !== 'number') throw new Error(`${key} is no number`)
  return value
}

/** The chain of one case, in Keras's order: clips, decay of the parameter itself, Adam. */
const chainOf = ({ name, config, aggregate }: Case): O.GradientTransformation => {
  const of = (key: string, otherwise = 0): number => numberOf(config, key, otherwise)
  const [base, decay] = [fround(of('learning_rate', 0.001)), of('decay')]
  const slower: O.Schedule = k => fround(base / fround(1 + fround(fround(decay) * k)))
  const rate = name === 'bert_warmup' ? bert : decay > 0 ? slower : base
  const clip = aggregate ? of('gradient_clip_norm', 1) : 0
  const excluded = (config['exclude_from_weight_decay'] ?? []) as readonly string[]
  const options = { b1: of('beta_1', 0.9), b2: of('beta_2', 0.999), eps: of('epsilon', 1e-7) }
  const links: O.GradientTransformation[] = [
    ...(clip > 0 ? [O.globalClipnorm(clip)] : []),
    ...('clipvalue' in config ? [O.clip(of('clipvalue'))] : []),
    ...('clipnorm' in config ? [O.clipnorm(of('clipnorm'))] : []),
    O.decayParams(rate, of('weight_decay_rate'), { mask: path => !excluded.some(part => path.includes(part)) }),
    config['amsgrad'] === true ? O.amsgradEpsilonHat(rate, options) : O.adamEpsilonHat(rate, options),
  ]
  return O.chain(...links)
}

/** How far apart two float32 lists are: 0 for the same bits. */
const apart = (got: ArrayLike<number>, want: readonly number[]): number =>
  Math.max(...want.map((x, i) => Math.abs((got[i] ?? NaN) - x) / Math.max(Math.abs(x), 1e-6)))

onBackends('AdamWeightDecay as a chain comes to the bits of TensorFlow', test => {
  for (const one of golden.cases.filter(({ name }) => name !== 'sparse'))
    tf.tidy(() => {
      const names = one.variables.map(({ name }) => name.replace(/:0$/, ''))
      const tree = (values: readonly (number[] | null)[]) =>
        Object.fromEntries(
          names.map((name, i) => [name, values[i] ? tf.tensor(values[i], one.variables[i]!.shape) : null]),
        )
      const tx = chainOf(one)
      const step = O.makeStep(tx)
      let params = tree(one.variables.map(({ init }) => init)) as Record<string, tf.Tensor>
      let state = tx.init(params)
      let worst = 0
      const before = jobs()
      for (const { grads, vars, weights, iterations } of one.steps) {
        ;[params, state] = step(params, tree(grads as (number[] | null)[]), state)
        const adam = (state as readonly { readonly count: number; readonly [slot: string]: unknown }[]).at(-1)!
        if (adam.count !== iterations) throw new Error(`${one.name}: count ${adam.count}`)
        names.forEach((name, i) => (worst = Math.max(worst, apart(params[name]!.dataSync(), vars[i]!))))
        weights.slice(1).forEach(({ name, value }) => {
          const [, variable = '', slot = ''] = /^AdamWeightDecay\/(.*)\/(\w+):0$/.exec(name) ?? []
          const held = (adam[slot] as Record<string, tf.Tensor>)[variable]!
          worst = Math.max(worst, apart(held.dataSync(), value))
        })
      }
      test.ok(jobs() - before >= one.steps.length, `${one.name}: kernels took every step`)
      const norms = ['defaults_clip1', 'clipvalue_clipnorm'].includes(one.name)
      if (norms) test.ok(worst < 1e-6, `${one.name}: ${worst.toPrecision(2)} apart, a norm is active`)
      else test.equal(worst, 0, `${one.name}: the same bits`)
    })
})

/** The class of a case, from the config that Python got. */
const optimizerOf = ({ name, config }: Case): AdamWeightDecay => {
  const linear = kerasPolynomialDecay({ initialLearningRate: 0.01, decaySteps: 10, endLearningRate: 0 })
  const warm = kerasWarmUp({ initialLearningRate: 0.01, decayScheduleFn: linear, warmupSteps: 4 })
  return AdamWeightDecay.fromConfig({ ...config, ...(name === 'bert_warmup' && { learning_rate: warm }) })
}

onBackends('AdamWeightDecay itself comes to the bits of TensorFlow, weights in its order', async test => {
  for (const one of golden.cases) {
    const optimizer = optimizerOf(one)
    const variables = one.variables.map(({ name, shape, init }) =>
      tf.variable(tf.tensor(init, shape), true, name.replace(/:0$/, '')),
    )
    const before = tf.memory().numTensors
    let worst = 0
    const ran = jobs()
    for (const { grads, vars, weights, iterations } of one.steps) {
      const given = grads.map((gradient, i) => {
        const variable = variables[i]!
        if (gradient === null) return [null, variable] as const
        if (Array.isArray(gradient)) return [tf.tensor(gradient, variable.shape), variable] as const
        const { indices, values } = gradient
        return [{ indices, values: tf.tensor(values, [indices.length, ...variable.shape.slice(1)]) }, variable] as const
      })
      const done = optimizer.applyGradients(given, { experimentalAggregateGradients: one.aggregate })
      tf.dispose(
        given.map(([gradient]) => (gradient !== null && 'values' in gradient ? gradient.values : gradient) ?? []),
      )
      if (done !== iterations) throw new Error(`${one.name}: ${done} iterations`)
      vars.forEach((want, i) => (worst = Math.max(worst, apart(variables[i]!.dataSync(), want))))
      const held = await optimizer.getWeights()
      test.strictSame(
        held.map(({ name }) => name),
        weights.map(({ name }) => name.replace(/:0$/, '').replace(/^AdamWeightDecay\/iter$/, 'iter')),
        `${one.name}: names`,
      )
      held.forEach(({ tensor }, i) => (worst = Math.max(worst, apart(tensor.dataSync(), weights[i]!.value))))
    }
    test.ok(jobs() - ran >= one.steps.length, `${one.name}: kernels took every step`)
    const norms = ['defaults_clip1', 'clipvalue_clipnorm'].includes(one.name)
    if (norms) test.ok(worst < 1e-6, `${one.name}: ${worst.toPrecision(2)} apart, a norm is active`)
    else test.equal(worst, 0, `${one.name}: the same bits`)
    optimizer.dispose()
    test.equal(tf.memory().numTensors, before, `${one.name}: nothing is left`)
    tf.dispose(variables)
  }
})
