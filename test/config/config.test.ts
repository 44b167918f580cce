/** Configs: every factory has one, what is written is read again to the same bits, through tfjs too; every fault is told. */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { build } from 'esbuild'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import * as rt from 'io-ts'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers'
import { codecs, ConfigError, configOf, registerTransform, transformFromConfig, type Config } from '../../lib/config.js'
import { ownSchedules } from '../../lib/config/writeValue.js'
import * as O from '../../lib/index.js'
import { kerasCosineDecayRestarts, kerasWarmUp } from '../../lib/legacy.js'
import { elementwise, finite, mul } from '../../lib/rule.js'
import { mapTree } from '../../lib/tree/map.js'
import { useBackend } from '../setup.js'
import { all, shapes, triedSchedules, triedTransforms } from './arbitrary.js'

const right = <A>(read: E.Either<ConfigError, A>): A => {
  if (E.isLeft(read)) throw read.left
  return read.right
}
const faults = (read: E.Either<ConfigError, unknown>): readonly string[] => (E.isLeft(read) ? read.left.faults : [])
const throughJson = (json: unknown): unknown => JSON.parse(JSON.stringify(json)) as unknown

/** What tfjs does to a config when it loads a model, told again; a test below holds it against tfjs. */
const camel = (text: string): string =>
  text.length <= 1 ? text : text.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())
const mangled = (json: unknown, key = ''): unknown => {
  if (typeof json === 'string') return key === 'name' ? json : camel(json)
  if (Array.isArray(json)) return json.map(x => mangled(x))
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([k, x]) => [k === 'name' ? k : camel(k), mangled(x, k)]))
}

/** The bits of updates and states of some steps, the same for the same transformation. */
const bitsOf = (tx: O.GradientTransformation, seed: number, params = shapes as unknown): unknown =>
  tf.tidy(() => {
    let next = seed
    const random = (): number => {
      next = (next * 16807) % 2147483647
      return (next / 2147483647) * 4 - 2
    }
    const isShape = (x: unknown): x is number[] => Array.isArray(x) && typeof x[0] === 'number'
    const filled = (tree: unknown): unknown => {
      if (isShape(tree)) return tf.tensor(Array.from({ length: tree.reduce((n, d) => n * d, 1) }, random), tree)
      if (Array.isArray(tree)) return tree.map(filled)
      return Object.fromEntries(Object.entries(tree as object).map(([key, x]) => [key, filled(x)]))
    }
    const replicas = (tx as { readonly replicas?: string }).replicas
    const gradients = (): unknown => {
      if (replicas === 'list') return [filled(params), filled(params)]
      const one = filled(params) as { w: tf.Tensor }
      return replicas === 'stacked' ? mapTree(one, leaf => tf.stack([leaf, tf.mul(leaf, 0.5)])) : one
    }
    const p = filled(params) as never
    let state: unknown = tx.init(p)
    const seen = [0, 1, 2].map(() => {
      const [updates, after] = tx.update(gradients() as never, state, p, { value: 2 })
      state = after
      return [updates, after].map(tree =>
        O.tensorsOf(tree).map(
          ([path, leaf]) => `${path} ${Buffer.from(new Float32Array(leaf.dataSync()).buffer).toString('hex')}`,
        ),
      )
    })
    return JSON.stringify([seen, state], (_, x: unknown) => (x instanceof tf.Tensor ? '' : x))
  })

t.before(() => useBackend('cpu'))

