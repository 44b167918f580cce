/** What the types promise; `npm run typecheck` is the judge, so a line here that compiles wrongly fails the build. */
import t from 'tap'
import type * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { elementwise, mul, select, type Expr } from '../../lib/rule.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <_T extends true>(): void => undefined

declare const params: { dense: { kernel: tf.Tensor2D; bias: tf.Variable }; list: [tf.Tensor, { w: tf.Tensor }] }

/** Never called: its body is only typechecked. */
const compiles = (): void => {
  const tx = O.chain(O.clipByGlobalNorm(1), O.scaleByAdam(), O.scale(-1))
  const state = tx.init(params)
  is<Equal<(typeof state)[1]['mu']['dense']['kernel'], tf.Tensor>>()
  is<Equal<(typeof state)[1]['mu']['list'][1]['w'], tf.Tensor>>()
  is<Equal<(typeof state)[0]['count'], number>>()
  // @ts-expect-error clipByGlobalNorm has no slots, so its state has a count and no mu
  state[0].mu
  // @ts-expect-error three links, three states
  state[3]
  // @ts-expect-error states are read only; edit a copy with editState
  state[1].count = 1

  // A gradient may be null; updates come back in the type of the gradients.
  const gradients = { dense: { kernel: params.dense.kernel, bias: null }, list: params.list }
  const [updates, next] = tx.update(gradients, state, params)
  is<Equal<(typeof updates)['dense']['bias'], null>>()
  tx.update(gradients, next, params)
  // @ts-expect-error the state of another chain
  tx.update(gradients, O.chain(O.scale(1)).init(params), params)
  // @ts-expect-error parameters of another structure
  tx.update(gradients, state, { dense: params.dense })

  // Steps keep the type of the parameters, Variables included.
  const [moved, after] = O.makeStep(tx, { donate: true })(params, gradients, state)
  is<Equal<typeof moved, typeof params>>()
  is<Equal<typeof after, typeof state>>()
  // @ts-expect-error gradients must have the structure of the parameters
  O.makeStep(tx)(params, { dense: gradients.dense }, state)
  // @ts-expect-error an unknown option
  O.makeStep(tx, { donated: true })

  // Any transformation is a GradientTransformation; several fit a list; one of two makes a step.
  const takes = (one: O.GradientTransformation): O.GradientTransformation => one
  takes(O.adamw(0.1))
  const several: readonly O.GradientTransformation[] = [O.adam(0.1), O.sgd(0.1), O.clip(1)]
  O.chain(...several).init(params)
  O.monoid.concat(O.adam(0.1), O.sgd(0.1))
  // @ts-expect-error aggregate takes a list of trees, a GradientTransformation one
  takes(O.aggregate('mean'))
  const either = Math.random() < 0.5 ? O.adam(0.1) : O.sgd(0.1)
  O.makeStep(either)(params, gradients, either.init(params) as never)
  const step = O.makeStep({ init: () => ({ n: 1 }), update: <U>(u: U, n: { n: number }) => [u, n] as const })
  is<Equal<ReturnType<typeof step<typeof params>>[1], { n: number }>>()
  const options: O.SgdOptions = {}
  takes(O.sgd(0.1, options))
  takes(O.sgd(0.1, { nesterov: true }))

  // Generic code of a user: gradients from valueAndGrad fit the step.
  const train = <P, F extends O.StateOf>(t: O.GradientTransformation<F>, p: P, lossOf: (p: P) => tf.Tensor): P => {
    const [, g] = O.valueAndGrad(lossOf)(p)
    const [out] = O.makeStep(t)(p, g, t.init(p))
    return O.applyUpdates(out, g)
  }
  is<Equal<ReturnType<typeof train<typeof params, never>>, typeof params>>()

  // Named and nested chains, masks, plain pairs of functions.
  const named = O.namedChain(['clip', O.clip(1)], ['adam', O.chain(O.scaleByAdam(), O.identity())])
  const s = named.init(params)
  is<Equal<(typeof s)['adam'][0]['nu']['dense']['bias'], tf.Tensor>>()
  is<Equal<(typeof s)['adam'][1], readonly []>>()
  const masked = O.masked(O.trace(0.9), true).init(params)
  is<Equal<(typeof masked)['trace']['dense']['kernel'], tf.Tensor | null>>()
  const mine = { init: () => ({ steps: 0 }), update: <U>(u: U, st: { steps: number }) => [u, st] as const }
  const withMine = O.chain(mine, O.scale(1)).init(params)
  is<Equal<(typeof withMine)[0]['steps'], number>>()
  is<Equal<(typeof withMine)[1]['count'], number>>()

  // Recipes: momentum adds a slot, in the types too.
  const momentum = O.sgd(0.1, { momentum: 0.9 }).init(params)
  is<Equal<(typeof momentum)[0]['trace']['dense']['kernel'], tf.Tensor>>()
  // @ts-expect-error without momentum there is no trace
  O.sgd(0.1).init(params)[0].trace

  // Wrong chains do not compile.
  // @ts-expect-error a factory is not a transformation: call it
  O.chain(O.scaleByAdam)
  const first = O.namedChain(['agg', O.aggregate('mean')], ['scale', O.scale(1)])
  first.update([gradients], first.init(params), params)
  // @ts-expect-error a stack of replicas must come first as well
  O.chain(O.scale(1), O.aggregate('mean', { axis: 0 }))
  // @ts-expect-error a mask would meet gradients of another shape
  O.masked(O.aggregate('mean', { axis: 0 }), true)
  O.chain(O.aggregate('mean', { axis: 0 }), O.scale(1)).update(gradients, [{}, { count: 0 }], params)
  // @ts-expect-error aggregate takes a tree per replica, so it must be the first link
  O.chain(O.scale(1), O.aggregate('mean'))
  const many = O.chain(O.aggregate('mean', { each: O.clip(1) }), O.scale(1))
  is<Equal<ReturnType<typeof many.init<typeof params>>[0]['each']['count'], number>>()
  many.update([gradients, gradients], many.init(params), params)
  // @ts-expect-error a list of gradient trees is expected
  many.update(gradients, many.init(params), params)
  // @ts-expect-error an unknown option
  O.scaleByAdam({ beta1: 0.9 })
  // @ts-expect-error the rate is required
  O.adamw()

  // Rules: slots must be returned, conditions are no numbers, inputs are known by name.
  // @ts-expect-error the slot m is not returned
  elementwise({ name: 'r', slots: { m: 0 }, step: ({ u }) => ({ u }) })
  // @ts-expect-error there is no input v
  elementwise({ name: 'r', slots: { m: 0 }, step: ({ u, v }) => ({ u, m: v }) })
  // @ts-expect-error there is no scalar rate
  elementwise({ name: 'r', step: ({ u }, { rate }) => ({ u: mul(u, rate) }) })
  const u = {} as Expr
  // @ts-expect-error select wants a condition, not a number
  select(u, 1, 2)

  // valueAndGrad: gradients like the parameters, aux by request.
  const lossOf = (p: typeof params, x: tf.Tensor): tf.Tensor => (p.dense.bias, x)
  const [loss, grads] = O.valueAndGrad(lossOf)(params, params.dense.kernel)
  is<Equal<typeof loss, tf.Scalar>>()
  is<Equal<(typeof grads)['dense']['bias'], tf.Tensor>>()
  // @ts-expect-error the loss function wants a second argument
  O.valueAndGrad(lossOf)(params)
  const [[, aux]] = O.valueAndGrad((_: typeof params) => [loss, 'note'] as const, { hasAux: true })(params)
  is<Equal<typeof aux, 'note'>>()

  // editState: drafts are writable, tensors stay tensors.
  O.editState(state, draft => {
    draft[1].count = 3
    draft[1].mu.dense.kernel = params.dense.kernel
    // @ts-expect-error no such slot
    draft[1].nuMax
  })
}

t.test('types', test => {
  test.type(compiles, 'function', 'typechecked by npm run typecheck')
  test.end()
})
