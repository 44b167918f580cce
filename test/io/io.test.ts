/** Trees to safetensors files and tfjs's named tensors, and back. */
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import {
  adamw,
  chain,
  clipByGlobalNorm,
  disposeTree,
  fromNamedTensors,
  fromSafetensors,
  loadTree,
  makeStep,
  readSafetensors,
  scaleByAmsgrad,
  sgd,
  tensorsOf,
  toNamedTensors,
  toSafetensors,
  trace,
} from '../../lib/index.js'
import { leftBehind, onBackends, useBackend } from '../setup.js'

const golden = (name: string): string => resolve('test/golden', name)

/** The data of a tensor as whole numbers: float32 as its bits, so that NaN and -0 count. */
const bits = (tensor: tf.Tensor): number[] => {
  const values = tensor.dataSync()
  return Array.from(values instanceof Float32Array ? new Uint32Array(values.slice().buffer) : values)
}

const leafOf = (x: tf.Tensor) => ({ dtype: x.dtype, shape: x.shape, bits: bits(x) })

/** A tree as plain data, tensors with dtype, shape and bits. */
const plain = (x: unknown): unknown => {
  if (x instanceof tf.Tensor) return leafOf(x as tf.Tensor)
  if (Array.isArray(x)) return [Object.isFrozen(x), ...x.map(plain)]
  if (typeof x === 'object' && x !== null)
    return [
      Object.isFrozen(x),
      ...Object.keys(x)
        .sort()
        .map(key => [key, plain((x as Record<string, unknown>)[key])]),
    ]
  return Object.is(x, -0) ? 'minus zero' : x
}

const float = (...words: number[]): Float32Array => new Float32Array(Uint32Array.from(words).buffer)

/** Everything that a tree can hold. */
const everything = () => ({
  params: {
    dense: { kernel: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), bias: tf.tensor1d([NaN, -0, Infinity]) },
    scalar: tf.scalar(-Infinity),
    nans: tf.tensor(float(0x7fc12345, 0xffc00001, 1), [3]),
    empty: tf.zeros([0, 3]),
    one: tf.variable(tf.ones([1, 1, 1, 1, 1]), true),
    absent: null,
    none: undefined,
    nothing: {},
    list: [[], [tf.tensor1d([1, -1, 2 ** 31 - 1, -(2 ** 31)], 'int32')]] as const,
  },
  state: Object.freeze([
    Object.freeze({ count: 3, big: 2 ** 53, tiny: 1e-300, minus: -0, mask: tf.tensor1d([true, false], 'bool') }),
    Object.freeze({ nan: NaN, up: Infinity, down: -Infinity, third: 1 / 3, least: 5e-324, most: Number.MAX_VALUE }),
    Object.freeze({ yes: true, no: false, text: 'Zoë "x"\n\\ 1', digits: '1', word: 'NaN', blank: '' }),
  ]),
  'odd key \u{1f600} "': { ['__proto__']: tf.scalar(1), 0: tf.scalar(2), '10': 10, constructor: 1, '': 5 },
})

const failing = async (
  test: Pick<typeof t, 'rejects' | 'equal'>,
  what: string,
  run: () => unknown,
  expected: { readonly name?: string; readonly message: string | RegExp },
): Promise<void> => {
  const left = await leftBehind(() => test.rejects(async () => run(), expected, what))
  test.equal(left, 0, `${what}: leaks nothing`)
}

onBackends('every tree comes back bit for bit', async test => {
  const tree = everything()
  const expected = plain(tree)
  const bytes = await toSafetensors(tree, { metadata: { epoch: '7' } })
  for (const given of [bytes, bytes.buffer, Buffer.concat([Buffer.from('x'), bytes]).subarray(1)]) {
    const back = fromSafetensors(given, tree)
    test.strictSame(plain(back), expected)
    test.notOk(back.params.one instanceof tf.Variable, 'a plain tensor for a Variable')
    disposeTree(back)
  }
  const { tensors, metadata } = readSafetensors(bytes)
  test.strictSame(
    Object.entries(tensors)
      .map(([name, tensor]) => [name, plain(tensor)] as const)
      .sort(),
    tensorsOf(tree)
      .map(([name, tensor]) => [name, plain(tensor)] as const)
      .sort(),
  )
  test.equal(metadata['epoch'], '7')
  test.equal(metadata['state.1.nan'], 'NaN')
  test.equal((JSON.parse(metadata['__host__'] ?? '') as unknown[]).length, 19)
  disposeTree(tensors)

  const named = toNamedTensors(tree)
  const { data, specs } = await tf.io.encodeWeights(named.map(({ name, tensor }) => ({ name, tensor })))
  const decoded = tf.io.decodeWeights(data, specs)
  const list = Object.entries(decoded).map(([name, tensor]) => ({ name, tensor }))
  for (const given of [named, list, [...named].reverse()]) {
    const back = fromNamedTensors(given, tree)
    test.strictSame(plain(back), expected, 'as named tensors')
    disposeTree(back)
  }
  disposeTree(tree)
  test.strictSame(plain(fromNamedTensors(named, tree)), expected, 'handles of their own, and like may be disposed')
  test.strictSame(plain(fromSafetensors(bytes, tree)), expected, 'like may be disposed')
})