t.test('every transformation, recipe and schedule has a codec, and is tried below', test => {
  const lists = ['core', 'optimizers', 'schedules', 'transforms', 'wrappers']
  const index = lists.map(file => readFileSync(`lib/${file}.ts`, 'utf8')).join('\n')
  const exported = [...index.matchAll(/export \{([^}]+)\} from '\.\/([^']+)\.js'/g)].flatMap(([, names, path]) =>
    names!
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== '' && !name.startsWith('type '))
      .map(name => ({ name, path: path! })),
  )
  const withFunctions = [
    'monitor',
    'snapshot',
    'measureWithEma',
    'conditionallyTransform',
    'conditionallyMask',
    'stateless',
    'statelessWithTreeMap',
  ]
  const others = ['matching', 'byPath', 'skipNotFinite', 'skipLargeUpdates', ...withFunctions, 'monoid', 'asState'] // a mask, a hyperparameter, options, and ways to use a chain
  const transforms = exported.filter(({ path }) => /^(chain$|optimizers|transforms|wrappers|replicas)/.test(path))
  const names = transforms.map(({ name }) => name).filter(name => !others.includes(name))
  test.strictSame([...names].sort(), [...triedTransforms].sort(), 'the transformations tried are those exported')
  for (const name of names)
    test.notMatch(faults(transformFromConfig({ type: name })).join('\n'), /^type: expected/m, `${name} has a codec`)
  const schedules = exported.filter(({ path }) => path.startsWith('schedules/')).map(({ name }) => name)
  test.strictSame([...schedules, 'keras'].sort(), [...triedSchedules].sort(), 'the schedules tried are those exported')
  for (const type of schedules)
    test.notMatch(
      faults(transformFromConfig({ type: 'scale', stepSize: { type } })).join('\n'),
      /^stepSize.type/m,
      type,
    )
  test.strictSame([...schedules].sort(), [...ownSchedules].sort(), 'and those that are written')
  test.ok(names.length > 20 && schedules.length >= 17, `${names.length} transformations, ${schedules.length} schedules`)
  test.end()
})

t.test('random configs: written and read again, the same bits; writing is idempotent; tfjs does no harm', test => {
  fc.assert(
    fc.property(all, fc.integer({ min: 1, max: 2 ** 31 - 2 }), (config, seed) => {
      const tx = right(transformFromConfig(throughJson(config)))
      const written = right(configOf(tx))
      if (!isDeepStrictEqual(throughJson(written), written)) throw new Error('JSON changes it')
      const want = bitsOf(tx, seed)
      for (const json of [throughJson(written), mangled(throughJson(written))]) {
        const again = right(transformFromConfig(json))
        if (bitsOf(again, seed) !== want) throw new Error(`other bits: ${JSON.stringify(written)}`)
        if (!isDeepStrictEqual(right(configOf(again)), written))
          throw new Error(`not idempotent: ${JSON.stringify(written)}`)
      }
    }),
    { numRuns: 400 },
  )
  test.end()
})

/** A place where a fault can be put, and where it is to be told. */
interface Place {
  readonly keys: readonly string[]
  readonly value: unknown
  readonly told: string
}

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

const placesOf = (json: unknown, keys: readonly string[] = []): readonly Place[] => {
  // Keras's schedules are told without the key of their envelope.
  const told = keys.filter(key => key !== 'config').join('.')
  const last = keys.at(-1)
  if (typeof json === 'number' || typeof json === 'boolean') return [{ keys, value: 'wrong', told }]
  if (Array.isArray(json)) return json.flatMap((x, i) => placesOf(x, [...keys, String(i)]))
  if (!isRecord(json)) return []
  const inside = Object.entries(json).flatMap(([key, x]) => placesOf(x, [...keys, key]))
  const more = [...keys, 'surplus']
  if (typeof json['type'] === 'string') {
    const at = json['type'] === 'keras' ? [...keys, 'surplus'].join('.') : told === '' ? 'config' : told
    const type = [...keys, 'type']
    return [...inside, { keys: more, value: 1, told: at }, { keys: type, value: 'nothing', told: type.join('.') }]
  }
  return 'link' in json && last !== 'config' ? [...inside, { keys: more, value: 1, told }] : inside
}

const withFault = (json: unknown, { keys: [key, ...rest], value, told }: Place): unknown => {
  if (key === undefined) return value
  const inner = (x: unknown): unknown => withFault(x, { keys: rest, value, told })
  if (Array.isArray(json)) return json.map((x: unknown, i) => (String(i) === key ? inner(x) : x))
  const record = json as Readonly<Record<string, unknown>>
  return { ...record, [key]: inner(record[key]) }
}

