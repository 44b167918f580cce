/** Numbers of torch, of Keras 3 and of papers whose rules optax lacks; test/golden/make_others.py makes them. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { numbers, onBackends } from '../setup.js'

type Leaves = Readonly<Record<'w' | 'b', readonly number[] | readonly (readonly number[])[]>>
type Cases = Readonly<Record<string, readonly Leaves[]>>
interface Golden extends Readonly<Record<'torch' | 'keras' | 'papers', Cases>> {
  readonly params: Leaves
  readonly grads: readonly Leaves[]
}
const { params: first, grads, ...others } = JSON.parse(readFileSync('test/golden/others.json', 'utf8')) as Golden

const weightDecay = 0.1
const noDecay = { weightDecay: 0 }
/** The same as in make_others.py, name for name. */
const transforms: Readonly<Record<string, Readonly<Record<string, O.GradientTransformation>>>> = {
  torch: {
    sgd: O.torchSgd(0.05),
    'sgd dampening': O.torchSgd(0.05, { momentum: 0.9, dampening: 0.2, weightDecay }),
    'sgd nesterov': O.torchSgd(0.05, { momentum: 0.9, nesterov: true }),
    rmsprop: O.torchRmsprop(0.05),
    'rmsprop momentum': O.torchRmsprop(0.05, { alpha: 0.9, eps: 1e-3, momentum: 0.9, weightDecay }),
    'rmsprop centered': O.torchRmsprop(0.05, { alpha: 0.9, eps: 1e-3, centered: true }),
    adagrad: O.torchAdagrad(0.05),
    'adagrad decay': O.torchAdagrad(0.05, { lrDecay: 0.1, initialAccumulatorValue: 0.5, eps: 1e-3 }),
    nadam: O.torchNadam(0.05),
    'nadam decay': O.torchNadam(0.05, { b1: 0.8, b2: 0.9, eps: 1e-3, weightDecay, momentumDecay: 0.1 }),
    adamax: O.adamax(0.05),
    adadelta: O.adadelta(1),
    rprop: O.rprop(0.05),
    adamw: O.adamw(0.05, { weightDecay }),
    adam: O.adam(0.05, { b1: 0.8, b2: 0.9, eps: 1e-3 }),
  },
  keras: {
    nadam: O.kerasNadam(0.05),
    'nadam betas': O.kerasNadam(0.05, { b1: 0.8, b2: 0.9, eps: 1e-3 }),
    adamax: O.kerasAdamax(0.05),
    'adamax eps': O.kerasAdamax(0.05, { b1: 0.8, b2: 0.9, eps: 0.1 }),
    rmsprop: O.rmsprop(0.05, { eps: 1e-7 }),
    'rmsprop momentum': O.rmsprop(0.05, { decay: 0.8, momentum: 0.9, centered: true, eps: 1e-3 }),
    adagrad: O.adagrad(0.05),
    adadelta: O.adadelta(1, { rho: 0.95, eps: 1e-7 }),
    lion: O.lion(0.05, noDecay),
    sgd: O.kerasMomentum(0.05, { nesterov: true }),
    adam: O.adamEpsilonHat(0.05),
    'adam amsgrad': O.amsgradEpsilonHat(0.05, { b1: 0.8, b2: 0.9, eps: 1e-3 }),
  },
  papers: {
    cautious_adamw: O.cautiousAdamw(0.05, { weightDecay }),
    cautious_lion: O.cautiousLion(0.05, noDecay),
    cautious_decay: O.chain(O.scaleByAdam(), O.addCautiousDecayedWeights(0.3), O.scaleByLearningRate(0.05)),
    mars: O.mars(0.05, { weightDecay }),
    grokfast: O.chain(O.grokfast(), O.sgd(0.05)),
    ortho_grad: O.chain(O.orthoGrad(), O.sgd(0.05)),
  },
}

const tensors = ({ w, b }: Leaves) => ({ w: tf.tensor2d(w as number[][]), b: tf.tensor1d(b as number[]) })

onBackends('parameters after each of five steps', test => {
  for (const [source, cases] of Object.entries<Cases>(others)) {
    for (const [name, steps] of Object.entries(cases))
      tf.tidy(() => {
        const tx = transforms[source]![name]!
        let params = tensors(first)
        let state = tx.init(params)
        const off = steps.map((want, i) => {
          const [updates, next] = tx.update(tensors(grads[i]!), state, params)
          params = O.applyUpdates(params, updates)
          state = next
          const errors = (['w', 'b'] as const).flatMap(key => {
            const right = want[key].flat()
            // Keras rounds its bias corrections to float32, which alone is 1e-5 of a step.
            return numbers(params[key]).map((x, k) => Math.abs(x - right[k]!) / (2e-7 + 2e-5 * Math.abs(right[k]!)))
          })
          return Math.max(...errors)
        })
        const worst = Math.max(...off).toPrecision(2)
        test.ok(Math.max(...off) <= 1, `${source}: ${name}: worst ${worst} of the tolerance`)
      })
    test.strictSame(Object.keys(transforms[source]!).sort(), Object.keys(cases).sort(), 'every case is run')
  }
})
