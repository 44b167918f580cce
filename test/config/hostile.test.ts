/** Hostile configs end in an error of ours, with a message of bounded length, after a bounded number of values were read. */
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { mostValues } from '../../lib/config/admit.js'
import { codecs, registerTransform, transformFromConfig } from '../../lib/config.js'
import { chain, identity, matching, namedChain, ValueError } from '../../lib/index.js'
import * as L from '../../lib/legacy.js'
import * as rt from 'io-ts'

/** Every entry that takes a config, as one that gives what is wrong, or null. */
const either =
  (read: (json: unknown) => E.Either<Error, unknown>) =>
  (json: unknown): unknown => {
    const made = read(json)
    if (E.isLeft(made)) return made.left
    const { right } = made
    if (right instanceof tf.Optimizer) right.dispose()
    return null
  }
const thrown =
  (make: (json: never) => { dispose: () => void }) =>
  (json: unknown): unknown => {
    try {
      make(json as never).dispose()
      return null
    } catch (cause) {
      return cause
    }
  }
const entries: Readonly<Record<string, (json: unknown) => unknown>> = {
  transformFromConfig: either(transformFromConfig),
  scale: json => either(transformFromConfig)({ type: 'scale', stepSize: json }),
  mask: json => either(transformFromConfig)({ type: 'addDecayedWeights', mask: json }),
  text: json => {
    let name: string | undefined
    try {
      name = JSON.stringify(json)
    } catch {
      return null // what is no JSON cannot be in a text
    }
    return either(transformFromConfig)({ type: 'json', name })
  },
  deserializeSchedule: either(json => L.deserializeSchedule(json)),
  optimizerFromConfig: either(json => L.optimizerFromConfig(json)),
  'TransformOptimizer.fromConfig': thrown(json =>
    L.TransformOptimizer.fromConfig<L.TransformOptimizer>(L.TransformOptimizer, json),
  ),
  'Adam.fromConfig(config)': thrown(json => L.Adam.fromConfig<L.Adam>(json)),
  'LAMB.fromConfig(LAMB, config)': thrown(json => L.LAMB.fromConfig<L.LAMB>(L.LAMB, json)),
  'AdamWeightDecay.fromConfig({learning_rate})': thrown(json =>
    L.AdamWeightDecay.fromConfig<L.AdamWeightDecay>({ learning_rate: json }),
  ),
  'ExponentialMovingAverage.fromConfig': thrown(json =>
    L.ExponentialMovingAverage.fromConfig<L.ExponentialMovingAverage>(json),
  ),
  'ExponentialMovingAverage.fromConfig({optimizer})': thrown(json =>
    L.ExponentialMovingAverage.fromConfig<L.ExponentialMovingAverage>({ optimizer: json }),
  ),
  createOptimizer: thrown(json => L.createOptimizer(0.1, 10, 0, json)),
}

const raw =
  /Cannot read|is not iterable|is not a function|Maximum call stack|Cannot convert|Cannot destructure|Invalid array/
const longest = 100_000

/** What is wrong with an answer to a config; nothing if it is null or an error of ours. */
const complaint = (answer: unknown): string | null => {
  if (answer === null) return null
  const ours = answer instanceof ValueError || (answer instanceof TypeError && answer.constructor === TypeError)
  if (!ours) return `not ours: ${answer instanceof Error ? answer.stack : typeof answer}`
  if (raw.test(answer.message)) return `raw: ${answer.message}`
  return answer.message.length <= longest ? null : `${answer.message.length} characters`
}

const cyclic = (): unknown => {
  const one: Record<string, unknown> = { type: 'chain' }
  one['links'] = [one, one]
  return one
}
const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let json: unknown = { type: 'identity' }
  for (let i = 0; i < depth; i++) json = wrap(json)
  return json
}
const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const throwing = (): unknown =>
  Object.defineProperty({ type: 'clip' }, 'maxDelta', {
    enumerable: true,
    get: () => {
      throw new RangeError(`Maximum ${'x'.repeat(1e6)}`)
    },
  })
