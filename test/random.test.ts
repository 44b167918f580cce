/** The generator of noise: published numbers, the distribution, and the same bits everywhere. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as O from '../lib/index.js'
import { exp, ln } from '../lib/random/elementary.js'
import { keyOf, noise } from '../lib/random/noise.js'
import { normalOf } from '../lib/random/normal.js'
import { threefry, type Key } from '../lib/random/threefry.js'
import { numbers, onBackends, useBackend } from './setup.js'

/** The hash FNV-1a of some bytes. */
const hashOf = (data: Float32Array): string => {
  const hash = new Uint8Array(data.buffer).reduce((h, byte) => Math.imul(h ^ byte, 16777619), 2166136261 | 0)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
const hex = (word: number): string => (word >>> 0).toString(16)

t.test('Threefry: the words that its authors publish', test => {
  // kat_vectors of Random123 1.14, threefry2x32 with 20 rounds; jax.random has the same ones in its tests.
  const known: readonly (readonly [Key, readonly [number, number], string])[] = [
    [[0, 0], [0, 0], '6b200159 99ba4efe'],
    [[-1, -1], [-1, -1], '1cb996fc bb002be7'],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3 | 0], 'c4923a9c 483df7a0'],
  ]
  const into = new Int32Array(2)
  for (const [key, [low, high], words] of known) {
    threefry(key, low, high, into, 0)
    test.equal([...into].map(hex).join(' '), words)
  }
  test.end()
})

t.test('logarithm and exponential', test => {
  const near = (got: number, want: number, rel: number): boolean =>
    Math.abs(got - want) <= rel * Math.max(1, Math.abs(want))
  for (let i = 0; i < 4000; i++) {
    const x = 2 ** ((i - 2000) / 2)
    if (Number.isFinite(x) && x > 0 && !near(ln(x), Math.log(x), 4e-16)) test.fail(`ln ${x}: ${ln(x)}`)
    const y = (i - 2000) / 3
    if (Math.abs(exp(y) / Math.exp(y) - 1) > 1e-15 * Math.max(1, Math.abs(y))) test.fail(`exp ${y}: ${exp(y)}`)
  }
  test.strictSame([ln(1), exp(0), exp(-800), exp(800)], [0, 1, 0, Infinity])
  test.end()
})

t.test('normal deviates: the inverse of the distribution, to the last digits', test => {
  // -scipy.special.ndtri((2^31 - 1 - word + 1/2) / 2^32)
  const known: readonly (readonly [number, number])[] = [
    [0, 2.918099372916623e-10],
    [1073741824, 0.6744897505624251],
    [1825361100, 1.4395314704450153],
    [1825361101, 1.4395314720898171],
    [1900000000, 1.5750558489997353],
    [2147400000, 4.113613123572502],
    [2147480000, 4.786340321485978],
    [2147483000, 5.122497132011762],
    [2147483643, 5.990227597261481],
    [2147483647, 6.3379577545537895],
  ]
  for (const [word, z] of known) {
    test.ok(Math.abs(normalOf(word) / z - 1) < 1e-15, `${word}: ${normalOf(word)}, ${z}`)
    test.equal(normalOf(~word), -normalOf(word), 'the other half is its mirror image')
  }
  let [last, falls] = [-Infinity, 0]
  for (let word = -2147483648; word < 2147483648; word += 65521) {
    if (normalOf(word) <= last) falls++
    last = normalOf(word)
  }
  test.equal(falls, 0, 'it rises throughout')
  test.end()
})

/** The distribution function of the normal distribution, within 1e-7: Abramowitz and Stegun 26.2.17. */
const distribution = (z: number): number => {
  const k = 1 / (1 + 0.2316419 * Math.abs(z))
  const c = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce((s, a) => s * k + a, 0) * k
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * c
  return z < 0 ? tail : 1 - tail
}

