/** Which variable a loaded weight goes to: by name before anything else, and an error rather than a guess. */
import * as tf from '@tensorflow/tfjs-core'
import { adam, disposeTree } from '../../lib/index.js'
import { Adam, asOptimizer } from '../../lib/legacy.js'
import { numbers, onBackends } from '../setup.js'
import { step, variable, weightsOf } from './subjects.js'

/** A list of weights under names that this test makes up: slot `s` of variable `i` is filled with 10 s + i + 1. */
const made = (optimizer: string, slots: readonly string[], names: readonly string[]) => [
  { name: 'iter', tensor: tf.scalar(3, 'int32') },
  ...slots.flatMap((slot, s) =>
    names.map((name, i) => ({ name: `${optimizer}/${name}/${slot}`, tensor: tf.fill([2], 10 * s + i + 1) })),
  ),
]
/** What the slot of each variable begins with: the gradients of the one step are zero, and it only scales. */
const begun = async (optimizer: tf.Optimizer, slot: string, names: readonly string[]): Promise<number[]> => {
  const list = await weightsOf(optimizer)
  return names.map(name => {
    const [, value] = Object.entries(list).find(([full]) => full.endsWith(`/${name}/${slot}`)) ?? []
    return Math.round((value as number[])[0]! / 0.9)
  })
}
const shells = [
  { name: 'Adam', slots: ['m', 'v'], make: () => new Adam() },
  { name: 'TransformOptimizer', slots: ['mu', 'nu'], make: () => asOptimizer(adam(0.1)) },
] as const
const zeros = (...names: readonly string[]) => Object.fromEntries(names.map(name => [name, [0, 0]]))

onBackends('a weight goes to the variable of its name, whoever else is new', async test => {
  for (const { name, slots, make } of shells) {
    const names = ['w_0', 'w_1', 'w_2']
    const variables = [...names, 'w_3'].map(each => variable([1, 2], each))
    const list = made(name, slots, names)
    const all = make()
    await all.setWeights(list)
    step(all, zeros('w_3', ...names))
    test.strictSame(await begun(all, slots[0], ['w_3', ...names]), [0, 1, 2, 3], `${name}: the newcomer begins at zero`)
    const some = make()
    await some.setWeights(list)
    step(some, zeros('w_3', 'w_2'))
    step(some, zeros('w_3', ...names))
    test.strictSame(await begun(some, slots[0], ['w_3', 'w_0', 'w_1']), [0, 1, 2], `${name}: w_0 and w_1 a step later`)
    const late = make()
    await late.setWeights(made(name, slots, ['w_0', 'w_1']))
    step(late, zeros('w_3', 'w_1'))
    step(late, zeros('w_3', ...names))
    const got = await begun(late, slots[0], ['w_3', 'w_1', 'w_0'])
    test.strictSame(got, [0, 2, 1], `${name}: the weight of w_0 waits for it, as w_1 shows that names are as saved`)
    late.dispose()
    ;[all, some].forEach(each => each.dispose())
    disposeTree([variables, list])
  }
})

onBackends('names of a copy: a suffix more, less, or another', async test => {
  const cases: readonly (readonly [saved: readonly string[], now: readonly string[]])[] = [
    [
      ['two/w_1', 'two/w_2'],
      ['two/w_1_1', 'two/w_2_1'],
    ],
    [
      ['two/w_1_1', 'two/w_2_1'],
      ['two/w_1', 'two/w_2'],
    ],
    [
      ['two/w_1_1', 'two/w_2_1'],
      ['two/w_1_2', 'two/w_2_2'],
    ],
    [
      ['l/w', 'l/w_1'],
      ['l/w_2', 'l/w_3'],
    ],
    [
      ['l/w_4', 'l/w_5'],
      ['l/w', 'l/w_1'],
    ],
  ]
  for (const { name, slots, make } of shells)
    for (const [saved, now] of cases) {
      const variables = now.map(each => variable([1, 2], each))
      const list = made(name, slots, saved)
      const optimizer = make()
      await optimizer.setWeights(list)
      step(optimizer, zeros(...now))
      test.strictSame(await begun(optimizer, slots[0], now), [1, 2], `${name}: ${saved.join()} to ${now.join()}`)
      optimizer.dispose()
      disposeTree([variables, list])
    }
})

