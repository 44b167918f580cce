/**
 * Runs begun in Python and continued here, and the other way round, by safetensors files and `rename`. The numbers of
 * Python, its files and the programs that made both are in test/golden/python_and_back.
 */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { leftBehind, numbers, onBackends, useBackend, type Test } from '../setup.js'

const folder = 'test/golden/python_and_back'
const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))

/** Every leaf by its name in Python's files, flat. */
type Flat = Readonly<Record<string, number | readonly number[]>>

/** The leaves of a tree by their names in Python's files. */
const flatOf = async (tree: unknown, rename: O.Rename): Promise<Flat> => {
  const { tensors, metadata } = O.readSafetensors(await O.toSafetensors(tree, { rename }))
  const counts = JSON.parse(metadata['__host__'] ?? '[]') as string[]
  const flat: Flat = Object.fromEntries<readonly number[]>([
    ...Object.entries(tensors).map(([name, tensor]) => [name, numbers(tensor)] as const),
    ...counts.map(name => [name, [Number(metadata[name])]] as const),
  ])
  O.disposeTree(tensors)
  return flat
}

/** How far apart two of them are, as a part of the greatest element of each leaf; Infinity for other names. */
const apart = (got: Flat, want: Flat): number => {
  const names = Object.keys(want).sort()
  if (names.join() !== Object.keys(got).sort().join()) return Infinity
  return Math.max(
    ...names.map(name => {
      const [a, b] = [[got[name] ?? []].flat(), [want[name] ?? []].flat()]
      const size = Math.max(...b.map(Math.abs), 1e-9)
      return a.length === b.length ? Math.max(...b.map((x, i) => Math.abs((a[i] ?? NaN) - x))) / size : Infinity
    }),
  )
}

/** The file is what a run here comes to; `npm run snap` writes it. */
const asCommitted = async (test: Test, name: string, run: unknown, rename: O.Rename): Promise<Buffer> => {
  const path = join(folder, name)
  const bytes = await O.toSafetensors(run, { rename })
  if (t.writeSnapshot && tf.getBackend() === 'cpu') await writeFile(path, bytes)
  const committed = await readFile(path)
  const [made, kept] = [bytes, committed].map(one => O.readSafetensors(one))
  test.strictSame(made?.metadata, kept?.metadata, 'the same counts')
  const flat = (tensors: Record<string, tf.Tensor> = {}): Flat =>
    Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, numbers(tensor)]))
  const off = apart(flat(made?.tensors), flat(kept?.tensors))
  test.ok(off < 1e-6, `${name}: ${off.toPrecision(2)} apart`)
  O.disposeTree([made?.tensors, kept?.tensors])
  return committed
}

interface Regression {
  readonly problem: {
    readonly x: number[][]
    readonly y: number[][]
    readonly start: { readonly dense: { readonly kernel: number[][]; readonly bias: number[] } }
    readonly hyper: Readonly<Record<'clip' | 'rate' | 'decay_steps' | 'b2' | 'weight_decay', number>>
  }
  readonly begunInPython: readonly { readonly loss: number; readonly after: Flat }[]
  readonly begunHere: readonly { readonly loss: number; readonly after: Flat }[]
}

/** optax counts in Adam and in the schedule; here every link counts. */
const optaxNames: O.Rename = path => path.replace(/^state\.(0|1\.1)\.count$/, 'state.1.0.count')

