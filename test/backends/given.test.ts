/** What a fused step may be given: tensors of another backend or of a cast, replicas, users' links; and what it refuses. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { cpu } from '../../lib/backends/cpu/device.js'
import type { Device } from '../../lib/backends/device.js'
import { useDevice } from '../../lib/backends/select.js'
import { wasm } from '../../lib/backends/wasm/device.js'
import * as O from '../../lib/index.js'
import type { Plan } from '../../lib/plan/plan.js'
import { leftBehind, numbers, onBackends, useBackend } from '../setup.js'

t.test('tensors that come from another backend may make the memory of wasm grow', async test => {
  const size = 2e6
  const tx = O.sgd(0.1, { momentum: 0.9 })
  for (const moved of ['everything', 'gradients']) {
    const make = (): tf.Tensor[] => [tf.ones([size]), tf.ones([size])]
    await useBackend(moved === 'everything' ? 'cpu' : 'wasm')
    const params = make()
    const before = tx.init(params)
    await useBackend('cpu')
    const gradients = make()
    await useBackend('wasm')
    const [after, next] = O.makeStep(tx)(params, gradients, before)
    for (const tensor of after) {
      const values = tensor.dataSync()
      test.ok(
        values.every(x => x === Math.fround(0.9)),
        `${moved}: ${values[0]}`,
      )
    }
    O.disposeTree([params, before, gradients, after, next])
  }
})

onBackends('what tf.cast makes of integers is float32, whatever array tfjs keeps', (test, backend) => {
  const isB = (path: string): boolean => path === 'b'
  const tx = O.chain(O.masked(O.scale(2), isB), O.sgd(0.1, { momentum: 0.9 }))
  const cast = (dtype: 'int32' | 'bool'): tf.Tensor => tf.cast(tf.ones([3], dtype), 'float32')
  for (const dtype of ['int32', 'bool'] as const)
    for (const donate of [false, true]) {
      const params = { a: tf.ones([4]), b: tf.ones([3]) }
      const [after, next] = O.makeStep(tx, { donate })(params, { a: tf.ones([4]), b: cast(dtype) }, tx.init(params))
      test.same(numbers(after.a), Array<number>(4).fill(Math.fround(0.9)), `${backend} ${dtype} gradient`)
      test.same(numbers(after.b), Array<number>(3).fill(Math.fround(0.8)))
      test.match(O.explain(tx, { params: after }), 'generated kernels')
      O.disposeTree(next)

      const weights = { w: cast(dtype) }
      const adam = O.adam(0.5)
      const [moved] = O.makeStep(adam, { donate })(weights, { w: tf.ones([3]) }, adam.init(weights))
      test.ok(
        numbers(moved.w).every(x => Math.abs(x - 0.5) < 1e-6),
        `${backend} ${dtype} parameter: ${numbers(moved.w).join()}`,
      )
    }
})

const user: O.Link = { init: () => ({}), update: (updates: unknown, s: unknown) => [updates, s] } as never

onBackends('replicas before the link of a user: the state of every link comes back', test => {
  const tx = O.chain(O.aggregate('mean'), user, O.sgd(0.1, { momentum: 0.9 }))
  const params = { a: tf.ones([4]) }
  const gradients = { a: tf.ones([4]) }
  const step = O.makeStep(tx as O.GradientTransformation)
  let [p, s] = [params as unknown, tx.init(params) as unknown]
  for (let i = 0; i < 3; i++) [p, s] = step(p as never, [gradients, gradients] as never, s as never)
  test.match(s, [{}, {}, [{ count: 3 }, { count: 3 }]])
  test.ok(
    numbers((p as typeof params).a).every(x => Math.abs(x - 0.439) < 1e-6),
    'momentum of three steps',
  )
})

/** The plans that run meanwhile. */
const plansOf = (run: () => void): ReadonlySet<Plan> => {
  const plans = new Set<Plan>()
  const seen = (device: Device): Device => ({ ...device, run: job => (plans.add(job.plan), device.run(job)) })
  for (const device of [cpu, wasm]) useDevice(seen(device))
  try {
    run()
  } finally {
    for (const device of [cpu, wasm]) useDevice(device)
  }
  return plans
}

onBackends('chains that begin with the same link are planned once each, in whatever order they run', test => {
  const clip = O.clip(1)
  const chains = [O.scale(2), O.trace(0.5), O.scale(3)].map(last => O.chain(clip, last, user, O.sgd(0.1)))
  const params = { a: tf.ones([4]) }
  const run = (): void => {
    for (const tx of chains)
      tf.tidy(() => {
        tx.update(params, tx.init(params), params)
      })
  }
  plansOf(run) // with those that only check
  const plans = plansOf(() => {
    run()
    run()
  })
  test.equal(plans.size, 3, 'two before the cut, where other numbers make no other plan, and one behind it')
})

onBackends('a leaf without a gradient changes no plan: what is masked stays what it was', test => {
  const tx = O.chain(
    O.masked(O.trace(0.5), path => path !== 'b'),
    O.clipByNorm(1),
    O.scale(-1),
  )
  const params = { a: tf.ones([4]), b: tf.ones([3]), c: tf.ones([2]) }
  const [a, b, c] = [tf.ones([4]), tf.ones([3]), tf.ones([2])]
  const step = O.makeStep(tx as O.GradientTransformation)
  const run = (gradients: unknown): void => {
    step(params, gradients as typeof params, tx.init(params) as never)
  }
  plansOf(() => {
    run({ a, b, c })
  })
  const plans = plansOf(() => {
    for (const gradients of [
      { a, b, c },
      { a: null, b, c },
      { a, b: null, c },
      { a: null, b, c: null },
    ])
      run(gradients)
  })
  test.equal(plans.size, 1)
  const [after] = step(params, { a: null, b, c: null }, tx.init(params) as never)
  test.ok(
    numbers(after.b).every(x => Math.abs(x - (1 - 1 / Math.sqrt(3))) < 1e-6),
    'by the norm of its own gradient',
  )
  test.same([numbers(after.a), numbers(after.c)], [Array(4).fill(1), Array(2).fill(1)])
})