const many = <A>(n: number, one: A): readonly A[] => Array.from({ length: n }, () => one)
const wrong = { type: 'nothing' }
const tooMany = many(2 * mostValues, wrong)
const tooManyKeys = Object.fromEntries(tooMany.map((one, i) => [`key${i}`, one]))
const hostile: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  undefined: () => undefined,
  'a number': () => 5,
  'a symbol': () => Symbol('x'),
  'a class': () => L.Adam,
  'a date': () => new Date(0),
  'a cycle with two arms': cyclic,
  'chains in chains': () => nested(20_000, links => ({ type: 'chain', links: [links] })),
  'lists in lists': () => nested(20_000, (inner): unknown => [inner]),
  'masks in masks': () => nested(20_000, inner => ({ a: inner, b: true })),
  'schedules in schedules': () =>
    nested(20_000, inner => ({
      class_name: 'WarmUp',
      config: { initial_learning_rate: 1, decay_schedule_fn: inner, warmup_steps: 1 },
    })),
  'optimizers in optimizers': () =>
    nested(20_000, optimizer => ({ class_name: 'ExponentialMovingAverage', config: { optimizer } })),
  'optimizers 200 deep': () =>
    nested(200, optimizer => ({ class_name: 'ExponentialMovingAverage', config: { optimizer } })),
  'text in text': () => nested(12, inner => ({ type: 'json', name: JSON.stringify(inner) })),
  'too many wrong links': () => ({ type: 'chain', links: tooMany }),
  'twenty thousand wrong links': () => ({ type: 'chain', links: many(20_000, wrong) }),
  'too many unknown keys': () => tooManyKeys,
  'twenty thousand unknown keys': () => ({
    optimizer: Object.fromEntries(many(20_000, 1).map((one, i) => [`key${i}`, one])),
    class_name: 'CosineDecay',
    config: Object.fromEntries(many(20_000, 1).map((one, i) => [`key${i}`, one])),
  }),
  'a sparse list': () => ({ type: 'chain', links: Object.assign([], { length: 2 ** 22 }) as unknown }),
  'a long text': () => ({ type: 'x'.repeat(2e6), class_name: 'x'.repeat(2e6), name: 'x'.repeat(2e6) }),
  'a long text of its own': () => 'x'.repeat(2e6),
  'a revoked proxy': revoked,
  'a revoked proxy inside': () => ({ type: 'chain', links: [revoked()], optimizer: revoked(), config: revoked() }),
  'a getter that throws': throwing,
  'keys of the prototype': () =>
    JSON.parse('{"__proto__":{"type":"identity"},"constructor":1,"toString":2}') as unknown,
  'a prototype with a type': () => Object.create({ type: 'identity' }) as object,
  'the names of methods': () => ({
    type: 'constructor',
    class_name: 'toString',
    optimizer: { type: '__proto__' },
    config: {},
  }),
  'a pattern that blows up': () => ({ include: ['(a+)+$', '(x)\\1'], exclude: ['('.repeat(1000)] }),
}

t.test('hostile configs, one by one, at every entry', test => {
  for (const [entry, read] of Object.entries(entries))
    for (const [name, make] of Object.entries(hostile)) {
      const answer = read(make())
      test.equal(complaint(answer), null, `${entry} of ${name}`)
    }
  test.end()
})

t.test('the first faults, then a count', test => {
  const read = transformFromConfig({ type: 'chain', links: many(20_000, wrong) })
  const { faults, message } = E.isLeft(read) ? read.left : { faults: [], message: '' }
  test.equal(faults.length, 51)
  test.match(faults[0], /^links\.0\.type: expected one of chain, .*, got "nothing"$/)
  test.equal(faults[50], 'and 19950 more')
  test.match(message, /^transformFromConfig: 20000 faults\n/)
  const huge = transformFromConfig({ type: 'chain', links: many(1e6, wrong) })
  test.equal(
    E.isLeft(huge) && huge.left.message,
    `transformFromConfig: config: expected at most ${mostValues} values, got more`,
  )
  test.throws(() => L.Adam.fromConfig<L.Adam>(null as never), {
    message: 'fromConfig: config must be a record, got null',
  })
  test.throws(() => L.Adam.fromConfig<L.Adam>({}, null as never), {
    message: 'fromConfig: customObjects must be a record, got null',
  })
  test.end()
})