onBackends('nothing leaks, tidy owns what is read', async test => {
  const tree = { w: tf.variable(tf.ones([3])), state: [{ count: 1, mu: tf.zeros([3]) }] }
  const bytes = await toSafetensors(tree)
  const named = toNamedTensors(tree)
  const left = await leftBehind(async () => {
    await toSafetensors(tree)
    tf.tidy(() => {
      fromSafetensors(bytes, tree)
      readSafetensors(bytes)
      toNamedTensors(tree)
      fromNamedTensors(named, tree)
    })
    const kept = tf.tidy(() => [fromSafetensors(bytes, tree), fromNamedTensors(named, tree)])
    disposeTree(kept)
  })
  test.equal(left, 0)
  // Held while it is read: neither the end of a tidy nor a donated step, which writes over a buffer with one handle, shows.
  const w = tf.tensor1d([3, 4])
  const writing = [toSafetensors({ w })]
  test.equal(tf.backend().refCount(w.dataId), 2)
  const before = tf.memory().numTensors
  tf.tidy(() => void writing.unshift(toSafetensors({ w: tf.tensor1d([1, 2]) })))
  test.equal(tf.memory().numTensors, before + 1)
  const [written] = await Promise.all(writing)
  test.strictSame(plain(readSafetensors(written!).tensors['w']), plain(tf.tensor1d([1, 2])), 'begun in a tidy')
})

onBackends('a state read back goes on to the same bits, one being saved is that of the call', async test => {
  const grads = { w: tf.tensor2d([0.1, -2, 3, 0.7], [2, 2]), b: tf.tensor1d([1e-3, -5]) }
  const init = () => ({ w: tf.tensor2d([1, 2, 3, 4], [2, 2]), b: tf.tensor1d([0, 0]) })
  const transformations = {
    adamw: adamw(count => 0.1 / (1 + count), { weightDecay: 0.1 }),
    amsgrad: chain(clipByGlobalNorm(1), scaleByAmsgrad(), trace(0.9)),
    sgd: sgd(0.1, { momentum: 0.9 }),
  }
  for (const [name, tx] of Object.entries(transformations)) {
    const step = makeStep(tx as typeof transformations.adamw, { donate: true })
    let params = init()
    let state = (tx as typeof transformations.adamw).init(params)
    for (let i = 0; i < 3; i++) [params, state] = step(params, grads, state)
    const expected = plain({ params, state })
    const writing = toSafetensors({ params, state })
    const like = { params: init(), state: (tx as typeof transformations.adamw).init(init()) }
    ;[params, state] = step(params, grads, state) // consumes what is being written
    let again = fromSafetensors(await writing, like)
    test.strictSame(plain(again), expected, name)
    const [p, s] = step(again.params, grads, again.state)
    again = { params: p, state: s }
    for (let i = 0; i < 3; i++) {
      test.strictSame(plain(again), plain({ params, state }), `${name}, ${i} steps later`)
      ;[params, state] = step(params, grads, state)
      const [p, s] = step(again.params, grads, again.state)
      again = { params: p, state: s }
    }
  }
})