t.test('a million numbers: moments, tails, Kolmogorov and Smirnov, neighbours', test => {
  const n = 1e6
  const z = noise(keyOf(1, 'dense/kernel'), 0, n, 1)
  const mean = (f: (x: number, i: number) => number): number => z.reduce((sum, x, i) => sum + f(x, i), 0) / n
  // Each within 4 standard errors.
  const within = (what: string, got: number, want: number, error: number): void => {
    test.ok(Math.abs(got - want) < (4 * error) / Math.sqrt(n), `${what}: ${got}, ${want}`)
  }
  within(
    'mean',
    mean(x => x),
    0,
    1,
  )
  within(
    'variance',
    mean(x => x * x),
    1,
    Math.sqrt(2),
  )
  within(
    'third moment',
    mean(x => x ** 3),
    0,
    Math.sqrt(15),
  )
  within(
    'fourth moment',
    mean(x => x ** 4),
    3,
    Math.sqrt(96),
  )
  for (const [beyond, p] of [
    [1, 0.31731050786],
    [3, 0.0026997960633],
    [4, 6.3342483666e-5],
    [4.8, 1.5866e-6],
  ] as const)
    within(
      `beyond ${beyond}`,
      mean(x => (Math.abs(x) > beyond ? 1 : 0)),
      p,
      Math.sqrt(p),
    )
  const sorted = Float64Array.from(z).sort()
  const furthest = sorted.reduce((most, x, i) => Math.max(most, Math.abs(distribution(x) - (i + 0.5) / n)), 0)
  test.ok(
    furthest * Math.sqrt(n) < 1.36,
    `Kolmogorov and Smirnov: ${furthest * Math.sqrt(n)}, at most 1.36 in 95 % of samples`,
  )

  const others = {
    'the next element': z.subarray(1),
    'the element after that': z.subarray(2),
    'the next step': noise(keyOf(1, 'dense/kernel'), 1, n, 1),
    'another leaf': noise(keyOf(1, 'dense/bias'), 0, n, 1),
    'another seed': noise(keyOf(2, 'dense/kernel'), 0, n, 1),
  }
  for (const [name, other] of Object.entries(others)) {
    within(
      `with ${name}`,
      mean((x, i) => x * (other[i] ?? 0)),
      0,
      1,
    )
    within(
      `squares with ${name}`,
      mean((x, i) => (x * x - 1) * ((other[i] ?? 1) ** 2 - 1)),
      0,
      2,
    )
  }
  test.end()
})

/** test/golden/make_noise.py, another implementation in another language, prints the same hashes. */
t.test('the same bits on every engine, for ever', test => {
  const rows: readonly (readonly [seed: number, name: string, count: number, scale: number, hash: string])[] = [
    [0, '', 0, 1, '6d80aea4'],
    [0, 'w', 0, 1, '9a771ddb'],
    [1, 'w', 0, 1, '09d26b89'],
    [2 ** 32, 'w', 0, 1, '6a1f4791'],
    [Number.MAX_SAFE_INTEGER, 'w', 0, 1, '61caf54a'],
    [42, 'dense/kernel', 1, 0.25, '7ff86751'],
    [42, 'dense/kernel', 1000000, 0.25, '044593b1'],
    [42, 'größe.0.κ', 3, 1e-30, '43148a8c'],
  ]
  for (const [seed, name, count, scale, hash] of rows)
    test.equal(hashOf(noise(keyOf(seed, name), count, 1001, scale)), hash, `${seed} ${name} ${count}`)
  const deviations = Float64Array.from([1, 2, 3, 10, 12345], t => Math.sqrt(0.3 * exp(-0.55 * ln(t))))
  test.equal(hashOf(new Float32Array(deviations.buffer)), 'e04b71f6', 'deviations in float64')
  const [all, some] = [1001, 500].map(size => [...noise(keyOf(3, 'x'), 2, size, 1)])
  test.strictSame(all!.slice(0, 500), some, 'no number depends on how many there are')
  const keys = ['', 'a', 'b', 'ab', 'ba', 'a\0', '\0a', '\0', '\0\0'].map(name => keyOf(7, name).join())
  test.equal(new Set(keys).size, keys.length, 'names that differ have streams that differ')
  test.end()
})