t.test('random faults at random places: all of them are told, and no others', test => {
  let most = 0
  fc.assert(
    fc.property(all, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (config, picks) => {
      const places = placesOf(config)
      const picked = [...new Set(picks.map(pick => places[pick % places.length]!))]
      // Of an unknown type nobody knows the options.
      const types = picked.filter(({ keys }) => keys.at(-1) === 'type').map(({ keys }) => keys.slice(0, -1))
      const hidden = ({ keys }: Place): boolean =>
        types.some(
          type =>
            type.every((key, i) => keys[i] === key) && !(keys.length === type.length + 1 && keys.at(-1) === 'type'),
        )
      const put = picked.filter(place => !hidden(place))
      const told = faults(transformFromConfig(put.reduce<unknown>(withFault, config)))
      const paths = told.map(line => line.slice(0, line.indexOf(': ')))
      const want = [...new Set(put.map(place => place.told))].sort()
      if (!isDeepStrictEqual([...new Set(paths)].sort(), want) || told.length !== put.length)
        throw new Error(`put ${JSON.stringify(put)}, told ${JSON.stringify(told)}`)
      most = Math.max(most, put.length)
    }),
    { numRuns: 600 },
  )
  test.ok(most > 3, `up to ${most} faults at once`)
  test.end()
})

t.test('what each fault says', test => {
  const says = (config: unknown, ...lines: readonly string[]) =>
    test.strictSame(faults(transformFromConfig(config)), lines)
  says(
    { type: 'chain', links: [{ type: 'clip', maxDelta: 0, foo: 1 }, 7, { type: 'scaleByAdam', b1: 1.2, eps: 'x' }] },
    'links.0.maxDelta: expected a number, positive and finite in float32, got 0',
    'links.0: unknown key "foo", expected one of maxDelta',
    'links.1: expected a transformation {type, …}, got 7',
    'links.2.b1: expected a number in [0, 1), got 1.2',
    'links.2.eps: expected a number, positive and finite in float32, or a schedule, got "x"',
  )
  const cosine = { type: 'cosineDecaySchedule', initValue: 1, decaySteps: 1.5 }
  says({ type: 'adamw', learningRate: cosine }, 'learningRate.decaySteps: expected a whole number above 0, got 1.5')
  says({ type: 'identity', x: 1 }, 'config: unknown key "x", expected none')
  says({ type: 'trace' }, 'decay: expected a number in [0, 1), or a schedule, got nothing')
  says(
    { type: 'trace', decay: { type: 'constantSchedule', value: 1 } },
    'decay: expected a number in [0, 1), its schedule gave 1 at count 0',
  )
  says(null, 'config: expected a transformation {type, …}, got null')
  const warm = { type: 'warmupCosineDecaySchedule', initValue: 0, peakValue: 1, warmupSteps: 9, decaySteps: 9 }
  says(
    { type: 'scale', stepSize: warm },
    'stepSize: warmupCosineDecaySchedule: decaySteps must be above warmupSteps (9), got 9',
  )
  const aggregate = { type: 'aggregate', how: 'sum' }
  const late = 'aggregate takes one gradient tree per replica, so it must be the first link'
  says({ type: 'chain', links: [aggregate, aggregate] }, `links.1: ${late}`)
  says(
    { type: 'masked', inner: aggregate, mask: 1 },
    `inner: ${late}`,
    'mask: expected true, false, a tree of them, or {include, exclude, negate}, got 1',
  )
  says(
    { ...aggregate, each: { type: 'trace', decay: 0.9 } },
    'config: aggregate: each must be without slots, one for all replicas, but trace has some',
  )
  says(
    {
      type: 'namedChain',
      links: [
        { name: 'a', link: { type: 'identity' } },
        { name: 'a', link: { type: 'clip', maxDelta: -1 } },
        { name: 1 },
      ],
    },
    'links.1.link.maxDelta: expected a number, positive and finite in float32, got -1',
    'links.2.name: expected a string, got 1',
    'links.2.link: expected a transformation {type, …}, got nothing',
    'links.1.name: the name "a" is given twice',
  )
  const decays = (mask: unknown) => ({ type: 'addDecayedWeights', mask })
  says(
    decays({ include: ['('], exclude: ['a', 5], excluded: [] }),
    'mask.include.0: expected a regular expression without back references, got "("',
    'mask.exclude.1: expected a regular expression without back references, got 5',
    'mask: unknown key "excluded", expected one of include, exclude, negate',
  )
  says(decays({ exclude: 'bias' }), 'mask.exclude: expected a list of regular expressions, got "bias"')
  says(
    decays({ a: [true, 1], b: { c: null } }),
    'mask.a.1: expected true or false, got 1',
    'mask.b.c: expected true or false, got null',
  )
  says(decays({ name: '{"a":1}' }), 'mask.a: expected true or false, got 1')
  test.match(faults(transformFromConfig(decays({ name: '{' })))[0], /^mask: expected a tree as JSON, /)
  test.match(faults(transformFromConfig({ type: 'json', name: '{' }))[0], /^name: expected JSON, /)
  says(
    { type: 'json', name: '{"type":"clip","maxDelta":-1}' },
    'maxDelta: expected a number, positive and finite in float32, got -1',
  )
  says({ type: 'json', name: '{}', more: 1 }, 'name: expected JSON in a string, and nothing else, got "{}"')
  says(
    {
      type: 'scale',
      stepSize: { type: 'piecewiseConstantSchedule', initValue: 1, boundariesAndScales: { '1e3': 1, 5: -1 } },
    },
    'stepSize.boundariesAndScales.5: expected a number, at least 0 and finite, got -1',
    'stepSize.boundariesAndScales.1e3: expected a whole number as key, got "1e3"',
  )
  const one = transformFromConfig({ type: 'clip', maxDelta: -1 })
  test.equal(
    E.isLeft(one) && one.left.message,
    'transformFromConfig: maxDelta: expected a number, positive and finite in float32, got -1',
  )
  const two = transformFromConfig({ type: 'clip', x: 1 })
  test.match(
    E.isLeft(two) && two.left.message,
    /^transformFromConfig: 2 faults\n {2}maxDelta: .*\n {2}config: unknown key "x"/,
  )
  test.ok(E.isLeft(one) && one.left instanceof ConfigError && one.left instanceof O.ValueError)
  test.end()
})

