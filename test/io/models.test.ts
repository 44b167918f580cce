/** Models of tfjs on files: `model.save('file://…')` and back, whole or not at all, in tfjs-node's own format. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import { layers, loadLayersModel, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { adamw, asOptimizer, chain, clipByGlobalNorm, registerOptimizers, TransformOptimizer } from '../../lib/index.js'
import { fileSystem } from '../../lib/node.js'
import { leftBehind, numbers, useBackend } from '../setup.js'

await useBackend('cpu')
registerOptimizers()

const folderOf = (test: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-models-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const [x, y] = [tf.ones([4, 3]), tf.ones([4, 2])]
const trained = async (fill = 0.5): Promise<LayersModel> => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'head' })] })
  model.setWeights([tf.fill([3, 2], fill), tf.fill([2], fill)])
  model.compile({ optimizer: asOptimizer(chain(clipByGlobalNorm(1), adamw(0.01))), loss: 'meanSquaredError' })
  await model.fit(x, y, { epochs: 2, verbose: 0 })
  return model
}
const valuesOf = (model: LayersModel): number[] => model.getWeights().flatMap(numbers)
interface Saved {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[]
    readonly weights: readonly { name: string }[]
  }[]
}
const jsonIn = (path: string): Saved => JSON.parse(readFileSync(path, 'utf8')) as Saved

const { getBuiltinModule } = process
/** Node's files with some functions replaced, while `run` runs. */
const withFiles = async (changed: object, run: () => Promise<unknown>): Promise<void> => {
  const builtin = (id: string): unknown => (id === 'node:fs/promises' ? { ...files, ...changed } : getBuiltinModule(id))
  Object.assign(process, { getBuiltinModule: builtin })
  try {
    await run()
  } finally {
    Object.assign(process, { getBuiltinModule })
  }
}

t.test('a model with its optimizer is saved by URL, and goes on where it was', async test => {
  const folder = join(folderOf(test), 'not', 'there yet')
  const model = await trained()
  const saved = await model.save(`file://${folder}`, { includeOptimizer: true })
  test.match(saved.modelArtifactsInfo, { modelTopologyType: 'JSON', weightDataBytes: 3 * 32 + 4 })
  test.strictSame(readdirSync(folder).sort(), ['model.json', 'weights.bin'], 'the names of tfjs-node')
  const [group, ...others] = jsonIn(join(folder, 'model.json')).weightsManifest
  test.strictSame([group?.paths, others], [['weights.bin'], []])
  test.match(group?.weights[0], { name: 'head/kernel', shape: [3, 2], dtype: 'float32' })
  const copy = await loadLayersModel(`file://${folder}/model.json`)
  test.strictSame(valuesOf(copy), valuesOf(model))
  const { optimizer } = copy
  test.ok(optimizer instanceof TransformOptimizer)
  await model.fit(x, y, { verbose: 0 })
  await copy.fit(x, y, { verbose: 0 })
  test.equal(optimizer.iterations, 3, 'a count that went on')
  test.strictSame(valuesOf(copy), valuesOf(model), 'the same bits after another step')
})

t.test('every way to say where', async test => {
  const folder = folderOf(test)
  const model = await trained()
  const here = relative(process.cwd(), folder)
  const ways: Readonly<Record<string, readonly [tf.io.IOHandler | string, tf.io.IOHandler | string]>> = {
    'a folder': [fileSystem(join(folder, 'a')), fileSystem(join(folder, 'a'))],
    'its slash': [fileSystem(`${folder}/b/`), fileSystem(join(folder, 'b', 'model.json'))],
    'a URL': [fileSystem(pathToFileURL(join(folder, 'c d#e?'))), fileSystem(join(folder, 'c d#e?'))],
    'a URL as text': [`file://${folder}/f`, `file://${folder}/f`],
    'a space, a hash': [`file://${folder}/g h#`, fileSystem(join(folder, 'g h#'))],
    'an encoded space': [`file://${folder}/i%20j`, fileSystem(join(folder, 'i j'))],
    'relative, as in tfjs-node': [`file://./${here}/k`, fileSystem(join(folder, 'k'))],
    relative: [fileSystem(join(here, 'l')), `file://${here}/l/model.json`],
    'a file': [fileSystem(join(folder, 'm', 'mine.json')), `file://${folder}/m/mine.json`],
  }
  for (const [way, [to, from]] of Object.entries(ways)) {
    await model.save(to)
    test.strictSame(valuesOf(await loadLayersModel(from)), valuesOf(model), way)
  }
  const second = await trained(0.25)
  await second.save(fileSystem(join(folder, 'm', 'other.json')))
  test.strictSame(readdirSync(join(folder, 'm')).sort(), [
    'mine.json',
    'mine.weights.bin',
    'other.json',
    'other.weights.bin',
  ])
  test.strictSame(valuesOf(await loadLayersModel(`file://${folder}/m/mine.json`)), valuesOf(model), 'two in a folder')
  test.throws(() => fileSystem(''), {
    name: 'TypeError',
    message: 'fileSystem: path must be a path or a file: URL, got ""',
  })
  await test.rejects(model.save('file://'), { message: 'fileSystem: path must be a path' })
})