const zeros = () => ({ a: tf.zeros([2, 3]), b: tf.zeros([5]), c: { d: tf.zeros([]) } })
const bitsOf = (tree: unknown) => O.tensorsOf(tree).map(([path, tensor]) => [path, ...numbers(tensor)])
const traces = new Map<string, unknown>()

onBackends('addNoise: by seed, step and name, and by nothing else', (test, backend) => {
  tf.tidy(() => {
    const tx = O.addNoise(0.3, 0.55, 42)
    const state = tx.init(zeros())
    const [first, next] = tx.update(zeros(), state)
    const [second, last] = tx.update(zeros(), next)
    traces.set(backend, [bitsOf(first), bitsOf(second)])
    test.strictSame(traces.get(backend), [...traces.values()][0], 'the same on every backend')
    test.strictSame(Object.keys(last), ['count'], 'the state is a count')

    const { a, b, c } = zeros()
    const [turned] = tx.update({ c, b, a }, tx.init({ c, b, a }))
    test.strictSame(bitsOf(turned), bitsOf(first), 'whatever the order of leaves')
    const [alone] = tx.update({ b }, tx.init({ b }))
    test.strictSame(numbers(alone.b), numbers(first.b), 'and whichever others there are')
    const [resumed] = tx.update(zeros(), { count: 1 })
    test.strictSame(bitsOf(resumed), bitsOf(second), 'a count is all it needs to go on')
    const chained = O.chain(
      O.scale(2),
      O.masked(O.addNoise(0.3, 0.55, 42), path => path !== 'b'),
      O.scale(0.5),
    )
    const [half] = chained.update(zeros(), chained.init(zeros()))
    test.strictSame(numbers(half.a), numbers(tf.mul(first.a, 0.5)), 'also between rules, in a mask')
    test.strictSame(numbers(half.b), [0, 0, 0, 0, 0])
    const [other] = O.addNoise(0.3, 0.55, 43).update(zeros(), state)
    test.strictNotSame(bitsOf(other), bitsOf(first))

    const p = { w: tf.zeros([100000]) }
    for (const count of [0, 3, 99]) {
      const [u] = tx.update(p, { count })
      const variance = numbers(tf.mean(tf.square(u.w)))[0]!
      const want = 0.3 / (count + 1) ** 0.55
      test.ok(Math.abs(variance / want - 1) < 0.02, `variance at step ${count + 1}: ${variance}, ${want}`)
    }
    const [none] = O.addNoise(0, 0.55, 42).update({ w: tf.tensor1d([1, -2]) }, { count: 0 })
    test.strictSame(numbers(none.w), [1, -2], 'no noise with eta 0')
  })
  test.end()
})

t.test('addNoise: a copy of a model, whose weights tfjs names anew, has the same noise', async test => {
  await useBackend('cpu')
  const run = () => {
    const one = sequential({ layers: [layers.dense({ units: 3, inputShape: [2], name: 'noisy' })] })
    one.setWeights([tf.zeros([2, 3]), tf.zeros([3])])
    const optimizer = O.asOptimizer(O.noisySgd(0.1, { eta: 1, seed: 5 }))
    const variables = one.trainableWeights.map(weight => weight.read() as tf.Variable)
    tf.tidy(() => {
      optimizer.applyGradients(variables.map(v => ({ name: v.name, tensor: tf.zerosLike(v) })))
    })
    const seen = [variables.map(({ name }) => name).join(), one.getWeights().map(numbers)] as const
    optimizer.dispose()
    return seen
  }
  const [[name, values], [again, same]] = [run(), run()]
  test.not(name, again)
  test.strictSame(same, values)
})

t.test('addNoise: wrong calls', test => {
  for (const seed of [-1, 0.5, NaN, 2 ** 53, '1', undefined, null])
    test.throws(() => O.addNoise(0.1, 0.5, seed as never), /^addNoise: seed must be a whole number from 0 on/)
  test.throws(() => O.addNoise(-1, 0.5, 0), /addNoise: eta must be at least 0 and finite, got -1/)
  test.throws(() => O.addNoise(1, Infinity, 0), /addNoise: gamma must be finite/)
  test.throws(() => O.noisySgd(0.1, { seed: -3 }), /seed/)
  test.end()
})
