/**
 * The tiny BERT of examples/bert against TensorFlow's numbers, which test/golden/make_bert.py makes; and the program itself.
 *
 * Measured on cpu and wasm, as parts of a variable's greatest element: gradients 1.2e-6 apart, a step from Python's own
 * gradients 3.5e-8 (the clip's norm is summed in another order), a whole step 1.9e-7, losses of five steps 2e-7.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { oneHot, type Batch } from '../../examples/bert/batch.js'
import { logits, lossOf, settings } from '../../examples/bert/model.js'
import { nameMap, variablesOf } from '../../examples/bert/names.js'
import { batchOf, vocabularyOf } from '../../examples/bert/words.js'
import * as O from '../../lib/index.js'
import * as legacy from '../../lib/legacy.js'
import { childEnv } from '../childEnv.js'
import { leftBehind, numbers, onBackends, useBackend, using } from '../setup.js'

interface Golden {
  readonly batch: Batch
  readonly optimizer: Readonly<Record<'init_lr' | 'train_steps' | 'warmup_steps' | 'start', number>>
  readonly logits: readonly (readonly number[])[]
  readonly steps: readonly { readonly loss: number; readonly norm: number; readonly rate: number }[]
  readonly final_loss: number
  readonly final_norms: Readonly<Record<string, number>>
}
const golden = JSON.parse(readFileSync('test/golden/bert.json', 'utf8')) as Golden
const { batch } = golden

type Named = Record<string, tf.Tensor>
const read = (name: string): Named => O.readSafetensors(readFileSync(`test/golden/${name}.safetensors`)).tensors
/** Python's numbers of one kind, by variable. */
const part = (all: Named, kind: 'gradient' | 'after'): Named =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), value]] : [],
    ),
  )

const withWeights = <R>(use: (weights: Record<string, tf.Variable>, python: Named) => R): R =>
  using(read('bert-numbers'), python =>
    using(
      using(read('bert'), tensors => variablesOf(tensors, settings.layers)),
      weights => use(weights, python),
    ),
  )

const rateOf = ({ init_lr, train_steps, warmup_steps }: Golden['optimizer']): O.Schedule =>
  legacy.kerasWarmUp({
    initialLearningRate: init_lr,
    decayScheduleFn: legacy.kerasPolynomialDecay({
      initialLearningRate: init_lr,
      decaySteps: train_steps,
      endLearningRate: 0,
    }),
    warmupSteps: warmup_steps,
  })

/** As the example has it, at Python's step. */
const optimizerAtStart = (): legacy.AdamWeightDecay | legacy.LAMB => {
  const { init_lr, train_steps, warmup_steps, start } = golden.optimizer
  const optimizer = legacy.createOptimizer(init_lr, train_steps, warmup_steps)
  optimizer.iterations = start
  return optimizer
}

const norm = (values: Iterable<number>): number => Math.hypot(...values)
/** How far apart two lists are, as a part of the greatest number that was wanted. */
const apart = (got: readonly number[], want: readonly number[]): number =>
  Math.max(...want.map((x, i) => Math.abs((got[i] ?? NaN) - x))) / Math.max(...want.map(Math.abs))
const furthest = (got: Named, want: Named): number =>
  Math.max(...Object.keys(want).map(name => apart(numbers(got[name]!), numbers(want[name]!))))

/** A key's bias moves all scores of a query alike, which softmax ignores: its gradient is 0 but for rounding. */
const isRounding = (name: string): boolean => name.endsWith('attention/self/key/bias')
const without = <T>(record: Readonly<Record<string, T>>, leave: (name: string) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !leave(name)))

onBackends('logits, loss and gradients are those of TensorFlow', test => {
  withWeights((weights, python) =>
    tf.tidy(() => {
      test.ok(apart(numbers(logits(weights, batch)), golden.logits.flat()) < 1e-6, 'logits')
      const [loss, found] = O.valueAndGrad(lossOf)(weights, batch)
      const gradients = Object.fromEntries(O.tensorsOf(found))
      test.ok(apart(numbers(loss), [golden.steps[0]!.loss]) < 1e-6, 'loss')
      const want = part(python, 'gradient')
      test.same(Object.keys(gradients).sort(), Object.keys(want).sort(), 'a gradient for every variable')
      const off = furthest(without(gradients, isRounding), without(want, isRounding))
      test.ok(off < 1e-5, `gradients ${off.toPrecision(2)} apart`)
      for (const [name, gradient] of Object.entries(gradients).filter(([name]) => isRounding(name)))
        test.ok(norm(numbers(gradient)) < 1e-7 && norm(numbers(want[name]!)) < 1e-7, `${name}: rounding alone`)
      const total = norm(Object.values(gradients).flatMap(numbers))
      test.ok(apart([total], [golden.steps[0]!.norm]) < 1e-6, 'the global norm')
      test.ok(total > 1, 'so the clip acts')
    }),
  )
  test.end()
})

