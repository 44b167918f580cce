/** As under a content security policy: `explain` says so before the first step and after it. The browser has a real one. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as O from '../../lib/index.js'

t.test('where WebAssembly compiles nothing', async test => {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
  const warned: unknown[] = []
  const { warn } = console
  const { Module } = WebAssembly
  console.warn = (what: unknown) => warned.push(what)
  WebAssembly.Module = function forbidden() {
    throw new WebAssembly.CompileError('disallowed by embedder')
  } as never
  try {
    const says = /^cpu: tfjs ops, since WebAssembly cannot be compiled here \(disallowed by embedder\)\n/
    test.match(O.explain(O.adam(0.1)), says, 'before the first step')
    for (const tx of [O.adam(0.1), O.sgd(0.1), O.adam(0.1)]) {
      const params = tf.tensor1d([1])
      await O.ready(tx, { params })
      const [next] = O.makeStep(tx)(params, params, tx.init(params))
      test.ok(Math.abs((next.dataSync()[0] ?? NaN) - 0.9) < 1e-6)
      test.match(O.explain(tx, { params, source: true }), says, 'after it')
    }
  } finally {
    WebAssembly.Module = Module
    console.warn = warn
  }
  test.match(warned, [/^tfjs-optax: kernels cannot run on cpu here \(WebAssembly cannot be compiled here/])
  test.equal(warned.length, 1, 'one warning')
})