onBackends('clipped AdamW under a schedule, from optax and back', async test => {
  const { problem, begunInPython, begunHere } = json('optax.json') as Regression
  const { x, y, start, hyper } = problem
  const tx = O.chain(
    O.clipByGlobalNorm(hyper.clip),
    O.adamw(O.cosineDecaySchedule(hyper.rate, hyper.decay_steps), {
      b2: hyper.b2, // at 0.999 optax's float32 rounding of 1 - b2^t alone is 2e-6
      weightDecay: hyper.weight_decay,
      mask: { dense: { kernel: true, bias: false } },
    }),
  )
  const begin = () => {
    const params = { dense: { kernel: tf.tensor2d(start.dense.kernel), bias: tf.tensor1d(start.dense.bias) } }
    return { params, state: tx.init(params) }
  }
  type Run = ReturnType<typeof begin>
  const [inputs, targets] = [tf.tensor2d(x), tf.tensor2d(y)]
  const lossOf = ({ dense }: Run['params']) =>
    tf.mean(tf.squaredDifference(tf.add(tf.matMul(inputs, dense.kernel), dense.bias), targets))
  const step = O.makeStep(tx)
  const next = (run: Run): { readonly loss: number; readonly run: Run } => {
    const [loss, gradients] = O.valueAndGrad(lossOf)(run.params)
    const [params, state] = step(run.params, gradients, run.state)
    return { loss: numbers(loss)[0] ?? NaN, run: { params, state } }
  }
  const goOn = async (run: Run, expected: Regression['begunHere'], title: string): Promise<void> => {
    test.equal(expected.length, 5)
    for (const [i, { loss, after }] of expected.entries()) {
      const made = next(run)
      run = made.run
      const off = Math.max(apart({ loss: [made.loss] }, { loss: [loss] }), apart(await flatOf(run, optaxNames), after))
      test.ok(off < 1e-6, `${title}, step ${6 + i}: ${off.toPrecision(2)} apart`)
    }
  }
  const rename = optaxNames
  const resumed = await O.loadTree(join(folder, 'optax.safetensors'), begin(), { rename })
  test.strictSame(
    [resumed.state[0].count, ...resumed.state[1].map(({ count }) => count)],
    [5, 5, 5, 5],
    'one count of optax serves the links that optax does not count',
  )
  await goOn(resumed, begunInPython, 'begun in optax')

  let run = begin()
  for (let i = 0; i < 5; i++) run = next(run).run
  const bytes = await asCommitted(test, 'ours-optax.safetensors', run, rename)
  await goOn(O.fromSafetensors(bytes, begin(), { rename }), begunHere, 'begun here')
})

interface Keras {
  readonly problem: {
    readonly config: {
      readonly learning_rate: number
      readonly weight_decay_rate: number
      readonly gradient_clip_norm: number
      readonly exclude_from_weight_decay: readonly string[]
    }
    readonly shapes: Readonly<Record<string, number[]>>
    readonly start: Readonly<Record<string, number[]>>
    readonly gradients: readonly Readonly<Record<string, number[]>>[]
  }
  readonly begunInPython: readonly Flat[]
  readonly begunHere: readonly Flat[]
}

/** Keras counts once, and names what it keeps by variable, then slot. */
const kerasNames: O.Rename = path =>
  path
    .replace(/^params\./, '')
    .replace(/^state\.\d\.count$/, 'AdamWeightDecay/iter')
    .replace(/^state\.2\.(m|v)\.(.*)$/, 'AdamWeightDecay/$2/$1')

onBackends('AdamWeightDecay, from TensorFlow and back', async test => {
  const { problem, begunInPython, begunHere } = json('keras.json') as Keras
  const { config, shapes } = problem
  const tx = O.chain(
    O.globalClipnorm(config.gradient_clip_norm),
    O.decayParams(config.learning_rate, config.weight_decay_rate, {
      mask: path => !config.exclude_from_weight_decay.some(part => path.includes(part)),
    }),
    O.adamEpsilonHat(config.learning_rate),
  )
  const treeOf = (values: Readonly<Record<string, number[]>>): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(values[name] ?? [], shape)]))
  const begin = () => {
    const params = treeOf(problem.start)
    return { params, state: tx.init(params) }
  }
  type Run = ReturnType<typeof begin>
  const step = O.makeStep(tx)
  const next = (run: Run, i: number): Run => {
    const [params, state] = step(run.params, treeOf(problem.gradients[i] ?? {}), run.state)
    return { params, state }
  }
  const goOn = async (run: Run, expected: readonly Flat[], title: string): Promise<void> => {
    test.equal(expected.length, 5)
    for (const [i, after] of expected.entries()) {
      run = next(run, 5 + i)
      test.equal(apart(await flatOf(run, kerasNames), after), 0, `${title}, step ${6 + i}: the same bits`)
    }
  }
  const rename = kerasNames
  await goOn(await O.loadTree(join(folder, 'keras.safetensors'), begin(), { rename }), begunInPython, 'begun in Keras')

  let run = begin()
  for (let i = 0; i < 5; i++) run = next(run, i)
  const bytes = await asCommitted(test, 'ours-keras.safetensors', run, rename)
  await goOn(O.fromSafetensors(bytes, begin(), { rename }), begunHere, 'begun here')
})