onBackends("a step from Python's gradients comes to Python's weights", test => {
  withWeights((weights, python) => {
    const optimizer = optimizerAtStart()
    const before = O.mapTree(weights, variable => tf.clone(variable))
    const want = part(python, 'after')
    optimizer.applyGradients(part(python, 'gradient'))
    const off = furthest(weights, want)
    test.ok(off < 1e-6, `${off.toPrecision(2)} apart`)
    for (const [name, variable] of Object.entries(weights).filter(([name]) => !isRounding(name)))
      test.ok(apart(numbers(before[name]!), numbers(variable)) > 1e-4, `${name} moved far more than that`)
    test.equal(optimizer.iterations, golden.optimizer.start + 1)
    O.disposeTree(before)
    optimizer.dispose()
  })
  test.end()
})

onBackends('five whole steps stay with Python', test => {
  withWeights((weights, python) => {
    const optimizer = optimizerAtStart()
    const rate = rateOf(golden.optimizer)
    const loss = (): tf.Scalar => lossOf(weights, batch)
    golden.steps.forEach((step, i) => {
      test.equal(rate(golden.optimizer.start + i), step.rate, `the rate at step ${i + 1}`)
      const cost = optimizer.minimize(loss, true, Object.values(weights))!
      const off = apart(numbers(cost), [step.loss])
      test.ok(off < 1e-5, `loss ${off.toPrecision(2)} apart before step ${i + 1}`)
      cost.dispose()
      if (i > 0) return
      const first = furthest(weights, part(python, 'after'))
      test.ok(first < 1e-6, `weights ${first.toPrecision(2)} apart after one step`)
    })
    const last = tf.tidy(() => apart(numbers(loss()), [golden.final_loss]))
    test.ok(last < 1e-5, `loss ${last.toPrecision(2)} apart after step 5`)
    for (const [name, want] of Object.entries(golden.final_norms)) {
      const off = apart([norm(numbers(weights[name]!))], [want])
      test.ok(off < 1e-5, `${name}: norm ${off.toPrecision(2)} apart after step 5`)
    }
    optimizer.dispose()
  })
  test.end()
})

t.test('the name map covers every tensor and every variable once', async test => {
  await useBackend('cpu')
  const map = nameMap(settings.layers)
  const tensors = read('bert')
  const sorted = (names: readonly string[]): string[] => [...names].sort()
  test.same(sorted(map.map(({ theirs }) => theirs)), sorted(Object.keys(tensors)))
  test.same(sorted(map.map(({ ours }) => ours)), sorted(Object.keys(golden.final_norms)))
  test.equal(new Set(map.map(({ ours }) => ours)).size, map.length)

  const left = await leftBehind(() => {
    const { 'classifier.bias': _bias, ...fewer } = tensors
    const expected = 'a BERT of 2 layers: the file has no classifier.bias'
    test.throws(() => variablesOf(fewer, 2), { message: expected })
    const more = { ...tensors, 'bert.embeddings.position_ids': tensors['classifier.bias']! }
    test.throws(() => variablesOf(more, 2), {
      message: 'a BERT of 2 layers has no place for bert.embeddings.position_ids',
    })
    test.throws(() => variablesOf(tensors, 1), /^a BERT of 1 layers has no place for bert\.encoder\.layer\.1\.\S+, /)
    test.throws(() => variablesOf(tensors, 3), /^a BERT of 3 layers: the file has no bert\.encoder\.layer\.2\.\S+, /)
  })
  test.equal(left, 0, 'and a map that fails leaves nothing')
  O.disposeTree(tensors)
})

t.test('texts become rows of one length', test => {
  const vocabulary = vocabularyOf(['a b', 'b c'])
  test.equal(vocabulary.size, 7)
  const pairs = [
    { first: 'a b', second: 'c', label: 1 },
    { first: 'b', second: 'x', label: 0 },
  ]
  test.same(batchOf(pairs, vocabulary, 7), {
    ids: [
      [2, 4, 5, 3, 6, 3, 0],
      [2, 5, 3, 1, 3, 0, 0],
    ],
    types: [
      [0, 0, 0, 0, 1, 1, 0],
      [0, 0, 0, 1, 1, 0, 0],
    ],
    mask: [
      [1, 1, 1, 1, 1, 1, 0],
      [1, 1, 1, 1, 1, 0, 0],
    ],
    labels: [1, 0],
  })
  test.throws(() => batchOf(pairs, vocabulary, 5), /6 tokens, at most 5/)
  test.throws(() => oneHot([0, 7], 7), /expected whole numbers from 0 to 6, got 7/)
  test.end()
})

t.test('the program lowers the loss and learns the task', test => {
  const args = ['--import', 'tsx', 'examples/bert/main.ts']
  const out = execFileSync(process.execPath, args, { encoding: 'utf8', env: childEnv() })
  const measured = (when: string): readonly number[] =>
    new RegExp(`^${when}: loss (\\S+), (\\d+) of (\\d+) held-out`, 'm').exec(out)?.slice(1).map(Number) ?? []
  const [[lossBefore = NaN, before = NaN], [loss = NaN, right = NaN, all = NaN]] = [
    measured('before'),
    measured('after'),
  ]
  test.ok(loss < lossBefore / 10, out)
  test.ok(before < all * 0.7 && right > all * 0.95, out)
  test.end()
})
