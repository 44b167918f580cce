/** Models saved with their optimizers: loaded in another process or beside the original, training goes on bit for bit. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { chain, scale } from '../../lib/index.js'
import { registerTransform } from '../../lib/config.js'
import {
  AdamWeightDecay,
  asOptimizer,
  kerasPolynomialDecay,
  kerasWarmUp,
  TransformOptimizer,
} from '../../lib/legacy.js'
import * as io from 'io-ts'
import { childEnv } from '../childEnv.js'
import { onBackends } from '../setup.js'
import {
  chained,
  compiled,
  loaded,
  optimizerOf,
  saved,
  toDisk,
  train,
  userLink,
  valuesOf,
  weightsOf,
  type Shell,
} from './subjects.js'

tf.serialization.registerClass(AdamWeightDecay)
tf.serialization.registerClass(TransformOptimizer)
const remembering = registerTransform('rememberingForTests', io.type({}), () => userLink())

const linear = kerasPolynomialDecay({ initialLearningRate: 0.05, decaySteps: 20, endLearningRate: 0 })
const warm = () =>
  new AdamWeightDecay({
    learningRate: kerasWarmUp({ initialLearningRate: 0.05, decayScheduleFn: linear, warmupSteps: 3 }),
    weightDecayRate: 0.1,
    excludeFromWeightDecay: ['layer_norm', 'second_1', '_bias'],
    amsgrad: true,
  })
const makers: readonly (readonly [name: string, make: () => Shell, inChild: boolean])[] = [
  ['AdamWeightDecay', warm, true],
  ['asOptimizer', () => chained({ name: 'Mine', lastStep: true }), true],
  ["a user's link", () => asOptimizer(chain(remembering({}), scale(-0.01))), false],
]
const names = ['layer_norm_1', 'second_1'] as const

const dispose = (model: LayersModel): void => {
  optimizerOf(model).dispose()
  model.dispose()
}

/** All there is; tfjs puts a suffix on the names of later models' variables. */
const stateOf = async (model: LayersModel) => {
  const weights = Object.entries(await weightsOf(optimizerOf(model)))
  const named = weights.map(([name, value]) => [name.replace(/(kernel|bias)(_\d+)?\//, '$1/'), value])
  return [valuesOf(model), Object.fromEntries(named) as unknown, optimizerOf(model).iterations]
}

/** What a run without interruption comes to. */
const straight = async (make: () => Shell, steps: number) => {
  const model = compiled(make(), names)
  await train(model, steps)
  const result = await stateOf(model)
  dispose(model)
  return result
}

onBackends('saved with its optimizer, a model goes on bit for bit in a new process', async (test, backend) => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optax-'))
  for (const [name, make] of makers.filter(([, , inChild]) => inChild)) {
    const model = compiled(make(), names)
    await train(model, 5)
    const file = join(folder, 'model')
    writeFileSync(file, toDisk(await saved(model)))
    dispose(model)
    const out = execFileSync(process.execPath, ['--import', 'tsx', 'test/legacy/resume.ts', backend, file, '5'], {
      encoding: 'utf8',
      env: childEnv(),
    })
    test.strictSame(JSON.parse(out.trim().split('\n').at(-1) ?? ''), await straight(make, 10), name)
  }
  rmSync(folder, { recursive: true })
})

onBackends('loaded beside the original, and once more: the same, and nothing leaks', async test => {
  for (const [name, make] of makers) {
    const want = await straight(make, 10)
    const original = compiled(make(), names)
    await train(original, 5)
    await saved(original)
    const before = tf.memory().numTensors
    const artifacts = await saved(original)
    await saved(original)
    test.equal(tf.memory().numTensors, before, `${name}: saving leaks nothing`)
    const halfway = await stateOf(original)

    const second = await loaded(artifacts)
    const untouched = await saved(second)
    await train(second, 2)
    const third = await loaded(await saved(second))
    await train(second, 3)
    await train(third, 3)
    const fourth = await loaded(untouched)
    const fifth = await loaded(await saved(await loaded(artifacts)))
    await train(fourth, 5)
    for (const [i, copy] of [second, third, fourth].entries())
      test.strictSame(await stateOf(copy), want, `${name}: copy ${i + 2} comes to the same`)
    test.strictSame(await stateOf(original), halfway, `${name}: the original is where it was`)
    await train(original, 5)
    test.strictSame(await stateOf(original), want, `${name}: and comes to the same`)
    await train(fifth, 5)
    test.strictSame(await stateOf(fifth), want, `${name}: copy 5 of a copy without a step`)
    ;[original, second, third, fourth, fifth].forEach(dispose)

    const start = tf.memory().numTensors
    const unused = await loaded(artifacts)
    dispose(unused)
    const used = await loaded(artifacts)
    await train(used, 2)
    await saved(used)
    dispose(used)
    test.equal(tf.memory().numTensors, start, `${name}: load, save, dispose leave nothing`)
  }
})