onBackends('weights that are too few or too many for the variables of the first step are refused', async test => {
  for (const { name, slots, make } of shells) {
    const variables = ['a', 'b'].map(each => variable([1, 2], each))
    const list = made(name, slots, ['a', 'b'])
    const unnamed = list.map(({ tensor }) => tensor)
    const refused = async (
      weights: readonly unknown[],
      gradients: readonly string[],
      message: RegExp,
      what: string,
    ) => {
      const optimizer = make()
      await optimizer.setWeights(weights as never)
      const before = [await weightsOf(optimizer), numbers(variables[0]!), tf.memory().numTensors]
      test.throws(() => step(optimizer, zeros(...gradients)), { name: 'ValueError', message }, `${name}: ${what}`)
      test.strictSame([await weightsOf(optimizer), numbers(variables[0]!), tf.memory().numTensors], before, 'no change')
      optimizer.dispose()
    }
    await refused(unnamed, ['a'], /4 weights without names.* 2 slots/, 'order means all variables')
    await refused([...unnamed, unnamed[1]], ['a', 'b'], /5 weights.* 4 slots/, 'one too many')
    await refused(unnamed.slice(0, 4), ['a', 'b'], /3 weights.* 4 slots/, 'one too few')
    await refused(list.slice(0, 3), ['a', 'b'], new RegExp(`no weight was loaded for a/${slots[1]}`), 'one slot of two')
    const later = make()
    await later.setWeights(unnamed)
    step(later, zeros('a', 'b'))
    test.strictSame(await begun(later, slots[0], ['a', 'b']), [1, 2])
    later.dispose()
    disposeTree([variables, list])
  }
})

onBackends('addSlot of the update before the first step binds no other variable', test => {
  const [a, b] = [variable([1, 2], 'a'), variable([1, 2], 'b')]
  const optimizer = new Adam()
  const early = optimizer.addSlot(b, 'm', { initializer: 'ones' })
  test.equal(optimizer.getSlot(b, 'm'), early, 'there at once')
  step(optimizer, { a: [0, 0] })
  test.strictSame(numbers(optimizer.getSlot(a, 'm')), [0, 0])
  step(optimizer, { a: [0, 0], b: [0, 0] })
  test.equal(optimizer.getSlot(b, 'm'), early)
  test.strictSame(
    numbers(early).map(x => Math.round(x * 10)),
    [9, 9],
  )
  optimizer.dispose()
  disposeTree([a, b])
})

onBackends('a weight of another dtype is refused by name, and nothing changes', async test => {
  for (const { name, slots, make } of shells) {
    const a = variable([1, 2], 'a')
    const list = made(name, slots, ['a'])
    const whole = tf.tensor1d([4, 4], 'int32')
    const bad = list.map((weight, i) => (i === 2 ? { ...weight, tensor: whole } : weight))
    const message = new RegExp(`a/${slots[1]} has dtype int32, .* has float32`)
    const [fresh, used] = [make(), make()]
    await fresh.setWeights(bad)
    test.throws(() => step(fresh, zeros('a')), { name: 'ValueError', message }, `${name}: at the first step`)
    step(used, { a: [1, 1] })
    const before = [await weightsOf(used), tf.memory().numTensors]
    await test.rejects(used.setWeights(bad), { name: 'ValueError', message }, `${name}: later`)
    test.strictSame([await weightsOf(used), tf.memory().numTensors], before, `${name}: nothing changed`)
    ;[fresh, used].forEach(each => each.dispose())
    disposeTree([a, list, whole])
  }
})

onBackends('numbers among the weights: disposed ones are made again, each has its own', async test => {
  for (const { name, make } of shells) {
    const a = variable([1, 2], 'a')
    const optimizer = make()
    step(optimizer, zeros('a'))
    const [first] = await optimizer.getWeights()
    first!.tensor.dispose()
    test.strictSame((await weightsOf(optimizer))['iter'], [1], `${name}: iter after its tensor was disposed`)
    optimizer.dispose()
    a.dispose()
  }
  const a = variable([1, 2], 'a')
  const counting = asOptimizer({
    init: () => ({ iter: 100 }),
    update: (updates: object, state: { readonly iter: number }) => [updates, { iter: state.iter + 1 }] as const,
  })
  step(counting, zeros('a'))
  const list = await weightsOf(counting)
  test.strictSame(list['iter'], [1], 'the count of steps')
  test.notSame(list['TransformOptimizer/iter'], [1], "and a state's number of that name")
  counting.dispose()
  a.dispose()
})
