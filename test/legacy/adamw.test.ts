/**
 * The numbers of the Model Garden's AdamWeightDecay as a chain: test/golden/adamw_legacy.json, bit for bit in float32 where
 * no norm is active, on cpu and wasm. The sparse case needs the stateful shell and is not run here.
 */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { onBackends } from '../setup.js'

interface Case {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly aggregate: boolean
  readonly variables: readonly { readonly name: string; readonly shape: number[]; readonly init: number[] }[]
  readonly steps: readonly {
    readonly grads: readonly (number[] | null)[]
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
      for (const { grads, vars, weights, iterations } of one.steps) {
        ;[params, state] = step(params, tree(grads), state)
        const adam = (state as readonly { readonly count: number; readonly [slot: string]: unknown }[]).at(-1)!
        if (adam.count !== iterations) throw new Error(`${one.name}: count ${adam.count}`)
        names.forEach((name, i) => (worst = Math.max(worst, apart(params[name]!.dataSync(), vars[i]!))))
        weights.slice(1).forEach(({ name, value }) => {
          const [, variable = '', slot = ''] = /^AdamWeightDecay\/(.*)\/(\w+):0$/.exec(name) ?? []
          const held = (adam[slot] as Record<string, tf.Tensor>)[variable]!
          worst = Math.max(worst, apart(held.dataSync(), value))
        })
      }
      const norms = ['defaults_clip1', 'clipvalue_clipnorm'].includes(one.name)
      if (norms) test.ok(worst < 1e-6, `${one.name}: ${worst.toPrecision(2)} apart, a norm is active`)
      else test.equal(worst, 0, `${one.name}: the same bits`)
    })
})