t.test('what refers to itself, or is nested without end, is a fault', test => {
  const cyclic: { type: string; links: unknown[] } = { type: 'chain', links: [] }
  cyclic.links.push(cyclic)
  test.match(faults(transformFromConfig(cyclic))[0], /nested deeper than 500$/)
  const tree: Record<string, unknown> = {}
  tree['a'] = tree
  test.match(faults(transformFromConfig({ type: 'masked', inner: cyclic, mask: tree }))[1], /nested deeper than 500$/)
  const nest = (n: number): O.GradientTransformation =>
    Array.from({ length: n }).reduce<O.GradientTransformation>(tx => O.namedChain(['a', tx]), O.clip(1))
  const deep = right(configOf(nest(99)))
  test.ok(E.isRight(transformFromConfig(deep)), '99 chains are read again')
  test.match(faults(configOf(nest(101)))[0], /nested too deep; a chain takes any number of links$/)
  test.end()
})

t.test('what cannot be written is told with its place and what to do', test => {
  const mine = elementwise({ name: 'mine', step: ({ u }) => ({ u }) })
  const scale = elementwise({
    name: 'scale',
    hyper: { stepSize: finite(2) },
    step: ({ u }, { stepSize }) => ({ u: mul(u, mul(stepSize, stepSize)) }),
  })
  const plain = { init: () => ({}), update: (u: never, s: never) => [u, s] as const }
  const strict = kerasCosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 5, strict: true })
  test.strictSame(
    faults(
      configOf(
        O.chain(
          O.aggregate(([first]) => first),
          O.scale(() => 1),
          O.masked(O.trace(0.9), () => true),
          plain,
          O.namedChain(['mine', mine], ['scale', scale]),
          O.adam(O.joinSchedules([O.constantSchedule(1), () => 2], [5])),
        ),
      ),
    ),
    [
      "links.0.how: a function cannot be written; use 'sum' or 'mean', or a transformation of registerTransform",
      'links.1.stepSize: a plain function cannot be written; use a schedule of tfjs-optax, or a transformation of registerTransform',
      'links.2.mask: a function cannot be written; use matching({include, exclude}), a tree, or a transformation of registerTransform',
      'links.3: a plain {init, update} cannot be written; make it by a factory of registerTransform',
      "links.4.links.0.link: mine is a rule of one's own; make it by a factory of registerTransform",
      "links.4.links.1.link: scale is a rule of one's own; make it by a factory of registerTransform",
      'links.5.links.1.learningRate.schedules.1: a plain function cannot be written; use a schedule of tfjs-optax, or a transformation of registerTransform',
    ],
  )
  test.strictSame(faults(configOf(plain)), [
    'config: a plain {init, update} cannot be written; make it by a factory of registerTransform',
  ])
  test.strictSame(
    faults(configOf(O.scale(kerasWarmUp({ initialLearningRate: 1, warmupSteps: 2, decayScheduleFn: strict })))),
    [],
    'strict is written',
  )
  const inner = { initialLearningRate: 1, warmupSteps: 2, decayScheduleFn: strict }
  test.match(right(configOf(O.scale(kerasWarmUp(inner))))['stepSize'], { type: 'keras', strict: true })
  const mixed = { ...strict.config, decayScheduleFn: { className: strict.className, config: strict.config } }
  const half = Object.assign(() => 1, { className: strict.className, config: mixed, strict: true })
  test.strictSame(faults(configOf(O.scale(half))), [
    'stepSize: strict must be the same in a schedule and in those inside of it',
  ])
  const foreign = { ...O.clip(1), program: { ...O.clip(1).program, madeBy: { type: 'elsewhere', options: {} } } }
  test.strictSame(faults(configOf(foreign)), ['config: elsewhere is not registered here; call registerTransform first'])
  test.strictSame(faults(configOf(O.masked(O.clip(1), [1] as never))), [
    'mask: a mask must be true or false at all of its leaves',
  ])
  test.end()
})

