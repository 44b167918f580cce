/** What only tfjs's webgl backend can show. */
import * as tf from '@tensorflow/tfjs-core'
import { webgl } from '../../lib/backends/webgl/device.js'
import * as O from '../../lib/index.js'
import { elementwise, square } from '../../lib/rule.js'
import type { Entry } from '../laws/table.js'
import { readied } from '../backends/counted.js'
import { plain, treeOf } from './trees.js'
import { held, long, table, type Check } from './walk.js'

/** Programs that tfjs's webgl backend has compiled for us. */
const programs = (): readonly string[] =>
  Object.keys((tf.backend() as unknown as { binaryCache: object }).binaryCache).filter(key =>
    key.includes('texel_here'),
  )

export const webglChecks: Readonly<Record<string, Check>> = {
  'another rate, other shapes and other ranks compile nothing': async seen => {
    const rated = (rate: number): Entry => ({
      name: 'chain',
      hyper: {},
      make: () => O.chain(O.clipByGlobalNorm(rate), O.adam(rate)),
    })
    await table(seen, [rated(0.1)], { a: [50, 6], b: [2, 6, 4] }, plain)
    const before = programs().length
    await table(seen, [rated(0.2)], { a: [40, 12], b: [3, 8, 30] }, plain)
    await table(seen, [rated(0.3)], { a: [2, 8], b: [3, 2, 4, 6, 8] }, plain)
    const compiled = programs().length - before
    if (compiled !== 0) throw new Error(`${compiled} programs compiled, ${before} were there`)
    return `${before} programs in all`
  },
  'a chain without numbers of the step is no error of WebGL': async () => {
    const { gl } = (tf.backend() as unknown as { gpgpu: { gl: WebGLRenderingContext } }).gpgpu
    const tx = elementwise({ name: 'square', step: ({ u }) => ({ u: square(u) }) })
    const u = tf.tensor1d([1, 2, 3])
    await readied(tx, u)
    const [updates] = tx.update(u, tx.init(u))
    const got = [...(await updates.data())]
    const fault = gl.getError()
    O.disposeTree([u, updates])
    if (fault !== gl.NO_ERROR) throw new Error(`WebGL says ${fault}`)
    if (got.join() !== '1,4,9') throw new Error(got.join())
    return 'no error'
  },
  'explain shows the programs': async () => {
    const tx = O.chain(O.clipByGlobalNorm(1), O.adam(0.1))
    const [p, u] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]
    await readied(tx, p)
    const state = tx.init(p)
    const stepped = O.makeStep(tx)(p, u, state)
    const shown = O.explain(tx, { source: true })
    O.disposeTree([p, u, state, stepped])
    const shaders = shown.split(/(?=\/\/ shader)/).slice(1)
    const lines = (text: string): string => text.replace(/^\s+/gm, '')
    const known = programs().map(lines)
    for (const shader of shaders) {
      const body = lines(shader.slice(shader.indexOf('float value('), shader.lastIndexOf('}') + 1))
      if (!known.some(text => text.includes(body))) throw new Error(`never compiled: ${shader}`)
    }
    if (!shown.includes('// k[0]: b1')) throw new Error(`no name of a number: ${shown}`)
    return `${shaders.length} shaders`
  },
  'a step that fails changes nothing and leaves nothing': async () => {
    const backend = tf.backend() as unknown as { runWebGLProgram: (...args: unknown[]) => unknown }
    const original = backend.runWebGLProgram
    const [tx, params, gradients] = [
      long(),
      treeOf({ w: [5, 3], b: [7] }, plain, 0),
      treeOf({ w: [5, 3], b: [7] }, plain, 1),
    ]
    await readied(tx, params)
    const state = tx.init(params)
    const step = O.makeStep(tx, { donate: true })
    O.disposeTree(tx.update(gradients, state, params as never)) // all is on the device
    const read = async (): Promise<string> =>
      JSON.stringify(await Promise.all(O.tensorsOf([params, state]).map(async ([, x]) => [...(await x.data())])))
    const [values, before] = [await read(), held()]
    let failures = 0
    for (let at = 1; at < 100; at++) {
      let [calls, depth] = [0, 0] // what tfjs itself leaves behind, where a program within a program fails, is not ours
      backend.runWebGLProgram = (...args) => {
        if (depth === 0 && ++calls === at) throw new Error('no more')
        depth += 1
        try {
          return original.apply(backend, args)
        } finally {
          depth -= 1
        }
      }
      try {
        O.disposeTree(tx.update(gradients, state, params as never))
        break
      } catch (fault) {
        if (String(fault) !== 'Error: no more') throw fault
        failures += 1
        try {
          calls = 0
          step(params, gradients as never, state)
          throw new Error('the step went through', { cause: fault })
        } catch (again) {
          if (String(again) !== 'Error: no more') throw again
        }
      } finally {
        backend.runWebGLProgram = original
      }
      if (held() !== before) throw new Error(`call ${at}: ${before} before, ${held()} after`)
    }
    if ((await read()) !== values) throw new Error('a value changed')
    O.disposeTree([params, gradients, state])
    if (failures < 5) throw new Error(`${failures} programs only`)
    return `each of ${failures} programs failed once`
  },
  'a tfjs that is otherwise inside is found out': async () => {
    const backend = tf.backend() as unknown as { runWebGLProgram: unknown }
    const original = backend.runWebGLProgram
    const said = [webgl.problem()]
    try {
      backend.runWebGLProgram = undefined
      said.push(webgl.problem())
      backend.runWebGLProgram = original
      tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', false)
      said.push(webgl.problem())
    } finally {
      backend.runWebGLProgram = original
      tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', true)
    }
    const want = [null, 'this tfjs keeps its textures elsewhere', 'textures hold 16-bit numbers here']
    if (JSON.stringify(said) !== JSON.stringify(want)) throw new Error(JSON.stringify(said))
    return said.join()
  },
}