t.test('what tfjs-node, a converter and older savers wrote', async test => {
  const folder = folderOf(test)
  const model = await trained()
  await model.save(fileSystem(folder), { includeOptimizer: true })
  const json = jsonIn(join(folder, 'model.json'))
  const bytes = readFileSync(join(folder, 'weights.bin'))
  const [group] = json.weightsManifest
  const write = (manifest: unknown): void =>
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...json, weightsManifest: manifest }))
  const shards = ['group1-shard1of3.bin', 'sub/group1-shard2of3.bin', 'group1-shard3of3.bin']
  mkdirSync(join(folder, 'sub'))
  ;[bytes.subarray(0, 6), bytes.subarray(6, 30), bytes.subarray(30)].forEach((part, i) =>
    writeFileSync(join(folder, shards[i] ?? ''), part),
  )
  write([{ ...group, paths: shards }])
  test.strictSame(valuesOf(await loadLayersModel(`file://${folder}`)), valuesOf(model), 'shards that cut a number')
  const weights = group?.weights ?? []
  writeFileSync(join(folder, 'one'), bytes.subarray(0, 24))
  writeFileSync(join(folder, 'two'), bytes.subarray(24))
  write([
    { paths: ['one'], weights: weights.slice(0, 1) },
    { paths: ['two'], weights: weights.slice(1) },
  ])
  test.strictSame(valuesOf(await loadLayersModel(`file://${folder}`)), valuesOf(model), 'two groups')
  await model.save(fileSystem(folder))
  test.ok(shards.every(name => existsSync(join(folder, name))) && existsSync(join(folder, 'one')), 'others stay')
  const quantized = {
    name: 'head/kernel',
    shape: [3, 2],
    dtype: 'float32',
    quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
  }
  writeFileSync(join(folder, 'q'), new Uint8Array([0, 1, 2, 3, 4, 5, 0, 0, 128, 63, 0, 0, 0, 64]))
  write([{ paths: ['q'], weights: [quantized, { name: 'head/bias', shape: [2], dtype: 'float32' }] }])
  const loaded = await loadLayersModel(fileSystem(folder))
  test.strictSame(valuesOf(loaded), [-1, -0.5, 0, 0.5, 1, 1.5, 1, 2], 'quantized weights')
})

t.test('a save that fails, or is cut off, leaves the model that was there', async test => {
  const folder = folderOf(test)
  const [first, second] = [await trained(), await trained(0.25)]
  await first.save(fileSystem(folder))
  const before = readdirSync(folder)
  const still = async (what: string): Promise<void> => {
    test.strictSame(valuesOf(await loadLayersModel(`file://${folder}`)), valuesOf(first), what)
  }
  const fault = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
  for (const after of [0, 1]) {
    let renames = 0
    const rename = async (from: string, to: string): Promise<void> => {
      if (renames++ >= after) throw fault
      await files.rename(from, to)
    }
    await withFiles({ rename }, () => test.rejects(second.save(fileSystem(folder)), { message: fault.message }))
    await still(`a failure at the file ${after}`)
    test.strictSame(readdirSync(folder), before, 'and nothing beside')
  }
  // As if the process had ended between the two files.
  const died = {
    rename: async (from: string, to: string) => (to.endsWith('.json') ? Promise.reject(fault) : files.rename(from, to)),
    rm: () => Promise.resolve(),
  }
  await withFiles(died, () => test.rejects(second.save(fileSystem(folder))))
  const stray = readdirSync(folder).filter(name => name.startsWith('weights-'))
  test.equal(stray.length, 1, 'weights that no model.json names')
  await still('a crash')
  utimesSync(join(folder, stray[0] ?? ''), 0, 0)
  await second.save(fileSystem(folder))
  test.strictSame(valuesOf(await loadLayersModel(`file://${folder}`)), valuesOf(second))
  // The temporary file is this living process's own, whose `rm` did nothing.
  const there = (): string[] =>
    readdirSync(folder)
      .filter(name => !name.endsWith('.tmp'))
      .sort()
  const left = there()
  test.equal(left.length, 2, `the old weights and the stray ones are gone: ${left.join()}`)
  test.match(jsonIn(join(folder, 'model.json')).weightsManifest[0]?.paths[0], /^weights-[0-9a-f]{8}\.bin$/)
  await first.save(fileSystem(folder))
  test.strictSame(there(), ['model.json', 'weights.bin'])
})

