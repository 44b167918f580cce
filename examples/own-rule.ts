/** A rule of one's own in ten lines, checked when it is made, usable in every chain. Run: npx tsx examples/own-rule.ts */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { chain, makeStep, scaleByLearningRate } from 'tfjs-optax'
import { add, decayRate, ema, elementwise, mul, printProgram, sign, sub, type Hyper } from 'tfjs-optax/rule'

/** Lion (Chen et al. 2023): the sign of a mean of updates. */
const lion = ({ b1 = 0.9, b2 = 0.99, ...unknown }: { b1?: Hyper; b2?: Hyper } = {}) =>
  elementwise({
    name: 'lion',
    unknown,
    hyper: { b1: decayRate(b1), b2: decayRate(b2) },
    slots: { mu: 0 },
    step: ({ u, mu }, { b1, b2 }) => ({
      u: sign(add(mul(sub(1, b1), u), mul(b1, mu))),
      mu: ema(b2, mu, u),
    }),
  })

const tx = chain(lion(), scaleByLearningRate(0.1))
console.log(printProgram(tx.program))

const step = makeStep(tx, { donate: true })
let params = { w: tf.tensor1d([1, -2, 3]) }
let state = tx.init(params)
for (let i = 0; i < 3; i++) [params, state] = step(params, { w: tf.tensor1d([0.3, -5, 0]) }, state)
console.log(`w = ${params.w.toString()}`)