onBackends('rename goes both ways, for tensors and for numbers', async test => {
  const tree = { a: { count: 3, mu: tf.tensor1d([1, 2]) }, b: { count: 3, on: true }, off: null, rate: 0.5 }
  const seen: string[] = []
  const rename: O.Rename = path => {
    seen.push(path)
    return path === 'rate' ? null : path.endsWith('count') ? 'step' : `x/${path}`
  }
  const bytes = await O.toSafetensors(tree, { rename, metadata: { format: 'x' } })
  test.strictSame(seen, ['a.count', 'a.mu', 'b.count', 'b.on', 'rate'], 'every leaf that is there, once')
  const { tensors, metadata } = O.readSafetensors(bytes)
  test.strictSame(Object.keys(tensors), ['x/a.mu'])
  test.strictSame(metadata, { format: 'x', step: '3', 'x/b.on': 'true', __host__: '["step","x/b.on"]' })
  const like = { a: { count: 0, mu: tf.zeros([2]) }, b: { count: 0, on: false }, off: null, rate: 7 }
  const left = await leftBehind(() => {
    const back = O.fromSafetensors(bytes, like, { rename })
    test.strictSame(numbers(back.a.mu), [1, 2])
    test.match(back, { a: { count: 3 }, b: { count: 3, on: true }, off: null, rate: 7 }, 'null keeps what like has')
    O.disposeTree(back)
  })
  test.equal(left, 0)
  O.disposeTree(tensors)
  const one = await O.toSafetensors(tf.scalar(2), { rename: path => `only ${path}` })
  test.strictSame(Object.keys(O.readSafetensors(one).tensors), ['only value'], 'a tree that is one leaf')
})

/** A file of another program with one entry `n`. */
const fileOf = (dtype: string, shape: readonly number[], data: ArrayBufferView): Uint8Array => {
  const header = JSON.stringify({ n: { dtype, shape, data_offsets: [0, data.byteLength] } })
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, Buffer.from(header), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)])
}

t.test('a number may be a tensor without axes, of any dtype and exactly', async test => {
  await useBackend('cpu')
  const before = tf.memory().numTensors
  const big = 2n ** 40n
  const cases: readonly (readonly [dtype: string, data: ArrayBufferView, value: number | boolean])[] = [
    ['I64', BigInt64Array.of(-big), -Number(big)],
    ['I64', BigInt64Array.of(5n), 5],
    ['U64', BigUint64Array.of(big), Number(big)],
    ['I32', Int32Array.of(-7), -7],
    ['U32', Uint32Array.of(2 ** 32 - 1), 2 ** 32 - 1],
    ['I16', Int16Array.of(-9), -9],
    ['U8', Uint8Array.of(255), 255],
    ['F64', Float64Array.of(0.1), 0.1],
    ['F32', Float32Array.of(0.5), 0.5],
    ['F32', Float32Array.of(NaN), NaN],
    ['F16', Uint16Array.of(0x3c00), 1],
    ['BF16', Uint16Array.of(0xc000), -2],
    ['BOOL', Uint8Array.of(1), true],
    ['BOOL', Uint8Array.of(0), false],
  ]
  for (const [dtype, data, value] of cases) {
    const like = { n: typeof value === 'number' ? 0 : true }
    test.strictSame(O.fromSafetensors(fileOf(dtype, [], data), like), { n: value }, `${dtype} ${value}`)
  }
  const refused: readonly (readonly [bytes: Uint8Array, like: unknown, message: string])[] = [
    [fileOf('I32', [1], Int32Array.of(5)), 0, 'n is I32 of shape [1] in the file, a number in like'],
    [fileOf('BOOL', [], Uint8Array.of(1)), 0, 'n is true in the file, a number in like'],
    [fileOf('I32', [], Int32Array.of(1)), true, 'n is 1 in the file, a boolean in like'],
    [fileOf('I32', [], Int32Array.of(1)), 'x', 'n is 1 in the file, a string in like'],
    [
      fileOf('I64', [], BigInt64Array.of(2n ** 53n + 1n)),
      0,
      'n is 9007199254740993 (no number is it exactly) in the file, a number in like',
    ],
  ]
  for (const [bytes, n, message] of refused)
    test.throws(() => O.fromSafetensors(bytes, { n }), { name: 'ValueError', message: `fromSafetensors: ${message}` })
  test.equal(tf.memory().numTensors, before)
})

