/** `tfjs-optax/testing`: a law catches whoever breaks it, and says where; what strangers write passes. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../lib/index.js'
import { useDevice } from '../lib/backends/select.js'
import { deviceNow } from '../lib/backends/registry.js'
import { elementwise, mul } from '../lib/rule.js'
import { lawsOf, type LawName, type LawOptions, type Make } from '../lib/testing.js'
import { onBackends, useBackend } from './setup.js'

type Pair = O.Link & { readonly name?: string }
/** A plain pair that steps like `scale(0.5)` and keeps what `state` makes of the parameters. */
const pair = (
  update: (u: Tree, s: never, p: Tree) => readonly [unknown, unknown],
  init: (params: Tree) => unknown = () => ({ count: 0 }),
): Pair => ({ init, update: update as unknown as Pair['update'] })
type Tree = Readonly<Record<string, tf.Tensor>>
const half = (u: Tree): unknown => O.mapTree(u, leaf => tf.mul(leaf, 0.5))

/** What breaks each law, and what the law says of it. */
const broken: readonly (readonly [law: LawName, make: () => O.Link, says: RegExp, options?: LawOptions])[] = [
  [
    'purity',
    () =>
      pair(
        u => {
          u['a']?.dataSync().fill(7)
          return [half(u), {}]
        },
        () => ({}),
      ),
    /purity: what was given has changed: gradients\.a is /,
  ],
  [
    'purity',
    () =>
      pair(
        (u, s) => {
          O.tensorsOf(s).forEach(([, leaf]) => leaf.dispose())
          return [half(u), O.mapTree(u, leaf => tf.zerosLike(leaf))]
        },
        params => O.mapTree(params, leaf => tf.zerosLike(leaf)),
      ),
    /purity: a tensor that was given is disposed/,
  ],
  [
    'structure',
    () =>
      pair(
        (u, s: { n: number }) => [half(u), s.n === 0 ? { n: 1, more: 2 } : s],
        () => ({ n: 0 }),
      ),
    /structure: the state became .*more/,
  ],
  [
    'structure',
    () =>
      pair(
        u => [O.mapTree(u, leaf => tf.reshape(leaf, [-1])), {}],
        () => ({}),
      ),
    /^link 0: leaf .* has shape .* in the updates it returned/,
  ],
  [
    'ownership',
    () =>
      pair(
        u => {
          tf.keep(tf.scalar(1))
          return [half(u), {}]
        },
        () => ({}),
      ),
    /ownership: 1 tensors are left/,
  ],
  [
    'tidiness',
    () =>
      pair(
        u => {
          tf.keep(tf.scalar(1))
          return [half(u), {}]
        },
        () => ({}),
      ),
    /tidiness: \d+ tensors more are left than were returned/,
  ],
  [
    'leaks',
    () =>
      pair(
        u => {
          tf.keep(tf.scalar(1))
          return [half(u), {}]
        },
        () => ({}),
      ),
    /leaks: update and applyUpdates: 25 tensors are left after 25 steps/,
  ],
  [
    'wholeSteps',
    () =>
      pair(
        (u, s: { n: number }, p) => [u === p ? u : O.mapTree(u, leaf => tf.mul(leaf, Math.random())), s],
        () => ({ n: 0 }),
      ),
    /wholeSteps: step 0: /,
  ],
  [
    'zeros',
    () =>
      pair(
        u => [O.mapTree(u, leaf => tf.div(leaf, tf.norm(leaf))), {}],
        () => ({}),
      ),
    /zeros: step 0: updates\..* is not finite/,
  ],
  [
    'order',
    () =>
      pair(
        u => [O.mapTree(u, leaf => tf.mul(leaf, Object.keys(u)[0] === 'a' ? 1 : 2)), {}],
        () => ({}),
      ),
    /order: with turned keys /,
  ],
  ['schedules', () => O.scale(0.1), /schedules: the schedule of rate was asked for counts $/, { hyper: { rate: 1 } }],
  [
    'files',
    () => {
      let steps = 0 // hidden from the state
      return pair(
        u => [O.mapTree(u, leaf => tf.mul(leaf, ++steps)), {}],
        () => ({}),
      )
    },
    /files: after 0 steps and one from safetensors /,
  ],
  [
    'configs',
    () =>
      pair(
        u => [half(u), {}],
        () => ({}),
      ),
    /a plain \{init, update\} cannot be written/,
    { config: true },
  ],
  [
    'tape',
    () =>
      pair(
        u => [O.mapTree(u, leaf => tf.mul(tf.sqrt(tf.sub(leaf, leaf)), 1)), {}],
        () => ({}),
      ),
    /tape: the gradient of leaf 0 is not finite/,
  ],
]

onBackends('each law catches who breaks it', async (test, backend) => {
  for (const [law, make, says, options = {}] of broken) {
    if (backend === 'wasm' && String(says).includes('given has changed')) continue // values that are read are a copy there
    const one = lawsOf('it', make, { runs: 2, ...options }).find(({ name }) => name === law)
    test.ok(one !== undefined, `${law} concerns it`)
    await test.rejects(one!.check(), { message: says }, law)
  }
})

