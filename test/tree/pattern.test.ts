/** Regular expressions in linear time: they find what JavaScript's find, and no text and pattern take long. */
import fc from 'fast-check'
import t from 'tap'
import { linearFinder } from '../../lib/tree/pattern/find.js'

const atoms = [
  'a',
  'b',
  '_',
  '/',
  '.',
  '\\d',
  '\\w',
  '\\W',
  '[ab]',
  '[^a_]',
  '[\\d/-]',
  '[]',
  '[^]',
  '\\.',
  '\\x61',
  '\\u0062',
]
const odd = ['\\x6', '\\u{2}', '{', '}', ']', 'a{,2}', '\\X41', '\\-', '\\cA', '\\p', '[^\\]]']
const places = ['^', '$', '\\b', '\\B']
const times = ['*', '+', '?', '{2}', '{1,}', '{0,2}', '{1,3}', '*?', '+?', '??', '{0}', '{2,3}?']

/** A random source: all syntax that is known here, without back references. */
const { source } = fc.letrec<{ source: string; single: string }>(tie => ({
  single: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 6, arbitrary: fc.constantFrom(...atoms) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?=', '(?!', '(?<=', '(?<!'), tie('source'))
        .map(([open, inner]) => `${open}${inner})`),
    },
  ),
  source: fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: tie('single') },
        { weight: 1, arbitrary: fc.constantFrom(...places, '|') },
        {
          weight: 3,
          arbitrary: fc.tuple(tie('single'), fc.constantFrom(...times)).map(([one, some]) => one + some),
        },
      ),
      { maxLength: 4 },
    )
    .map(parts => parts.join('')),
}))
const texts = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '1', '_', '/', ' ', '\n', '}', 'é'), maxLength: 7 }),
  {
    minLength: 1,
    maxLength: 6,
  },
)

t.test('random patterns and texts: the same is found', test => {
  let tried = 0
  fc.assert(
    fc.property(source, texts, (one, some) => {
      let expression: RegExp
      try {
        expression = new RegExp(one)
      } catch {
        return
      }
      const finds = linearFinder(one)
      if (finds === null) throw new Error(`no finder for ${one}`)
      tried++
      for (const text of [...some, ...some])
        if (finds(text) !== expression.test(text)) throw new Error(`${one} in ${JSON.stringify(text)}`)
    }),
    { numRuns: 4000 },
  )
  test.ok(tried > 3000, `${tried} patterns`)
  test.end()
})

t.test('patterns of models', test => {
  const names = ['bert/encoder/layer_11/attention/query/kernel:0', 'dense_Dense1/bias', 'layer_norm/gamma', '', 'a.b.0']
  const patterns = [
    'layer_\\d+/.*kernel',
    '^(?!.*(?:bias|gamma)).*$',
    '(?<=layer_)\\d{1,2}(?=/)',
    '(?<name>dense|bert).*/(?:kernel|bias)(:0)?$',
    '(([a-z_]+)/)*[a-z]+',
    '.*norm.*|bias$',
  ]
  for (const one of patterns)
    for (const name of names) test.equal(linearFinder(one)?.(name), new RegExp(one).test(name), `${one} in ${name}`)
  test.end()
})

t.test('what would take JavaScript for ever is found or not at once, or has no finder', test => {
  const letters = `${'a'.repeat(2000)}!`
  const hostile = [
    '(a+)+$',
    '^(a|a)*$',
    '^(a*)*$',
    '(.*)*x',
    '(a?){40}a{40}$',
    '.*.*.*.*.*x',
    '(?=(a+)+$)b',
    '((a{1,9}){1,9})+$',
  ]
  for (const one of hostile) test.equal(linearFinder(one)?.(letters), false, one)
  test.equal(linearFinder('(a|aa)+!$')?.(letters), true)
  const none = [
    '(a)\\1',
    '(?<x>a)\\k<x>',
    'a{9999}',
    '(a{99}){99}',
    '('.repeat(300) + ')'.repeat(300),
    'a?'.repeat(5000),
  ]
  for (const one of none) test.equal(linearFinder(one), null, one.slice(0, 20))
  test.end()
})
