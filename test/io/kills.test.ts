/**
 * Processes killed while they save: what is at the path is whole, and the next save removes what they left. `KILLS=200`
 * kills as many of each kind; by default few, since a process takes its time to start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import '../../lib/node.js'
import { disposeTree, loadTree, saveTree } from '../../lib/index.js'
import { useBackend } from '../setup.js'

const kills = Number(process.env['KILLS'] ?? 6)
const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-kills-'))
t.teardown(() => rmSync(folder, { recursive: true }))
await useBackend('cpu')

/** The programs, beside the packages, since the example looks for TypeScript's own text. */
const outdir = resolve(`node_modules/.cache/tfjs-optax-${process.pid}`)
t.teardown(() => rmSync(outdir, { recursive: true }))
await build({
  entryPoints: ['test/io/saver.ts', 'test/io/runs.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // tfjs asks for Node's modules by require.
  banner: { js: `import { createRequire as of } from 'node:module'; const require = of(import.meta.url)` },
  ignoreAnnotations: true, // tfjs's backends say they have no side effects, which is how they register
  outdir,
  logLevel: 'error',
})
/** A program of its own, since the package's name means lib/ to the bundler, but not to tap's loader. */
const { faultIn } = (await import(pathToFileURL(join(outdir, 'runs.mjs')).href)) as {
  readonly faultIn: (folder: string) => Promise<string>
}

/** Starts a saver, and kills it at a random moment after its first line. */
const kill = async (test: Test, kind: string, target: string): Promise<void> => {
  const child = spawn(process.execPath, [join(outdir, 'saver.mjs'), kind, target], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), ended])
  await sleep(Math.random() * 60)
  child.kill('SIGKILL')
  const [, signal] = (await ended) as [number | null, string | null]
  test.equal(signal, 'SIGKILL', err)
}
const leftovers = (folder: string): number => readdirSync(folder).filter(name => name.endsWith('.tmp')).length

t.test(`${kills} kills of a process that saves a tree`, async test => {
  const target = join(folder, 'tree.safetensors')
  const like = { count: 0, first: tf.zeros([200_000]), last: tf.zeros([200_000]) }
  const counts = { whole: 0, left: 0 }
  for (let i = 0; i < kills; i++) {
    await kill(test, 'tree', target)
    counts.left += leftovers(folder)
    if (existsSync(target)) {
      const { count, first, last } = await loadTree(target, like)
      const wrong = tf.tidy(
        () => tf.add(tf.sum(tf.notEqual(first, count)), tf.sum(tf.notEqual(last, -count))).dataSync()[0],
      )
      test.equal(wrong, 0, `one tree, ${count}`)
      counts.whole++
      disposeTree([first, last])
    }
    await saveTree(target, like)
    test.strictSame(readdirSync(folder), ['tree.safetensors'], 'nothing is left beside')
  }
  test.comment(`${counts.whole} files were there, ${counts.left} leftovers`)
  rmSync(target)
})

t.test(`${kills} kills of a process that saves a model of tfjs`, async test => {
  const target = join(folder, 'model')
  const counts = { left: 0, weights: 0 }
  for (let i = 0; i < kills; i++) {
    await kill(test, 'model', target)
    counts.weights += readdirSync(target).filter(name => name.endsWith('.bin')).length
    const model = await loadLayersModel(`file://${target}`)
    const [kernel, bias] = model.getWeights().map(weight => weight.dataSync())
    const [count = NaN] = kernel ?? []
    test.ok(kernel?.every(x => x === count) && bias?.every(x => x === -count), `one model, ${count}`)
    counts.left += leftovers(target)
    await model.save(`file://${target}`)
    model.dispose()
    test.equal(leftovers(target), 0, 'nothing is left beside')
  }
  rmSync(target, { recursive: true })
  test.comment(`${counts.weights} files of weights were there, ${counts.left} leftovers`)
})

t.test(`${kills} kills of a trainer that saves two runs by turns`, async test => {
  const target = join(folder, 'run.safetensors')
  const counts = { whole: 0, left: 0 }
  for (let i = 0; i < kills; i++) {
    await kill(test, 'trainer', folder)
    counts.left += leftovers(folder)
    if (!existsSync(target)) continue
    test.equal(await faultIn(folder), '')
    counts.whole++
  }
  await saveTree(target, { w: tf.ones([1]) })
  test.strictSame(readdirSync(folder), ['run.safetensors'], 'nothing is left beside')
  test.comment(`${counts.whole} files were there, ${counts.left} leftovers`)
})