t.test('random trees come back bit for bit', async test => {
  await useBackend('cpu')
  const before = tf.memory().numTensors
  const shape = fc.array(fc.nat(3), { maxLength: 4 })
  const leaf = fc.oneof(
    fc
      .tuple(fc.constantFrom('float32', 'int32', 'bool'), shape, fc.infiniteStream(fc.integer()))
      .map(([dtype, shape, stream]) => ({
        tensor: { dtype, shape, words: [...stream.take(tf.util.sizeFromShape(shape))] },
      })),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
    fc.constant(null),
  )
  const key = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }).filter(name => !name.includes('.')),
    fc.constantFrom('__proto__', '0', 'value', 'toString'),
  )
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { maxLength: 4 }), tie('record')),
    record: fc
      .tuple(fc.uniqueArray(fc.tuple(key, tie('tree')), { selector: ([name]) => name, maxLength: 4 }), fc.boolean())
      .map(([entries, frozen]) => {
        const record = Object.fromEntries(entries)
        return frozen ? Object.freeze(record) : record
      }),
  }))
  const make = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(make)
    if (typeof x !== 'object' || x === null) return x
    const { tensor } = x as { tensor?: { dtype: 'float32'; shape: number[]; words: number[] } }
    if (tensor?.words !== undefined) {
      const { dtype, shape, words } = tensor
      const int = Int32Array.from(words)
      const values = { float32: new Float32Array(int.buffer), int32: int, bool: Uint8Array.from(int, n => n & 1) }[
        dtype
      ]
      return tf.tensor(values, shape, dtype)
    }
    const made = Object.fromEntries(Object.entries(x).map(([name, y]) => [name, make(y)]))
    return Object.isFrozen(x) ? Object.freeze(made) : made
  }
  await fc.assert(
    fc.asyncProperty(tree, async spec => {
      const tree = make(spec)
      const expected = plain(tree)
      const back = fromSafetensors(await toSafetensors(tree), tree)
      const named = toNamedTensors(tree)
      const again = fromNamedTensors(named, tree)
      test.strictSame(plain(back), expected)
      test.strictSame(plain(again), expected)
      disposeTree([tree, back, named, again])
      return tf.memory().numTensors === before
    }),
    { numRuns: 300 },
  )
})

/** What the golden program's check mode expects. */
const written = () => ({
  params: {
    dense: { bias: tf.tensor1d([0.5, -0, NaN]), kernel: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]) },
    empty: tf.zeros([0, 2]),
    scalar: tf.scalar(-Infinity),
  },
  state: [
    { count: 3, rate: -0, steps: tf.tensor1d([1, -2], 'int32'), off: null },
    { done: true, name: '"Zoë"'.slice(1, -1), mask: tf.tensor1d([true, false, true], 'bool') },
  ],
})

onBackends('the bytes are those that Python was shown to read', async test => {
  const path = golden('safetensors-written.safetensors')
  const bytes = await toSafetensors(written(), { metadata: { epoch: '7' } })
  if (t.writeSnapshot) await writeFile(path, bytes)
  test.ok(Buffer.from(bytes).equals(await readFile(path)), 'as committed')
  const back = await loadTree(path, written())
  test.strictSame(plain(back), plain(written()))
})

onBackends('files of Python are read', async test => {
  const path = golden('safetensors.safetensors')
  const expected = JSON.parse(await readFile(golden('safetensors.json'), 'utf8')) as {
    metadata: Record<string, string>
    tensors: Record<string, { shape: number[]; values: number[] }>
  }
  const { tensors, metadata } = readSafetensors(await readFile(path))
  test.strictSame(metadata, expected.metadata)
  test.strictSame(Object.keys(tensors).sort(), Object.keys(expected.tensors).sort())
  for (const [name, { shape, values }] of Object.entries(expected.tensors)) {
    const tensor = tensors[name]!
    test.strictSame(tensor.shape, shape, name)
    test.strictSame(bits(tensor), values, name)
  }
  const dtypes = { flags: 'bool', half: 'float32', brain: 'float32', double: 'float32', long: 'int32', ubyte: 'int32' }
  for (const [name, dtype] of Object.entries(dtypes)) test.equal(tensors[name]?.dtype, dtype, name)
  // A tree of Python's: names are paths, a count is a text of the metadata.
  const nested = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.includes('.')))
  const like = { ...nested, count: 0, dense: { kernel: tf.zeros([2, 3]) } }
  const back = await loadTree(path, like)
  test.equal(back.count, 12)
  test.strictSame(bits(back.dense.kernel), expected.tensors['dense.kernel']?.values)
})

/** A file with this header, an object or a text, and so many bytes of data. */
const fileOf = (header: unknown, size: number, data: Uint8Array = new Uint8Array(size)): Uint8Array => {
  const text = typeof header === 'string' ? Buffer.from(header) : Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}
const info = (dtype: string, shape: unknown, ...data_offsets: unknown[]) => ({ dtype, shape, data_offsets })
const lengthOnly = (length: bigint, size: number): Uint8Array => {
  const bytes = Buffer.alloc(8 + size)
  bytes.writeBigUInt64LE(length)
  return bytes
}
const of = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