onBackends('a thousand links that depend on one another run, link by link', test => {
  const tx = O.chain(...Array.from({ length: 1500 }, (_, i) => O.clip(2000 - i)))
  const params = tf.tensor1d([1, -3000])
  const [updates] = (tx as O.GradientTransformation).update(params, tx.init(params))
  test.same(numbers(updates), [1, -501])
  test.match(O.explain(tx), 'tfjs ops, since its links are too many for one expression')
})

onBackends('replicas leave no tensor behind outside a tidy', async test => {
  for (const donate of [false, true])
    for (const make of [() => O.aggregate('sum'), () => O.aggregate('mean', { each: O.clip(1) })]) {
      const tx = O.chain(make(), O.sgd(0.1, { momentum: 0.9 }))
      let params = { a: tf.ones([4]) }
      let slots = tx.init(params)
      const gradients = [{ a: tf.ones([4]) }, { a: tf.ones([4]) }]
      const step = O.makeStep(tx, { donate })
      const left = await leftBehind(() => {
        for (let i = 0; i < 5; i++) {
          const before = [params, slots]
          ;[params, slots] = step(params, gradients, slots)
          if (!donate) O.disposeTree(before)
        }
      })
      test.equal(left, 0)
    }
})

onBackends('a gradient that is a parameter, by the `how` of a user', test => {
  const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([10, 20]) }
  const tx = O.chain(
    O.aggregate(() => ({ a: params.b, b: params.a })),
    O.scale(1),
  )
  const other = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([10, 20]) }
  const [next] = O.makeStep(tx, { donate: true })(params, [other], tx.init(params))
  test.strictSame([next.a, next.b].map(numbers), [
    [11, 22],
    [11, 22],
  ])
  O.disposeTree([next, other])
})

t.test('a cpu tensor of a plain array runs as tfjs ops', async test => {
  await useBackend('cpu')
  const odd = tf.buffer([2], 'float32', [1, 2] as never).toTensor()
  const tx = O.sgd(1)
  const [next] = O.makeStep(tx, { donate: true })(tf.tensor1d([1, 1]) as tf.Tensor, odd as never, tx.init(odd))
  test.strictSame(numbers(next), [0, -1])
  O.disposeTree([next, odd])
})

onBackends('a gradient of a replica is never consumed', test => {
  const tx = O.chain(O.aggregate('sum'), O.sgd(0.1))
  const params = { a: tf.ones([4]) }
  const gradients = { a: tf.ones([4]) }
  const step = O.makeStep(tx, { donate: true })
  test.throws(() => step(params, [params, gradients], tx.init(params)), {
    message: /params\.a is consumed, but the same tensor is the gradient gradients\.0\.a/,
  })
  test.same(numbers(params.a), [1, 1, 1, 1])
})

t.test('what is no tree of parameters, and what are no options', async test => {
  await useBackend('cpu')
  const updates = { w: tf.ones([2]) }
  for (const nothing of [undefined, null]) {
    test.throws(() => O.applyUpdates<unknown>(nothing, updates as never), {
      message: /applyUpdates: params must be a tree of tensors/,
    })
  }
  for (const wrong of [null, 5]) {
    const message = /: takes \(tx, \{\w+.*\}\), got \(a record .*, (null|5)\)/
    test.throws(() => O.makeStep(O.sgd(0.1), wrong as never), { message })
    test.throws(() => O.explain(O.sgd(0.1), wrong as never), { message })
    await test.rejects(async () => O.ready(O.sgd(0.1), wrong as never), { message })
  }
})

onBackends('explain tells what runs', (test, backend) => {
  const cut = O.explain(O.chain(user, O.sgd(0.1)))
  test.match(cut, `${backend}: generated kernels, to fresh memory`)
  test.match(cut, 'scaleByLearningRate: 1 pass, 8 bytes per parameter')
  test.match(cut, /p \+ u: in tfjs ops$/)
  test.match(O.explain(user), /p \+ u: in tfjs ops$/)

  const params = { a: tf.ones([2]), n: tf.ones([2], 'int32') }
  test.match(O.explain(O.sgd(0.1), { params }), `${backend}: tfjs ops, since n is int32`)
})

t.test('explain tells that the check at first use gave a chain to tfjs ops', async test => {
  await useBackend('cpu')
  const { Module } = WebAssembly
  const { warn } = console
  const warnings: unknown[] = []
  const tx = O.chain(O.clip(1), O.clip(2), O.clip(3), O.clip(4))
  test.match(O.explain(tx), 'cpu: generated kernels')
  try {
    console.warn = (...words: unknown[]) => warnings.push(words)
    WebAssembly.Module = function forbidden() {
      throw new WebAssembly.CompileError('disallowed')
    } as never
    const params = { a: tf.ones([2]) }
    tx.update(params, tx.init(params))
    O.makeStep(tx)(params, params, tx.init(params))
  } finally {
    WebAssembly.Module = Module
    console.warn = warn
  }
  test.equal(warnings.length > 0, true)
  test.match(O.explain(tx), 'cpu: tfjs ops, since its kernels failed the check at first use')
})