t.test('masks keep their text', test => {
  const of = (mask: O.Mask): unknown => right(configOf(O.masked(O.clip(1), mask)))['mask']
  test.strictSame(of(O.matching({ include: ['a_b'], exclude: ['c', '_'] })), {
    include: [{ name: 'a_b' }],
    exclude: ['c', { name: '_' }],
  })
  test.strictSame(of({ a: true, b: [false] }), { a: true, b: [false] })
  test.strictSame(of({ a_b: true }), { name: '{"a_b":true}' })
  test.strictSame(of({ include: [] }), { name: '{"include":[]}' }, 'a tree that looks like patterns')
  const lowered = mangled({
    type: 'masked',
    inner: { type: 'clip', maxDelta: 1 },
    mask: of({ __proto__: null, a_b: { c: false } } as never),
  })
  const { program } = right(transformFromConfig(lowered))
  test.strictSame(program.kind === 'nest' && program.mask, { a_b: { c: false } })
  const given = { dense: true }
  const read = right(transformFromConfig({ type: 'masked', inner: { type: 'clip', maxDelta: 1 }, mask: given })).program
  given.dense = false
  test.strictSame(read.kind === 'nest' && read.mask, { dense: true }, 'a config changed later changes nothing')
  test.end()
})

t.test('matching: include wins over exclude, and restricts nothing by itself', test => {
  const chosen = (patterns: O.MaskPatterns) =>
    ['a.bias', 'a.kernel', 'norm.bias'].map(path => O.matching(patterns)(path))
  test.strictSame(chosen({}), [true, true, true])
  test.strictSame(chosen({ exclude: ['bias$'] }), [false, true, false])
  test.strictSame(chosen({ exclude: ['bias$'], include: ['^norm'] }), [false, true, true])
  test.strictSame(chosen({ include: ['^norm'] }), [true, true, true])
  test.strictSame(chosen({ exclude: ['Bias'] }), [true, true, true], 'upper and lower case differ')
  test.strictSame(chosen({ exclude: ['bias$'], negate: true }), [true, false, true])
  const wrong = (patterns: unknown, message: string) =>
    test.throws(() => O.matching(patterns as O.MaskPatterns), { name: 'TypeError', message })
  wrong({ exclude: 'bias' }, 'matching: exclude must be a list of regular expressions, got "bias"')
  wrong(
    { exclude: ['a', '('] },
    'matching: exclude.1 must be the source of a regular expression without back references, got "("',
  )
  wrong(
    { include: [5] },
    'matching: include.0 must be the source of a regular expression without back references, got 5',
  )
  wrong({ negate: 1 }, 'matching: negate must be true or false, got 1')
  wrong({ only: [] }, 'matching: unknown option only')
  test.end()
})

