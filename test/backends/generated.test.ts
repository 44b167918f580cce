/** The code that chains become, as text that a person can read: a change of it shows in the diff. */
import t from 'tap'
import loadWabt from 'wabt'
import { generateGlsl } from '../../lib/backends/webgl/generate.js'
import { foldGlsl, gatherGlsl } from '../../lib/backends/webgl/main.js'
import { layoutOf } from '../../lib/backends/wasm/passes.js'
import { generateWasm } from '../../lib/backends/wasm/generate.js'
import * as O from '../../lib/index.js'
import { placedLinks } from '../../lib/rule/plan/placed.js'
import { plan } from '../../lib/rule/plan/plan.js'
import { snapshotsOf, useBackend } from '../setup.js'

snapshotsOf(import.meta.url)

const chains: Readonly<Record<string, O.GradientTransformation>> = {
  scaleByAdam: O.scaleByAdam(),
  'clip and adamw': O.chain(O.clipByGlobalNorm(1), O.adamw(1e-3)),
  'like LAMB': O.kerasLamb(1e-3, { weightDecay: 0.01 }),
}
const wabt = await loadWabt()
/** Operands on the line of their operation. */
const compact = (text: string): string => text.replace(/\n\s+(\((?:local\.get|i32\.const) [^()]+\))/g, ' $1')

for (const [name, tx] of Object.entries(chains))
  t.test(name, async test => {
    await useBackend('cpu')
    test.matchSnapshot(O.explain(tx), 'explained')
    const rules = placedLinks(tx.program).flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
    const made = plan({ rules, goal: 'params', hasParams: true, classes: [rules.map(() => true)] })
    const [of] = made?.classes ?? []
    if (made === null || of === undefined) throw new Error('no plan')
    for (const [pass, lowered] of of.passes.entries()) {
      if (lowered === null) continue
      const shaders = generateGlsl(lowered.kernel, 16).map(({ shader }) => shader.text)
      test.matchSnapshot(shaders.join('\n\n'), `pass ${pass + 1} as GLSL`)
      for (const shared of [false, true]) {
        const layout = layoutOf(made, { of, leaves: [] }, lowered.kernel)
        const bytes = generateWasm(lowered.kernel, { ...layout, shared })
        test.ok(WebAssembly.validate(bytes), `pass ${pass + 1} is valid`)
        const module = wabt.readWasm(bytes, { readDebugNames: true, threads: true })
        module.applyNames()
        const text = module.toText({ foldExprs: true, inlineExport: false })
        if (!shared) test.matchSnapshot(compact(text), `pass ${pass + 1} as WebAssembly`)
        else test.match(text, /\(memory .*shared\)/)
      }
    }
  })

t.test('totals of many parts, and of many leaves, in GLSL', test => {
  for (const reduce of ['sum', 'max'] as const)
    test.matchSnapshot([foldGlsl(reduce), gatherGlsl(reduce, 3)].join('\n'), reduce)
  test.end()
})