t.test('large and deep configs that are right are read', test => {
  const links = many(30_000, { type: 'identity' })
  test.ok(E.isRight(transformFromConfig({ type: 'chain', links })))
  const named = links.slice(0, 20_000).map((link, i) => ({ name: `n${i}`, link }))
  test.ok(E.isRight(transformFromConfig({ type: 'namedChain', links: named })))
  test.ok(E.isRight(transformFromConfig(nested(100, inner => ({ type: 'chain', links: [inner] })))))
  test.equal(namedChain(...named.map(({ name }) => [name, identity()] as const)).program.kind, 'nest')
  const values = many(40_000, 0.5)
  const config = { boundaries: values.slice(1).map((_, i) => i), values }
  test.ok(E.isRight(L.deserializeSchedule({ class_name: 'PiecewiseConstantDecay', config })))
  test.end()
})

t.test('no config is read again, or more of it than its bound', test => {
  let reads = 0
  const counted = (length: number): unknown =>
    new Proxy([], {
      get: (_, key) => {
        reads++
        return key === 'length' ? length : wrong
      },
    })
  transformFromConfig({ type: 'chain', links: counted(1000) })
  test.ok(reads <= 2100, `${reads} reads of 1000 links: each once, and the length`)
  reads = 0
  transformFromConfig({ type: 'chain', links: counted(2 ** 30) })
  test.ok(reads <= 2 * mostValues, `${reads} reads of as many links as a list can have`)
  test.end()
})

/** Random values: nearly right configs with anything at random places. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
  key: fc.oneof(
    fc.constantFrom('type', 'links', 'config', 'class_name', 'className', 'optimizer', '__proto__', 'name', 'mask'),
    fc.string(),
  ),
})
const types = [
  'chain',
  'namedChain',
  'masked',
  'aggregate',
  'adamw',
  'scale',
  'json',
  'keras',
  'linearSchedule',
  'adam',
  'linear',
]
const classes = ['CosineDecay', 'WarmUp', 'PiecewiseConstantDecay', 'Adam', 'LAMB', 'ExponentialMovingAverage']
const { config: random } = fc.letrec<{ config: unknown }>(tie => ({
  config: fc.oneof(
    { maxDepth: 4 },
    { weight: 2, arbitrary: anything },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(hostile).slice(0, 6)).map(make => make()) },
    {
      weight: 4,
      arbitrary: fc.dictionary(
        fc.constantFrom(
          ...[
            'links',
            'inner',
            'mask',
            'link',
            'name',
            'learningRate',
            'learning_rate',
            'config',
            'optimizer',
            'warmup',
            'ema',
          ],
          ...[
            'stepSize',
            'include',
            'exclude',
            'axis',
            'each',
            'how',
            'boundaries',
            'values',
            'tx',
            'strict',
            'adam',
            'linear',
          ],
        ),
        fc.oneof(tie('config'), fc.array(tie('config'), { maxLength: 3 })),
        { maxKeys: 4 },
      ),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...types), fc.constantFrom(...classes), tie('config'), tie('config'))
        .map(([type, class_name, config, links]) => ({ type, class_name, config, links: [links], [type]: config })),
    },
  ),
}))

t.test('random configs: right, or an error of ours', test => {
  fc.assert(
    fc.property(random, fc.constantFrom(...Object.keys(entries)), (json, entry) => {
      const found = complaint(entries[entry]?.(json))
      if (found !== null) throw new Error(`${entry}: ${found}`)
    }),
    { numRuns: 1500 },
  )
  test.end()
})

t.test("what a factory of a user's throws is told in bounded length", test => {
  registerTransform('shouting', rt.type({ x: codecs.hyper }), () => {
    throw new Error('x'.repeat(1e6))
  })
  const read = transformFromConfig({ type: 'shouting', x: 1 })
  test.equal(complaint(E.isLeft(read) ? read.left : 'read'), null)
  test.throws(() => matching({ exclude: ['(a)\\1'] }), { message: /without back references, got "\(a\)\\\\1"$/ })
  test.ok(chain(), 'nothing else is touched')
  test.end()
})