/** A link that is no rule: adds a number to every update. */
const adding = (by: number) => ({
  init: () => ({}),
  update: (updates: { w: tf.Tensor }, state: object) => [{ w: tf.add(updates.w, by) }, state] as const,
})

t.test("transformations of one's own are read and written", test => {
  const shifted = registerTransform('shifted', rt.type({ by: rt.number }), ({ by }) => adding(by))
  const options = rt.intersection([
    rt.type({ rate: codecs.hyper }),
    rt.partial({ inner_link: codecs.transform, mask: codecs.mask }),
  ])
  const wrapped = registerTransform('my_wrapper', options, ({ rate, inner_link = O.identity(), mask = true }) =>
    O.chain(O.masked(inner_link, mask), O.scale(rate)),
  )
  const tx = O.chain(
    shifted({ by: 0.5 }),
    wrapped({
      rate: O.linearSchedule(1, 0, 10),
      inner_link: shifted({ by: 2 }),
      mask: O.matching({ exclude: ['no_w'] }),
    }),
  )
  const config = right(configOf(tx))
  test.strictSame((config['links'] as readonly unknown[])[0], { type: 'shifted', by: 0.5 })
  test.match((config['links'] as readonly { type: string }[])[1], { type: 'json' }, 'what tfjs would change is text')
  for (const json of [throughJson(config), mangled(throughJson(config))]) {
    const again = right(transformFromConfig(json))
    test.equal(bitsOf(again, 3, { w: [2] }), bitsOf(tx, 3, { w: [2] }))
    test.strictSame(right(configOf(again)), config)
  }
  test.strictSame(faults(transformFromConfig({ type: 'shifted', by: 'x', more: 1 })), [
    'by: expected number, got "x"',
    'config: unknown key "more", expected one of by',
  ])
  test.strictSame(
    faults(transformFromConfig({ type: 'my_wrapper', rate: 'x', inner_link: { type: 'clip', maxDelta: -1 }, z: 1 })),
    [
      'rate: expected a number, finite in float32, or a schedule, got "x"',
      'inner_link.maxDelta: expected a number, positive and finite in float32, got -1',
      'config: unknown key "z", expected one of rate, inner_link, mask',
    ],
  )
  test.strictSame(faults(configOf(wrapped({ rate: () => 1, inner_link: O.chain(adding(1)) }))), [
    'rate: a plain function cannot be written; use a schedule of tfjs-optax, or a transformation of registerTransform',
    'inner_link.links.0: a plain {init, update} cannot be written; make it by a factory of registerTransform',
  ])

  const either = registerTransform('either', rt.type({ x: rt.union([rt.number, rt.null]) }), ({ x }) => {
    if (x === null) throw new Error('either: x must be there')
    return O.scale(x)
  })
  test.strictSame(faults(transformFromConfig({ type: 'either', x: 'x' })), ['x: expected (number | null), got "x"'])
  test.strictSame(faults(transformFromConfig({ type: 'either', x: null })), ['config: either: x must be there'])
  test.strictSame(faults(configOf(either({ x: 1 }))), [])

  const lossy = new rt.Type<{ x: number }, unknown, unknown>(
    'lossy',
    (u): u is { x: number } => rt.UnknownRecord.is(u),
    u => rt.success(u as { x: number }),
    () => ({ x: 1 }),
  )
  const forgetful = registerTransform('forgetful', lossy, ({ x }) => O.scale(x))
  test.strictSame(right(configOf(forgetful({ x: 1 }))), { type: 'forgetful', x: 1 })
  test.strictSame(
    right(configOf(forgetful({ x: 2 }))),
    { type: 'scale', stepSize: 2 },
    'what a codec loses is written as the parts',
  )
  const silent = registerTransform('silent', lossy, ({ x }) =>
    elementwise({ name: 'silent', hyper: { x: finite(x) }, step: ({ u }, { x }) => ({ u: mul(u, x) }) }),
  )
  test.match(faults(configOf(silent({ x: 2 })))[0], /^config: it is not what silent makes of these options/)

  const doubled = registerTransform('doubled', lossy, ({ x }) =>
    elementwise({ name: 'doubled', scalars: t => ({ c: x * t }), step: ({ u }, { c }) => ({ u: mul(u, c) }) }),
  )
  test.strictSame(faults(configOf(doubled({ x: 1 }))), [])
  test.match(
    faults(configOf(doubled({ x: 2 })))[0],
    /^config: it is not what doubled makes of these options/,
    'only its numbers at each step tell the two apart',
  )

  const turned = registerTransform('turned', rt.type({ rate: codecs.hyper }), ({ rate }) => O.chain(O.scale(rate)))
  const { program } = turned({ rate: O.constantSchedule(1) })
  if (program.kind !== 'nest' || program.parts[0]?.kind !== 'rule') throw new Error('not a chain of a rule')
  const { hyper, withHyper } = program.parts[0].rule
  const rule = withHyper({ stepSize: { ...hyper['stepSize']!, value: O.piecewiseConstantSchedule(1, { 50: 0.5 }) } })
  const changed = {
    ...turned({ rate: 1 }),
    program: { ...program.around([{ kind: 'rule', rule }]), madeBy: program.madeBy },
  }
  const stepSize = { type: 'piecewiseConstantSchedule', initValue: 1, boundariesAndScales: { 50: 0.5 } }
  const parts = { type: 'chain', links: [{ type: 'scale', stepSize }] }
  test.strictSame(right(configOf(changed)), parts, 'with other numbers than it was made with, it is its parts')

  const rated = (a_b: O.Hyper) =>
    elementwise({ name: 'my_rule', hyper: { a_b: finite(a_b) }, step: ({ u }, { a_b }) => ({ u: mul(u, a_b) }) })
  registerTransform('my_rule', rt.type({ a_b: codecs.hyper }), o => rated(o.a_b))
  const named = right(configOf(rated(2)))
  test.strictSame(named, { type: 'json', name: '{"type":"my_rule","a_b":2}' }, 'a rule is known by its name as well')
  test.strictSame(right(configOf(right(transformFromConfig(mangled(named))))), named)

  const again =
    (name: unknown, codec: unknown = rt.type({}), make: unknown = () => O.identity()) =>
    () =>
      registerTransform(name as string, codec as rt.Type<object, object>, make as () => O.GradientTransformation)
  test.throws(again('shifted'), {
    name: 'TypeError',
    message: 'registerTransform: the name shifted is taken by an earlier registration',
  })
  test.throws(again('adamw'), {
    name: 'TypeError',
    message: 'registerTransform: the name adamw is taken by tfjs-optax',
  })
  test.throws(again('json'), { message: 'registerTransform: the name json is taken by tfjs-optax' })
  test.throws(again(''), { name: 'TypeError', message: 'registerTransform: name must be a non-empty string, got ""' })
  test.throws(again('new', {}), { message: 'registerTransform: codec must be a codec of io-ts, got a record {}' })
  test.throws(again('new', rt.type({ type: rt.string })), {
    message: /^registerTransform: codec must be one without the key type/,
  })
  test.throws(again('new', rt.type({}), 5), { message: 'registerTransform: make must be a function, got 5' })
  test.end()
})