t.test('many savers and readers at once: each reader gets one model whole', async test => {
  const folder = folderOf(test)
  const models = [await trained(0.1), await trained(0.2), await trained(0.3)]
  const known = models.map(model => JSON.stringify(valuesOf(model)))
  await models[0]?.save(fileSystem(folder))
  const saves = Array.from({ length: 4 }, () => models.map(model => model.save(fileSystem(folder)))).flat()
  for (let i = 0; i < 8; i++)
    test.ok(known.includes(JSON.stringify(valuesOf(await loadLayersModel(`file://${folder}`)))), 'one of the three')
  await Promise.all(saves)
  test.equal(readdirSync(folder).length, 2)
})

t.test('what is no model is refused, naming the file', async test => {
  const folder = folderOf(test)
  await (await trained()).save(fileSystem(folder))
  const json = join(folder, 'model.json')
  const right = readFileSync(json, 'utf8')
  const load = () => loadLayersModel(`file://${folder}`)
  const manifest = (change: object): string =>
    JSON.stringify({ ...JSON.parse(right), weightsManifest: [{ ...jsonIn(json).weightsManifest[0], ...change }] })
  const refused: Readonly<Record<string, readonly [text: string, says: string]>> = {
    'no JSON': ['{', `fileSystem: ${json} is not a model of tfjs: `],
    'no manifest': ['{"modelTopology":{}}', 'weightsManifest must be '],
    'a path outside': [
      manifest({ paths: ['../weights.bin'] }),
      'weightsManifest.0.paths.0 must be the path of a file beside it, got "../weights.bin"',
    ],
    'an absolute path': [manifest({ paths: ['/etc/hosts'] }), 'must be the path of a file beside it, got "/etc/hosts"'],
    'a missing file': [manifest({ paths: ['gone.bin'] }), `a file of weights that ${json} names is missing`],
    'a folder': [manifest({ paths: ['.'] }), 'must be a file, got a folder'],
    'a shape': [
      manifest({ weights: [{ name: 'w', shape: [1.5], dtype: 'float32' }] }),
      'weights.0.shape.0 must be Int, got 1.5',
    ],
    'a dtype': [manifest({ weights: [{ name: 'w', shape: [1], dtype: 'float99' }] }), 'w has dtype float99'],
    'other lengths': [
      manifest({ weights: [{ name: 'w', shape: [3], dtype: 'float32' }] }),
      'says that weights.bin must have 12 bytes, got 32',
    ],
  }
  for (const [what, [text, says]] of Object.entries(refused)) {
    writeFileSync(json, text)
    const left = await leftBehind(() => test.rejects(load(), { message: says }, what))
    test.equal(left, 0, `${what}: leaks nothing`)
  }
  rmSync(json)
  await test.rejects(load(), { code: 'ENOENT' }, 'no model.json')
  const binary = { modelTopology: new ArrayBuffer(4) } as tf.io.ModelArtifacts
  await test.rejects(fileSystem(folder).save(binary), { message: 'its topology is binary' })
  await withFiles({}, async () => {
    Object.assign(process, { getBuiltinModule: undefined })
    test.throws(() => fileSystem(folder), { name: 'RuntimeError', message: "use tfjs's own handlers" })
  })
})

t.test('where another handler takes file://, such as tfjs-node, it goes on to do so', async test => {
  const own = fileSystem('nowhere')
  test.equal(tf.io.getSaveHandlers('file:///x').length, 1)
  test.equal(tf.io.getSaveHandlers('indexeddb://x').filter(handler => 'load' in handler).length, 0, 'no other URLs')
  const router = ((url: string | string[]) => (String(url).startsWith('file://') ? own : null)) as Parameters<
    typeof tf.io.registerSaveRouter
  >[0]
  tf.io.registerSaveRouter(router)
  tf.io.registerLoadRouter(router)
  test.strictSame(tf.io.getSaveHandlers('file:///x'), [own])
  test.strictSame(tf.io.getLoadHandlers('file:///x'), [own])
})