t.test('what rename cannot mean is refused, with both names', async test => {
  await useBackend('cpu')
  const w = tf.tensor1d([1, 2])
  const tree = { a: { count: 3, mu: w }, b: { count: 4, nu: w } }
  const bytes = await O.toSafetensors(tree)
  const before = tf.memory().numTensors
  const only =
    (path: string, name: unknown): O.Rename =>
    p =>
      p === path ? (name as string) : p
  const written: readonly (readonly [options: unknown, message: string])[] = [
    [
      { rename: only('a.count', 'b.count') },
      'rename gives a.count and b.count the one name b.count, which only equal numbers may share',
    ],
    [
      { rename: only('a.mu', 'b.nu') },
      'rename gives a.mu and b.nu the one name b.nu, which only equal numbers may share',
    ],
    [
      { rename: only('a.mu', 'a.count') },
      'rename gives a.count and a.mu the one name a.count, which only equal numbers may share',
    ],
    [{ rename: only('a.mu', undefined) }, 'rename(a.mu) must be a name or null, got undefined'],
    [{ rename: only('a.mu', '') }, 'rename(a.mu) must be a name or null, got ""'],
    [{ rename: only('a.mu', '__metadata__') }, 'the name __metadata__ is taken by the format'],
    [{ rename: only('a.count', 'epoch'), metadata: { epoch: '1' } }, 'the name epoch is taken by a leaf of the tree'],
    [{ rename: 'a' }, 'rename must be a function (path) => name, got "a"'],
    [{ epoch: '7' }, 'unknown option epoch'],
  ]
  for (const [options, message] of written) {
    await test.rejects(O.toSafetensors(tree, options as O.SaveOptions), { message: `toSafetensors: ${message}` })
    await test.rejects(O.saveTree('never/written', tree, options as O.SaveOptions), { message: `saveTree: ${message}` })
  }
  await test.rejects(O.toSafetensors({ s: tf.tensor1d(['x']) }, { rename: () => 't' }), {
    message: 'toSafetensors: leaf s (named t) has dtype string in the tree, expected float32, int32, bool',
  })

  const read: readonly (readonly [options: unknown, message: string])[] = [
    [{ rename: only('a.mu', 'mu') }, 'leaf a.mu (named mu), a tensor, is missing in the file (is it of another tree?)'],
    [
      { rename: only('a.count', 'step') },
      'leaf a.count (named step), a number, is missing in the file (is it of another tree?)',
    ],
    [{ rename: only('a.count', 'b.count') }, 'the file has a.count, which like does not have (is it of another tree?)'],
    [
      { rename: only('a.count', 'b.nu') },
      'rename gives a.count and b.nu the one name b.nu, which only equal numbers may share',
    ],
    [{ rename: only('a.mu', null) }, 'rename(a.mu) must be the name of a tensor, got null'],
    [{ rename: only('a.count', 7) }, 'rename(a.count) must be a name or null, got 7'],
    [{ rename: {} }, 'rename must be a function (path) => name, got a record {}'],
    [{ names: 1 }, 'unknown option names'],
  ]
  for (const [options, message] of read)
    test.throws(() => O.fromSafetensors(bytes, tree, options as O.LoadOptions), {
      message: `fromSafetensors: ${message}`,
    })
  const swap: O.Rename = path => ({ 'a.mu': 'b.nu', 'b.nu': 'a.mu' })[path] ?? path
  const wide = { ...tree, a: { ...tree.a, mu: tf.zeros([3]) } }
  test.throws(() => O.fromSafetensors(bytes, wide, { rename: swap }), {
    message: 'fromSafetensors: leaf a.mu (named b.nu) has shape [2] in the file, [3] in like',
  })
  wide.a.mu.dispose()
  const path = join(folder, 'keras.safetensors')
  await test.rejects(O.loadTree(path, { n: 0 }, { rename: () => 'AdamWeightDecay/dense/kernel/m' }), {
    message: `loadTree ${path}: n (named AdamWeightDecay/dense/kernel/m) is F32 of shape [3,2] in the file, a number in like`,
  })
  test.equal(tf.memory().numTensors, before + 1, 'nothing is left but the texts above')
})
