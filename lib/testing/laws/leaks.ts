/** The law of memory. */
import * as tf from '@tensorflow/tfjs-core'
import { applyUpdates } from '../../apply.js'
import { disposeTree, tensorLeaves, tidy } from '../../tree/map.js'
import type { GradientTransformation } from '../../transform.js'
import type { LawDefinition, Subject } from '../law.js'
import { init, stepOf, update } from '../walk.js'

const fresh = (): { readonly a: tf.Tensor; readonly b: tf.Tensor } => ({
  a: tf.tensor2d([[1, 2]]),
  b: tf.tensor1d([0.5]),
})

type Style = (tx: GradientTransformation, gradients: unknown, subject: Subject) => string | undefined

/** The ways to write a training loop; each returns what was wrong, if anything. */
const styles: Readonly<Record<string, Style>> = {
  'update and applyUpdates': (tx, gradients, { steps, extra }) => {
    let params: unknown = fresh()
    let state = init(tx, params)
    for (let i = 0; i < steps; i++) {
      const [updates, next] = update(tx, gradients, state, params, extra(i))
      const moved = applyUpdates(params as never, updates as never)
      disposeTree([updates, state, params])
      ;[params, state] = [moved, next]
    }
    disposeTree([params, state])
    return undefined
  },
  'steps in tidy': (tx, gradients, { steps, extra }) => {
    const step = stepOf(tx)
    let both = tidy((): readonly [unknown, unknown] => {
      const params = fresh()
      return [params, init(tx, params)]
    })
    for (let i = 0; i < steps; i++) {
      const old = both
      both = tidy(() => step(old[0], gradients, old[1], extra(i)))
      disposeTree(old)
    }
    disposeTree(both)
    return undefined
  },
  'donated steps': (tx, gradients, { steps, extra }) => {
    const step = stepOf(tx, { donate: true })
    let params: unknown = fresh()
    let state = init(tx, params)
    for (let i = 0; i < steps; i++) [params, state] = step(params, gradients, state, extra(i))
    disposeTree([params, state])
    return undefined
  },
  'donated steps in tidy, of tensors that are kept': (tx, gradients, { steps, extra }) => {
    const step = stepOf(tx, { donate: true })
    let params: unknown = fresh()
    let state = init(tx, params)
    tensorLeaves([params, state]).forEach(tensor => tf.keep(tensor))
    for (let i = 0; i < steps; i++)
      tf.tidy(() => {
        ;[params, state] = step(params, gradients, state, extra(i))
      })
    const isKept = tensorLeaves([params, state]).every(tensor => tensor.kept && !tensor.isDisposed)
    disposeTree([params, state])
    return isKept ? undefined : 'a successor is not kept'
  },
  Variables: (tx, gradients, { steps, extra }) => {
    const step = stepOf(tx, { donate: true })
    const { a, b } = fresh()
    const params = { a: tf.variable(a), b: tf.variable(b) }
    disposeTree([a, b])
    let state = init(tx, params)
    let isSame = true
    for (let i = 0; i < steps; i++) {
      const [same, next] = step(params, gradients, state, extra(i))
      isSame &&= (same as typeof params).a === params.a
      state = next
    }
    disposeTree([params, state])
    return isSame ? undefined : 'another Variable came back'
  },
}

export const leaks: LawDefinition = {
  says: 'many steps leave no tensor behind, in any style of use',
  check: (subject, broken) => {
    const tx = subject.make()
    const gradients = fresh()
    for (const [name, run] of Object.entries(styles)) {
      const before = tf.memory().numTensors
      const wrong = run(tx, gradients, subject)
      const left = tf.memory().numTensors - before
      if (wrong !== undefined) throw broken(`${name}: ${wrong}`)
      if (left !== 0) throw broken(`${name}: ${left} tensors are left after ${subject.steps} steps`)
    }
    disposeTree(gradients)
    return Promise.resolve()
  },
}