/** An optimizer that only carries a config, to see what tfjs makes of it. */
class Probe extends tf.Optimizer {
  static readonly className = 'ConfigProbe'
  static seen: unknown
  constructor(readonly config: unknown) {
    super()
  }
  applyGradients(): void {
    throw new Error('not trained here')
  }
  override async getWeights(): Promise<{ name: string; tensor: tf.Tensor }[]> {
    return [{ name: 'iter', tensor: tf.scalar(0, 'int32') }]
  }
  override async setWeights(): Promise<void> {
    // it has none
  }
  override getConfig(): tf.serialization.ConfigDict {
    return { tx: this.config } as tf.serialization.ConfigDict
  }
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    Probe.seen = config['tx']
    return new cls(config['tx'])
  }
}

t.test('a model saved and loaded by tfjs gives the config back', async test => {
  tf.serialization.registerClass(Probe)
  const tx = O.chain(
    O.namedChain(['layer_norm', O.clip(1)], ['other', O.masked(O.trace(-0), { dense_1: true })]),
    O.adamw(
      kerasWarmUp({
        initialLearningRate: 1,
        warmupSteps: 2,
        decayScheduleFn: kerasCosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 5, name: 'a_b' }),
      }),
      { mask: O.matching({ exclude: ['layer_norm', 'bias'] }) },
    ),
  )
  const config: Config = right(configOf(tx))
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] })
  model.compile({ loss: 'meanSquaredError', optimizer: new Probe(config) })
  let saved: tf.io.ModelArtifacts | undefined
  await model.save(
    tf.io.withSaveHandler(async artifacts => {
      saved = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
    { includeOptimizer: true },
  )
  const stored = throughJson({ ...saved!, weightData: undefined }) as tf.io.ModelArtifacts
  await loadLayersModel(tf.io.fromMemory({ ...stored, weightData: saved!.weightData! }))
  test.strictSame(Probe.seen, mangled(config), 'the mangling of this test is that of tfjs')
  test.notSame(Probe.seen, config, 'which changes something')
  test.strictSame(right(configOf(right(transformFromConfig(Probe.seen)))), config)
})

