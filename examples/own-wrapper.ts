/** A wrapper of one's own, in one file: it skips every third step. Run: npx tsx examples/own-wrapper.ts */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { adam, explain, makeStep, type Link } from 'tfjs-optax'
import { elementwise, nest } from 'tfjs-optax/rule'
import { lawsOf } from 'tfjs-optax/testing'

/** The update zero. */
const nothing = () => elementwise({ name: 'nothing', step: () => ({ u: 0 }) })

/**
 * Runs `inner` at all steps but every `n`-th, at which updates are zero and `inner` keeps its state.
 *
 * State: `step`, the steps since the last one that was skipped, `inner` and `skipped`.
 */
const skipEvery = <T extends Link>(inner: T, n: number) => {
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`skipEvery: n must be a whole number from 2 on, got ${n}`)
  return nest({
    name: 'skipEvery',
    parts: { inner, skipped: nothing() },
    own: { step: 0 },
    options: { n },
    arms: {
      step: { runs: ['inner'], next: ({ step }) => ({ step: step + 1 }) },
      skip: { runs: ['skipped'], next: () => ({ step: 0 }) },
    },
    pick: ({ step }) => (step + 1 < n ? 'step' : 'skip'),
  })
}

const tx = skipEvery(adam(0.1), 3)
const step = makeStep(tx, { donate: true })
let params = { w: tf.tensor1d([1, -2]) }
let state = tx.init(params)
for (let i = 1; i <= 6; i++) {
  const gradients = { w: tf.tensor1d([1, 1]) }
  ;[params, state] = step(params, gradients, state)
  tf.dispose(gradients)
  const [first] = params.w.dataSync()
  console.log(`step ${i}: w = ${first?.toFixed(3)}, Adam has done ${state.inner[0].count} steps`)
}

// Each way to run a step has kernels of its own, so nothing runs in vain.
console.log(explain(tx))

// A wrapper is tested by the laws that every wrapper of the package keeps; give each to your test runner.
const laws = lawsOf('skipEvery', ({ rate }) => skipEvery(adam(rate ?? 0.1), 3), { hyper: { rate: 0.1 }, runs: 3 })
for (const { check } of laws) await check()
console.log(`${laws.length} laws hold: ${laws.map(({ name }) => name).join(', ')}`)