onBackends('a kernel that is wrong, or that a fallback hides, is found', async test => {
  const tx = () => O.scale(0.5)
  const find = (name: LawName) => lawsOf('scale', tx, { runs: 2 }).find(law => law.name === name)!
  const device = deviceNow()!
  test.teardown(() => {
    useDevice(device)
  })
  await find('kernels').check()
  await find('reference').check()
  useDevice({
    ...device,
    run: job => {
      device.run({
        ...job,
        scalars: Object.fromEntries(Object.entries(job.scalars).map(([name, x]) => [name, x * 1.5])),
      })
    },
  })
  await test.rejects(find('kernels').check(), { message: /^scale: kernels: step 0: by kernels / })
  await test.rejects(find('reference').check(), { message: /^scale: reference: step 0: .* ± / })
  useDevice({ ...device, hold: () => null })
  await test.rejects(find('kernels').check(), { message: /kernels ran 0 times in 2 steps: tfjs ops took over/ })
  useDevice({ ...device, problem: () => 'none today' })
  const { warn } = console
  console.warn = () => undefined
  await test.rejects(find('kernels').check(), { message: /kernels cannot run on the backend/ })
  console.warn = warn
})

onBackends('rules, wrappers, chains and plain pairs that keep the laws pass all of them, from any seed', async test => {
  const subjects: readonly (readonly [string, Make, LawOptions])[] = [
    [
      'a plain pair',
      () =>
        pair(
          u => [half(u), {}],
          () => ({}),
        ),
      {},
    ],
    [
      'a rule that reads the loss',
      () => elementwise({ name: 'byLoss', extras: ['value'], step: ({ u, value }) => ({ u: mul(u, value) }) }),
      { extra: step => ({ value: step + 0.5 }) },
    ],
    ['adamw', h => O.adamw(h['rate'] ?? 0.1), { hyper: { rate: 0.1 }, config: true }],
    ['multiSteps', () => O.multiSteps(O.trace(0.9), 2), { config: true }],
  ]
  for (const [name, make, options] of subjects)
    for (const seed of [1, 2]) {
      const laws = lawsOf(name, make, { ...options, runs: 2, seed, steps: 4 })
      test.ok(laws.length >= 15, `${name}: ${laws.length} laws`)
      for (const { law, check } of laws) await test.resolves(check(), law)
    }
})

t.test('samples are the same at every run, and other ones from another seed', async test => {
  await useBackend('cpu')
  const seen = async (seed: number): Promise<string> => {
    const values: number[] = []
    const watch = () =>
      pair(
        u => {
          O.tensorsOf(u).forEach(([, leaf]) => values.push(...leaf.dataSync()))
          return [half(u), {}]
        },
        () => ({}),
      )
    await lawsOf('watch', watch, { seed, runs: 3 })[0]!.check()
    return values.join()
  }
  test.equal(await seen(1), await seen(1))
  test.not(await seen(1), await seen(2))
  test.ok((await seen(1)).split(',').length > 10)
})

t.test('wrong options of lawsOf are told by name', async test => {
  await useBackend('cpu')
  const tx = () => O.sgd(0.1)
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => lawsOf('', tx), /^lawsOf: name must be a text, got ""/],
    [
      () => lawsOf('it', O.sgd(0.1) as never),
      /^lawsOf: make must be a function that returns a transformation, got a record/,
    ],
    [
      () => lawsOf('it', () => 3 as never),
      /^lawsOf: what make returned must be a transformation \{init, update\}, got 3/,
    ],
    [() => lawsOf('it', tx, { runs: 0 }), /^lawsOf: runs must be a whole number from 1 on, got 0/],
    [() => lawsOf('it', tx, { seed: 1.5 }), /^lawsOf: seed must be a whole number from 0 on, got 1.5/],
    [() => lawsOf('it', tx, { steps: NaN }), /^lawsOf: steps must be/],
    [() => lawsOf('it', tx, { extra: {} } as never), /^lawsOf: extra must be a function of the step, got a record/],
    [() => lawsOf('it', tx, { config: 1 } as never), /^lawsOf: config must be true or false, got 1/],
    [
      () => lawsOf('it', tx, { except: { zero: 'x' } } as never),
      /^lawsOf: except names "zero", which is no law \(did you mean zeros\?\); the laws are purity, /,
    ],
    [() => lawsOf('it', tx, { except: { zeros: '' } }), /^lawsOf: except\.zeros must be the reason, a text, got ""/],
    [() => lawsOf('it', tx, { skip: {} } as never), /^lawsOf: unknown option skip \(did you mean except\?\)/],
    [() => lawsOf('it', tx, { samples: [] } as never), /^lawsOf: samples must be a function/],
    [() => lawsOf('it', tx, { hyper: 3 } as never), /^lawsOf: hyper must be a record of numbers, got 3/],
  ]
  for (const [run, says] of wrong) test.throws(run, { name: 'TypeError', message: says })
  const names = lawsOf('it', tx, { except: { zeros: 'a reason' } }).map(({ name }) => name)
  test.notOk(names.includes('zeros') || names.includes('configs') || names.includes('schedules'))
})