t.test('a bundle that writes configs has no codecs, and not the factories it does not use', async test => {
  const { metafile } = await build({
    stdin: { contents: "export { writeConfig } from './lib/config/write.ts'", resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    write: false,
    metafile: true,
  })
  const used = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []))
  test.ok(used.includes('lib/config/write.ts'))
  test.strictSame(
    used.filter(file => /node_modules|lib\/(transforms|optimizers|legacy)\//.test(file)),
    [],
  )
})

t.test(
  'an optimizer of a bundle that registers nothing can be saved; reading its config says what is missing',
  async test => {
    const dir = test.testdir()
    const outfile = `${dir}/bundle.mjs`
    await build({
      stdin: {
        contents: "export { adamw, asOptimizer } from './lib/index.ts'",
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      plugins: [
        {
          name: 'tfjs of this process',
          setup: one => {
            one.onResolve({ filter: /^@tensorflow/ }, ({ path }) => ({
              path: import.meta.resolve(path),
              external: true,
            }))
          },
        },
      ],
      outfile,
    })
    const { adamw, asOptimizer } = (await import(outfile)) as Pick<typeof O, 'adamw' | 'asOptimizer'>
    const optimizer = asOptimizer(adamw(0.1))
    const config = optimizer.getConfig()
    test.strictSame(config, O.asOptimizer(O.adamw(0.1)).getConfig())
    const { constructor } = optimizer as unknown as { constructor: typeof O.TransformOptimizer }
    test.throws((): unknown => constructor.fromConfig(constructor, config), /call registerOptimizers\(\) or import/)
  },
)

t.test('schedules carry what they were made of', (test: Test) => {
  const read = (schedule: O.Schedule): unknown => right(configOf(O.scaleBySchedule(schedule)))['stepSizeFn']
  test.strictSame(read(O.warmupConstantSchedule(0, 1, 10)), {
    type: 'warmupConstantSchedule',
    initValue: 0,
    peakValue: 1,
    warmupSteps: 10,
  })
  test.strictSame(read(O.exponentialDecay(1, 10, 0.5)), {
    type: 'exponentialDecay',
    initValue: 1,
    transitionSteps: 10,
    decayRate: 0.5,
    transitionBegin: 0,
    staircase: false,
  })
  const scales = { 10: 0.5 }
  const schedule = O.piecewiseConstantSchedule(1, scales)
  scales[10] = 7
  test.strictSame(read(schedule), { type: 'piecewiseConstantSchedule', initValue: 1, boundariesAndScales: { 10: 0.5 } })
  const [schedules, boundaries] = [[O.constantSchedule(1), O.constantSchedule(2)], [5]]
  const joined = O.joinSchedules(schedules, boundaries)
  boundaries[0] = 1
  test.equal(joined(3), 1, 'what was given may change later')
  test.throws(() => O.piecewiseConstantSchedule(1, { '1e3': 0.5 } as never), {
    message: 'piecewiseConstantSchedule: boundary must be a whole number, at least 0, got "1e3"',
  })
  test.end()
})
