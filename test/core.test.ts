/** `tfjs-optax/core` alone: what it says and refuses until `ready` has loaded the rest, and what bundles contain. */
import t from 'tap'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import * as O from '../lib/core.js'
import { weigh } from './bench/gzip.js'

tf.env().set('PROD', true)

const tx = O.adamw(0.1)
const messageOf = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    return String(error)
  }
  return 'nothing was thrown'
}

const around: unknown[] = []
around.push(around)

/** Calls whose errors say less in `core`: who, what was expected and what came, but no more. */
const wrong = {
  'an option': () => O.adamw(0.1, { weigtDecay: 1 } as never),
  'an object': () => O.adamw({ rate: 1 } as never),
  'a tree that contains itself': () => tx.init(around),
}
const said = (): unknown => Object.fromEntries(Object.entries(wrong).map(([what, call]) => [what, messageOf(call)]))

const gradientOfUpdate = (): tf.Tensor => {
  const p = tf.tensor1d([1, 2])
  const state = tx.init(p)
  return tf.grad(g => tf.sum(tx.update(g, state, p)[0]))(tf.tensor1d([0, 3]))
}

/** Runs `body` on a cpu backend that passes for WebGL with 16-bit numbers. */
const withHalves = <T>(body: () => T): T => {
  const backend = tf.backend() as tf.KernelBackend & { data: { get: (id: object) => object } }
  tf.env().registerFlag('WEBGL_RENDER_FLOAT32_ENABLED', () => false)
  Object.assign(backend, { gpgpu: {}, texData: { get: (id: object) => backend.data.get(id) } })
  try {
    return body()
  } finally {
    Reflect.deleteProperty(backend, 'gpgpu')
    Reflect.deleteProperty(backend, 'texData')
  }
}

t.test('until `ready`, errors are short, and rare cases are refused with a way out', async test => {
  await tf.setBackend('cpu')
  test.strictSame(said(), {
    'an option':
      'TypeError: adamw: unknown option weigtDecay; it takes (learningRate, {b1, b2, eps, epsRoot, nesterov, weightDecay, mask})',
    'an object':
      'TypeError: scaleByLearningRate: learningRate must be a number or a schedule (count) => number, got an object',
    'a tree that contains itself': 'TypeError: init: params cannot be read (more than 256 levels)',
  })
  const { numTensors } = tf.memory()
  const refused = (when: string) => `RuntimeError: tfjs-optax/core: rules ${when} need \`await ready(tx)\` first`
  const p = tf.tensor1d([1, 2])
  const state = tx.init(p)
  test.match(
    messageOf(() => tf.grad(g => tf.sum(tx.update(g, state, p)[0]))(p)),
    refused('while tfjs takes gradients'),
  )
  test.match(
    messageOf(() => withHalves(() => tx.update(p, state, p))),
    refused('where WebGL stores 16-bit numbers'),
  )
  O.disposeTree([p, state])
  test.equal(tf.memory().numTensors, numTensors, 'leaves nothing')
})

t.test('after `ready`, core is as complete as the main entry', async test => {
  await tf.setBackend('cpu')
  await O.ready(tx)
  test.match(said(), {
    'an option': 'unknown option weigtDecay (did you mean weightDecay?); it takes',
    'an object': 'got a record {rate}',
    'a tree that contains itself': 'ValueError: init: params.0 is params again, but a tree must not contain itself',
  })
  const gradient = Array.from(gradientOfUpdate().dataSync())
  test.ok(gradient.every(Number.isFinite), 'an update can be differentiated, also where the gradient is 0')
  const { warn } = console
  console.warn = () => undefined
  const p = tf.tensor1d([1, 2])
  const state = tx.init(p)
  const want = Array.from(tx.update(p, state, p)[0].dataSync())
  const got = withHalves(() => Array.from(tx.update(p, state, p)[0].dataSync()))
  console.warn = warn
  test.strictSame(got, want)
})

t.test('a bundle of the main entry keeps what completes it, and one of core has none of it', async test => {
  const rest = ['lib/complete.ts', 'lib/call/spelling.ts', 'lib/errors/naming.ts', 'lib/tree/faults.ts']
  const devices = ['lib/tree/alive.ts', 'lib/backends/halves.ts', 'lib/backends/taped.ts', 'lib/tree/unchosen.ts']
  for (const [entry, has] of [
    ['index', true],
    ['core', false],
  ] as const) {
    const { files } = await weigh(entry, 'chain, adamw')
    const names = files.filter(([, bytes]) => bytes > 0).map(([file]) => file)
    for (const file of [...rest, ...devices]) test.equal(names.includes(file), has, `${entry}: ${file}`)
  }
})