t.test('a damaged file says what was expected and what came', async test => {
  await useBackend('cpu')
  const w = info('F32', [2], 0, 8)
  const damaged: Record<string, readonly [bytes: Uint8Array, message: string]> = {
    'no bytes': [of(), 'it is cut short: expected at least 8 bytes, got 0'],
    'seven bytes': [of(1, 0, 0, 0, 0, 0, 0), 'it is cut short: expected at least 8 bytes, got 7'],
    'another format': [
      Buffer.from('PK\x03\x04 a zip file, say'),
      'its header must be at most 100000000 bytes, got 8800140462016121680 (is it a safetensors file?)',
    ],
    'a header of 100 MB and a byte': [
      lengthOnly(100_000_001n, 8),
      'its header must be at most 100000000 bytes, got 100000001 (is it a safetensors file?)',
    ],
    'a header beyond the end': [lengthOnly(9n, 8), 'it is cut short: its header ends at byte 17, the file at 16'],
    'an empty header': [fileOf('', 0), 'its header must begin with {, got ""'],
    'a space before it': [fileOf(' {}', 0), 'its header must begin with {, got " "'],
    'a byte order mark': [fileOf('\ufeff{}', 0), 'its header must begin with {, got "\ufeff"'],
    'not UTF-8': [Buffer.concat([lengthOnly(3n, 0), of(0x7b, 0xff, 0x7d)]), 'its header is not UTF-8'],
    'an array': [fileOf([], 0), 'its header must begin with {, got "["'],
    'a tensor that is a number': [fileOf({ w: 1 }, 0), 'w must be a record {dtype, shape, data_offsets}, got 1'],
    'no dtype': [fileOf({ w: { shape: [2], data_offsets: [0, 8] } }, 8), 'w.dtype must be string, got nothing'],
    'no offsets': [
      fileOf({ w: { dtype: 'F32', shape: [2] } }, 8),
      'w.data_offsets must be an array of two sizes, got nothing',
    ],
    'three offsets': [
      fileOf({ w: info('F32', [2], 0, 8, 9) }, 8),
      'w.data_offsets must be an array of two sizes, got [0,8,9]',
    ],
    'a negative offset': [
      fileOf({ w: info('F32', [2], -8, 0) }, 8),
      'w.data_offsets.0 must be a whole number >= 0, got -8',
    ],
    'half a byte': [
      fileOf({ w: info('F32', [2], 0.5, 8) }, 8),
      'w.data_offsets.0 must be a whole number >= 0, got 0.5',
    ],
    'an offset beyond 2^53': [
      fileOf('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,9007199254740992]}}', 8),
      'w.data_offsets.1 must be a whole number >= 0, got 9007199254740992',
    ],
    'a negative size': [fileOf({ w: info('F32', [-2], 0, 8) }, 8), 'w.shape.0 must be a whole number >= 0, got -2'],
    'a shape that is a number': [fileOf({ w: info('F32', 2, 0, 8) }, 8), 'w.shape must be an array of sizes, got 2'],
    'metadata that are no texts': [
      fileOf({ __metadata__: { epoch: 7 }, w }, 8),
      '__metadata__.epoch must be string, got 7',
    ],
    'metadata that are a text': [
      fileOf({ __metadata__: 'x', w }, 8),
      '__metadata__ must be a record of strings, got "x"',
    ],
    'an unknown dtype': [
      fileOf({ 'a.b': info('F8_E4M3', [8], 0, 8) }, 8),
      'a.b.dtype must be one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, got "F8_E4M3"',
    ],
    'a dtype of Object': [
      fileOf({ w: info('toString', [8], 0, 8) }, 8),
      'w.dtype must be one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, got "toString"',
    ],
    'too few bytes for the shape': [
      fileOf({ w: info('F32', [2, 3], 0, 20) }, 20),
      'w of shape [2,3] and F32 needs 24 bytes, got offsets [0,20]',
    ],
    'offsets backwards': [
      fileOf({ w: info('F32', [2], 8, 0) }, 8),
      'w of shape [2] and F32 needs 8 bytes, got offsets [8,0]',
    ],
    'a shape that overflows': [
      fileOf({ w: info('F32', Array(40).fill(2 ** 52), 0, 8) }, 8),
      `w of shape [${Array(5)
        .fill(2 ** 52)
        .join(',')},45035996273704… (681 characters) and F32 needs Infinity bytes, got offsets [0,8]`,
    ],
    'a shape that overflows, with a 0': [
      fileOf({ w: info('F32', [...Array<number>(40).fill(2 ** 52), 0], 0, 0) }, 0),
      `w of shape [${Array(5)
        .fill(2 ** 52)
        .join(',')},45035996273704… (683 characters) and F32 needs NaN bytes, got offsets [0,0]`,
    ],
    'a shape of 2^53 elements': [
      fileOf({ w: info('U8', [2 ** 27, 2 ** 27], 0, 8) }, 8),
      'w of shape [134217728,134217728] and U8 needs 18014398509481984 bytes, got offsets [0,8]',
    ],
    'an overlap': [
      fileOf({ w, v: info('F32', [2], 4, 12) }, 12),
      'v must begin at byte 8 of the data, got 4 (it overlaps another)',
    ],
    'a hole': [fileOf({ w, v: info('F32', [2], 12, 20) }, 20), 'v must begin at byte 8 of the data, got 12 (a hole)'],
    'a hole at the front': [
      fileOf({ w: info('F32', [2], 4, 12) }, 12),
      'w must begin at byte 0 of the data, got 4 (a hole)',
    ],
    'data cut short': [
      fileOf({ w, v: info('F32', [2], 8, 16) }, 15),
      'it is cut short: v ends at byte 16 of the data, the data at 15',
    ],
    'bytes left over': [fileOf({ w }, 9), 'its data must be 8 bytes, got 9'],
    'a name twice': [
      fileOf(
        '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      'the name w stands there twice',
    ],
    'a text twice': [fileOf('{"__metadata__":{"a":"1","a":"2"}}', 0), 'the name a stands there twice'],
    'a dtype twice': [
      fileOf('{"w":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
      'the name dtype stands there twice',
    ],
    'one name written in two ways': [
      fileOf('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0077":1}', 0),
      'the name w stands there twice',
    ],
    'no JSON': [fileOf('{"w":', 0), 'its header is not JSON: expected a value, got the end'],
    'no colon': [fileOf('{"w" 1}', 0), 'its header is not JSON: expected a colon, got 1}'],
    'no comma': [
      fileOf('{"w":{"dtype":"U8" "shape":[]}}', 0),
      'its header is not JSON: expected a comma or the end of the object, got "shape":[]}',
    ],
    'a comma too many': [fileOf('{"__metadata__":{},}', 0), 'its header is not JSON: expected a name in quotes, got }'],
    'no quotes': [fileOf('{w:1}', 0), 'its header is not JSON: expected a name in quotes, got w:1}'],
    'a line break in a name': [
      fileOf('{"a\nb":1}', 0),
      'its header is not JSON: expected a name in quotes, got "a\nb":1}',
    ],
    'a name without an end': [fileOf('{"w', 0), 'its header is not JSON: expected a name in quotes, got "w'],
    'something after the end': [fileOf('{} x', 0), 'its header is not JSON: expected nothing more, got x'],
    'an object without an end': [
      fileOf('{"__metadata__":{"a":"1"', 0),
      'its header is not JSON: expected a comma or the end of the object, got the end',
    ],
    'a value that is none': [
      fileOf('{"w":{"dtype":F32,"shape":[2],"data_offsets":[0,8]}}', 8),
      'its header is not JSON: w.dtype is F32',
    ],
    'a number with a 0 before it': [
      fileOf('{"w":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}', 8),
      'its header is not JSON: w.shape is [02]',
    ],
    'brackets that do not fit': [
      fileOf('{"w":{"dtype":"F32","shape":[2},"data_offsets":[0,8]]}', 8),
      'its header is not JSON: w.shape is [2}',
    ],
    'a size beyond all numbers': [
      fileOf('{"w":{"dtype":"F32","shape":[1e400],"data_offsets":[0,8]}}', 8),
      'w.shape.0 must be a whole number >= 0, got Infinity',
    ],
    'a prototype': [fileOf('{"__proto__":1}', 0), '__proto__ must be a record {dtype, shape, data_offsets}, got 1'],
    'a field of the prototype': [
      fileOf('{"w":{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}', 8),
      'w.dtype must be string, got nothing',
    ],
    'a text that is no string': [fileOf('{"__metadata__":{"a":"\\x"}}', 0), '__metadata__.a must be string, got "\\x"'],
  }
  for (const [what, [bytes, message]] of Object.entries(damaged)) {
    await failing(test, what, () => readSafetensors(bytes), {
      name: 'ValueError',
      message: `readSafetensors: ${message}`,
    })
    await failing(test, what, () => fromSafetensors(bytes, {}), { message: `fromSafetensors: ${message}` })
  }

  // Cut anywhere, a file is an error, never a wrong tree.
  const tree = { w: tf.tensor1d([1, 2]), count: 3, b: tf.tensor1d([true], 'bool') }
  const whole = await toSafetensors(tree)
  for (let n = 0; n < whole.length; n++)
    await failing(test, `the first ${n} bytes`, () => fromSafetensors(whole.subarray(0, n), tree), {
      message: /^fromSafetensors: it is cut short/,
    })

  const wide = (dtype: string, ...data: number[]) =>
    fileOf({ a: info('BOOL', [1], 0, 1), w: info(dtype, [1], 1, 1 + data.length) }, 0, of(1, ...data))
  for (const [dtype, data, value] of [
    ['I64', [0, 0, 0, 128, 0, 0, 0, 0], '2147483648'],
    ['I64', [0, 0, 0, 0, 0, 0, 0, 128], '-9223372036854775808'],
    ['U64', [255, 255, 255, 255, 255, 255, 255, 255], '18446744073709551615'],
    ['U32', [0, 0, 0, 128], '2147483648'],
  ] as const)
    await failing(test, `${dtype} too wide`, () => readSafetensors(wide(dtype, ...data)), {
      message: `readSafetensors: w of dtype ${dtype} must fit int32, got ${value} at element 0`,
    })
  test.strictSame(
    bits(readSafetensors(fileOf({ w: info('BOOL', [3], 0, 3) }, 0, of(0, 1, 7))).tensors['w']!),
    [0, 1, 1],
  )
  test.strictSame(readSafetensors(fileOf('{"__metadata__":null}   ', 0)), { tensors: {}, metadata: {} })
  await failing(test, 'no bytes at all', () => readSafetensors('x' as never), {
    message: 'readSafetensors: bytes must be a Uint8Array or an ArrayBuffer, got "x"',
  })
})

t.test('a file or list of another tree is refused by path', async test => {
  await useBackend('cpu')
  const tree = { a: tf.tensor1d([1, 2]), b: [{ count: 3, mu: tf.tensor1d([1, 2], 'int32') }], off: null }
  const bytes = await toSafetensors(tree, { metadata: { note: 'not a leaf' } })
  const named = toNamedTensors(tree)
  const mu = tree.b[0]!.mu
  const like = (change: object) => ({ ...tree, ...change }) as unknown
  const cases: Record<string, readonly [like: unknown, message: string]> = {
    'a tensor missing': [like({ c: tree.a }), 'leaf c, a tensor, is missing in @ (is it of another tree?)'],
    'a number missing': [like({ c: 1 }), 'leaf c, a number, is missing in @ (is it of another tree?)'],
    'a tensor left over': [{ b: tree.b }, '@ has a, which like does not have (is it of another tree?)'],
    'a number left over': [like({ b: [{ mu }] }), '@ has b.0.count, which like does not have (is it of another tree?)'],
    'null in like': [like({ a: null }), '@ has a, which like does not have (is it of another tree?)'],
    'another shape': [like({ a: tf.zeros([2, 1]) }), 'leaf a has shape [2] in @, [2,1] in like'],
    'another dtype': [like({ a: mu }), 'leaf a has dtype float32 in @, expected int32'],
    'another kind': [like({ b: [{ mu, count: true }] }), 'b.0.count is 3 in @, a boolean in like'],
    'another structure': [
      like({ b: { 1: tree.b[0] } }),
      'leaf b.1.count, a number, is missing in @ (is it of another tree?)',
    ],
    'a leaf of no kind': [
      like({ f: () => 1 }),
      'leaf f must be a tensor, number, boolean, string or null, got a function',
    ],
    'one leaf': [tree.a, 'leaf value, a tensor, is missing in @ (is it of another tree?)'],
    'keys with dots': [like({ 'b.0.mu': mu }), 'two leaves have the name b.0.mu; rename a key that contains a dot'],
  }
  for (const [what, [like, message]] of Object.entries(cases)) {
    await failing(test, what, () => fromSafetensors(bytes, like), {
      message: `fromSafetensors: ${message.replaceAll('@', 'the file')}`,
    })
    await failing(test, what, () => fromNamedTensors(named, like), {
      message: `fromNamedTensors: ${message.replaceAll('@', 'the list')}`,
    })
  }
  await failing(
    test,
    'many left over',
    () =>
      fromSafetensors(
        fileOf(Object.fromEntries(Array.from('abcdefg', (name, i) => [name, info('U8', [1], i, i + 1)])), 7),
        {},
      ),
    {
      message:
        'fromSafetensors: the file has a, b, c, d, e and 2 more, which like does not have (is it of another tree?)',
    },
  )
  for (const [metadata, message] of [
    [{ count: 'three' }, 'count in the metadata must be a number, true, false or a string in quotes, got "three"'],
    [{ count: '0x10' }, 'count in the metadata must be a number, true, false or a string in quotes, got "0x10"'],
    [{ count: '' }, 'count in the metadata must be a number, true, false or a string in quotes, got ""'],
    [{ count: '1e400' }, 'count in the metadata must be a number, true, false or a string in quotes, got "1e400"'],
    [
      { count: '9007199254740993' }, // no number is it
      'count in the metadata must be a number, true, false or a string in quotes, got "9007199254740993"',
    ],
    [
      { count: '7'.repeat(1000) },
      `count in the metadata must be a number, true, false or a string in quotes, got "${'7'.repeat(100)}"… (1000 characters)`,
    ],
    [{ count: '[1]' }, 'count in the metadata must be a number, true, false or a string in quotes, got "[1]"'],
    [{ count: '1', __host__: 'x' }, '__host__ in the metadata must be a list of names, got "x"'],
    [{ count: '1', __host__: '[1]' }, '__host__ in the metadata must be a list of names, got "[1]"'],
  ] as const)
    await failing(test, message, () => fromSafetensors(fileOf({ __metadata__: metadata }, 0), { count: 1 }), {
      message: `fromSafetensors: ${message}`,
    })

  // The count of a state is a number of steps: with another one every later step would throw.
  const state = adamw(0.1).init({ w: tree.a })
  const counted = fileOf(
    {
      __metadata__: { '0.count': '@', '1.count': '0', '2.count': '0' },
      ...Object.fromEntries(['0.mu.w', '0.nu.w'].map((name, i) => [name, info('F32', [2], 8 * i, 8 * i + 8)])),
    },
    16,
  )
  const withCount = (count: string): Uint8Array => {
    const { length } = Buffer.from(counted)
    const text = Buffer.from(counted)
      .subarray(8, length - 16)
      .toString()
      .replace('"@"', JSON.stringify(count))
    return fileOf(text, 16)
  }
  test.equal(fromSafetensors(withCount('7'), state)[0].count, 7)
  for (const [count, got] of [
    ['-5', '-5'],
    ['1.5', '1.5'],
    ['9007199254740992', '9007199254740992'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['true', 'true'],
    ['"3"', '"3"'],
  ] as const) {
    await failing(test, `a count of ${count}`, () => fromSafetensors(withCount(count), state), {
      name: 'ValueError',
      message: `fromSafetensors: 0.count is ${got} in the file, a whole number >= 0 in like`,
    })
    const value = JSON.parse(/^[NI]/.test(count) ? '1e400' : count) as number
    const wrong = toNamedTensors([{ ...state[0], count: value }, ...state.slice(1)])
    await failing(test, `a list with a count of ${count}`, () => fromNamedTensors(wrong, state), {
      message: /^fromNamedTensors: 0.count is .* in the list, a whole number >= 0 in like$/,
    })
  }
  test.strictSame(
    fromSafetensors(await toSafetensors({ count: -1.5 }), { count: 3 }),
    { count: -1.5 },
    "a count of one's own is any number",
  )

  const [first, ...others] = named
  const count = (tensor: tf.Tensor) => named.map(item => (item.name === 'b.0.count' ? { ...item, tensor } : item))
  await failing(test, 'a name twice', () => fromNamedTensors([...named, first!], tree), {
    message: 'fromNamedTensors: two leaves have the name a; rename a key that contains a dot',
  })
  for (const [list, what, got] of [
    [null, 'list must be an array of named tensors', 'null'],
    ['abc', 'list must be an array of named tensors', '"abc"'],
    [[...named, null], 'list[3] must be a named tensor {name, tensor}', 'null'],
    [[undefined], 'list[0] must be a named tensor {name, tensor}', 'undefined'],
    [Array(2), 'list[0] must be a named tensor {name, tensor}', 'undefined'],
    [[{ name: 7, tensor: mu }], 'list[0] must be a named tensor {name, tensor}', 'a record {name, tensor}'],
    [[{ name: 'a', tensor: [1, 2] }], 'list[0] must be a named tensor {name, tensor}', 'a record {name, tensor}'],
    [[{ name: 'a' }], 'list[0] must be a named tensor {name, tensor}', 'a record {name}'],
  ] as const)
    await failing(test, what, () => fromNamedTensors(list as never, tree), {
      name: 'TypeError',
      message: `fromNamedTensors: ${what}, got ${got}`,
    })
  const vector = tf.tensor1d([3], 'int32')
  const [float, text] = [tf.scalar(3), tf.scalar('three')]
  for (const [tensor, message] of [
    [vector, 'b.0.count must be a scalar of dtype int32, bool or string, got int32 of shape [1]'],
    [float, 'b.0.count must be a scalar of dtype int32, bool or string, got float32 of shape []'],
    [text, 'b.0.count must be a number, true, false or a string in quotes, got "three"'],
  ] as const)
    await failing(test, message, () => fromNamedTensors(count(tensor), tree), {
      message: `fromNamedTensors: ${message}`,
    })
  first?.tensor.dispose()
  await failing(test, 'disposed', () => fromNamedTensors([first!, ...others], tree), {
    name: 'RuntimeError',
    message: 'fromNamedTensors: leaf a of the list is disposed (was it donated to an earlier step?)',
  })
})

t.test('a tree that cannot be stored is refused by path', async test => {
  await useBackend('cpu')
  const w = tf.zeros([1])
  const gone = tf.zeros([1])
  gone.dispose()
  const lone = '\ud800'
  const cases: Record<string, readonly [tree: unknown, message: string, metadata?: Record<string, string>]> = {
    strings: [{ a: { s: tf.tensor1d(['x']) } }, 'leaf a.s has dtype string in the tree, expected float32, int32, bool'],
    complex: [[tf.complex([1], [2])], 'leaf 0 has dtype complex64 in the tree, expected float32, int32, bool'],
    'a function': [{ f: () => w }, 'leaf f must be a tensor, number, boolean, string or null, got a function'],
    'an array of numbers': [
      { f: new Float32Array(1) },
      'leaf f must be a tensor, number, boolean, string or null, got a Float32Array',
    ],
    'a bigint': [1n, 'leaf value must be a tensor, number, boolean, string or null, got a BigInt'],
    disposed: [{ a: [w, gone] }, 'leaf a.1 of the tree is disposed (was it donated to an earlier step?)'],
    'one name': [{ 'a.b': w, a: { b: 1 } }, 'two leaves have the name a.b; rename a key that contains a dot'],
    "the format's name": [{ __metadata__: w }, 'the name __metadata__ is taken by the format'],
    "the list's name": [{ __host__: 1 }, 'the name __host__ is taken by the list of leaves that are no tensors'],
    "the list's name as metadata": [
      { w },
      'the name __host__ is taken by the list of leaves that are no tensors',
      { __host__: '' },
    ],
    'a text under a leaf': [{ a: [1] }, 'the name a.0 is taken by a leaf of the tree', { 'a.0': '' }],
    'a text that is none': [{ w }, 'metadata.epoch must be a string, got 7', { epoch: 7 as never }],
    'metadata that are no record': [{ w }, 'metadata must be a record of texts, got an array of 1', ['x'] as never],
    'metadata in a Map': [{ w }, 'metadata must be a record of texts, got a Map', new Map([['a', 'b']]) as never],
    'more text than a header holds': [
      { w },
      'names, shapes and texts must fit in 100000000 bytes of header, got 100000004 or more',
      { note: 'x'.repeat(100_000_000) },
    ],
    'half a character': [{ [lone]: w }, '"\\ud800" must be whole characters, got half of one'],
    'half a character of a number': [{ [lone]: 1 }, '"\\ud800" must be whole characters, got half of one'],
    'half a character of a text': [{ w }, '"\\ud800" must be whole characters, got half of one', { a: lone }],
  }
  for (const [what, [tree, message, metadata]] of Object.entries(cases))
    await failing(test, what, () => toSafetensors(tree, metadata && { metadata }), {
      message: `toSafetensors: ${message}`,
    })
  await failing(test, 'named tensors', () => toNamedTensors({ w, f: () => 1 }), {
    message: 'toNamedTensors: leaf f must be a tensor, number, boolean, string or null, got a function',
  })
  const both = { 'a.b': null, a: { b: w } }
  test.strictSame(plain(fromSafetensors(await toSafetensors(both), both)), plain(both), 'an absent leaf has no name')
  const named = toNamedTensors({ s: tf.tensor1d(['x', 'y']), n: 2 ** 31 })
  test.strictSame(
    named.map(({ name, tensor }) => [name, tensor.dtype, Array.from(tensor.dataSync() as unknown as string[])]),
    [
      ['n', 'string', ['2147483648']],
      ['s', 'string', ['x', 'y']],
    ],
    'tree order, any dtype',
  )
})

onBackends('one leaf is a tree, and so is none', async test => {
  for (const tree of [tf.scalar(2), 7, 'text', null, [], {}]) {
    const bytes = await toSafetensors(tree)
    test.equal((new DataView(bytes.buffer).getUint32(0, true) + 8) % 8, 0)
    test.strictSame(plain(fromSafetensors<unknown>(bytes, tree)), plain(tree))
    test.strictSame(plain(fromNamedTensors<unknown>(toNamedTensors(tree), tree)), plain(tree))
  }
  test.strictSame(Object.keys(readSafetensors(await toSafetensors(tf.scalar(2))).tensors), ['value'])
})
