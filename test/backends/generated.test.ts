/** The code that chains become, as text that a person can read: a change of it shows in the diff. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import loadWabt from 'wabt'
import { generateGlsl } from '../../lib/backends/webgl/generate.js'
import { foldGlsl, combineGlsl } from '../../lib/backends/webgl/main.js'
import { layoutOf } from '../../lib/backends/wasm/passes.js'
import { generateWasm } from '../../lib/backends/wasm/generate.js'
import { sourceOf } from '../../lib/backends/wasm/text.js'
import * as O from '../../lib/index.js'
import { all, made as transformed } from '../laws/table.js'
import { snapshotsOf, useBackend } from '../setup.js'
import { planOf, wgslOf } from './code.js'

snapshotsOf(import.meta.url)

const chains: Readonly<Record<string, O.GradientTransformation>> = {
  scaleByAdam: O.scaleByAdam(),
  'clip and adamw': O.chain(O.clipByGlobalNorm(1), O.adamw(1e-3)),
  'like LAMB': O.kerasLamb(1e-3, { weightDecay: 0.01 }),
  'by path, with cells of leaves': O.chain(O.scaleByNovograd(), O.scale(O.byPath([['a', -1]], -2))),
}
const wabt = await loadWabt()
const textOf = (bytes: Uint8Array): string => {
  const module = wabt.readWasm(bytes, { readDebugNames: true, threads: true })
  module.applyNames()
  return module.toText({ foldExprs: true, inlineExport: false })
}
/** Operands on the line of their operation. */
const compact = (text: string): string => text.replace(/\n\s+(\((?:local\.get|i32\.const) [^()]+\))/g, ' $1')

for (const [name, tx] of Object.entries(chains))
  t.test(name, async test => {
    await useBackend('cpu')
    test.matchSnapshot(O.explain(tx), 'explained')
    const made = planOf(tx)
    const of = made.classes[0]!
    for (const [pass, code] of wgslOf(tx, true, 8).entries()) test.matchSnapshot(code, `pass ${pass + 1} as WGSL`)
    for (const [pass, lowered] of of.passes.entries()) {
      if (lowered === null) continue
      const shaders = generateGlsl(lowered.kernel, 16, of.relays).map(({ shader }) => shader.text)
      test.matchSnapshot(shaders.join('\n\n'), `pass ${pass + 1} as GLSL`)
      for (const shared of [false, true]) {
        const layout = layoutOf(made, { of }, lowered.kernel)
        const bytes = generateWasm(lowered.kernel, { ...layout, shared })
        test.ok(WebAssembly.validate(bytes), `pass ${pass + 1} is valid`)
        const text = textOf(bytes)
        if (!shared) test.matchSnapshot(compact(text), `pass ${pass + 1} as WebAssembly`)
        else test.match(text, /\(memory .*shared\)/)
      }
    }
  })

t.test('totals of many parts, and of many leaves, in GLSL', test => {
  for (const reduce of ['sum', 'max'] as const)
    test.matchSnapshot([foldGlsl(reduce), combineGlsl(reduce, 3)].join('\n'), reduce)
  test.end()
})

t.test('explain and describe tell of numbers on the device, each once', async test => {
  await useBackend('cpu')
  const tx = O.chain(O.scaleByNovograd(), O.masked(O.reduceOnPlateau(), { a: true, b: false }))
  test.matchSnapshot(O.explain(tx), 'explained')
  test.matchSnapshot(await O.describe(tx, tx.init({ a: tf.ones([2]), b: tf.ones([1]) })), 'described')
})

t.test('explain shows the code where it is asked to', async test => {
  await useBackend('wasm')
  const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(1e-3))
  const shown = O.explain(tx, { source: true })
  test.matchSnapshot(shown, 'clip and adamw with their source')
  const isCode = (line: string): boolean => line.startsWith(' '.repeat(6))
  const others = shown.split('\n').filter(line => !isCode(line))
  test.equal(others.join('\n'), O.explain(tx))
  test.equal(O.explain(tx, { source: false }), O.explain(tx))
  await useBackend('cpu')
  test.equal(O.explain(tx, { source: true }), shown.replace(/^wasm/, 'cpu'))
  test.throws(() => O.explain(tx, { source: 'wgsl' } as never), {
    name: 'TypeError',
    message: 'explain: source must be true or false, got "wgsl"',
  })
})

/** The statements with SIMD of a part of a module, each as its locals and instructions; no lanes from or to memory. */
const statementsIn = (part: string): readonly string[] =>
  part
    .split(/(?=\((?:local\.set|v128\.store|if|br_if) )/)
    .filter(statement => /\b(?:[fi]\d+x\d+|v128)\./.test(statement) && !statement.includes('(local.get $lanes)'))
    .map(statement => (statement.match(/(?<=\$)[\w']+|(?:[fi]\d+x\d+|v128)\.\w+/g) ?? []).join(' '))
/** The same of what explain shows. */
const statementsOf = (shown: string): readonly string[] =>
  shown
    .split('\n')
    .map(line => line.replace(/ ;; .*|\+\d+|[=()]/g, '').replace(/ (?:-?\d\S*|-?Infinity|NaN)(?= |$)/g, ''))
    .flatMap(line => (line === '' ? [] : [line.replace(/ +/g, ' ')]))

t.test('what explain shows of WebAssembly is what the module does, for every rule', test => {
  for (const entry of all) {
    const made = planOf(transformed(entry))
    const of = made.classes[0]!
    for (const lowered of of.passes) {
      if (lowered === null) continue
      const shown = sourceOf({ plan: made, of, kernel: lowered.kernel, uniforms: [], isOver: true })
      const [once = '', four = ''] = shown.split(';; for the first four of every eight elements')
      const bytes = generateWasm(lowered.kernel, { ...layoutOf(made, { of }, lowered.kernel), shared: false })
      const [head = '', loop = ''] = textOf(bytes).replace(/\s+/g, ' ').split('(loop ;; label = @3')
      const eight = statementsIn(loop)
      test.strictSame(statementsOf(once.replace(/^;; .*\n/, '')), statementsIn(head), `${entry.name}: once`)
      test.strictSame(statementsOf(four), eight.slice(0, eight.length / 2), `${entry.name}: four elements`)
    }
  }
  test.end()
})
