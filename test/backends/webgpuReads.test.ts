/**
 * Rules whose numbers stay on the device: cells, totals, factored sums and values by path. A step that read one of them
 * would wait for the GPU, so reads are counted where tfjs makes them, and where the GPU hands memory to the host.
 */
import * as tf from '@tensorflow/tfjs-core'
import * as O from '../../lib/index.js'
import { numbersOf } from './gpu/against.js'
import { readied } from './counted.js'
import { gpuBackend } from './gpu/dawn.js'
import { onGpu } from './gpu/onGpu.js'

/** How often `run` reads values back: by tfjs's functions, and by buffers that are mapped for reading. */
const readsDuring = (run: () => void): { readonly tfjs: number; readonly maps: number } => {
  const backend = gpuBackend()
  const { read, readSync } = backend
  const buffers = GPUBuffer.prototype
  const map = Object.getOwnPropertyDescriptor(buffers, 'mapAsync')
  let [tfjs, maps] = [0, 0]
  backend.read = async id => {
    tfjs += 1
    return read.call(backend, id)
  }
  backend.readSync = id => {
    tfjs += 1
    return readSync.call(backend, id)
  }
  if (map !== undefined)
    Object.defineProperty(buffers, 'mapAsync', {
      ...map,
      value(this: GPUBuffer, mode: number, ...rest: readonly number[]): Promise<undefined> {
        if (mode === GPUMapMode.READ) maps += 1
        return Reflect.apply(map.value as GPUBuffer['mapAsync'], this, [mode, ...rest]) as Promise<undefined>
      },
    })
  try {
    run()
    return { tfjs, maps }
  } finally {
    backend.read = read
    backend.readSync = readSync
    if (map !== undefined) Object.defineProperty(buffers, 'mapAsync', map)
  }
}

const rules: Readonly<Record<string, () => O.GradientTransformation>> = {
  'prodigy, cells of the tree': () => O.prodigy(),
  'prodigy with decay by path': () => O.prodigy({ weightDecay: O.byPath([['bias', 0]], 0.01) }),
  'dog, cells and norms of the tree': () => O.dog(),
  'adafactor, factored sums and norms of leaves': () => O.adafactor(1e-2, { minDimSizeToFactor: 2, momentum: 0.9 }),
  'adamw with a rate and a decay by path': () =>
    O.adamw(
      O.byPath(path => (path === 'bias' ? 1e-2 : 1e-3)),
      { weightDecay: O.byPath([['bias', 0]], 0.01) },
    ),
  'lamb, a relay and norms of leaves': () => O.lamb(1e-3, { weightDecay: 0.01 }),
}
const treeOf = (seed: number) => ({
  kernel: tf.randomNormal([8, 6], 0, 1, 'float32', seed),
  bias: tf.randomNormal([6], 0, 1, 'float32', seed + 1),
})
const steps = 10
const none = { tfjs: 0, maps: 0 }

onGpu('the counter sees a read', async test => {
  const tx = O.sgd(0.1)
  const params = treeOf(1)
  await readied(tx, params)
  const [after] = O.makeStep(tx)(params, treeOf(3), tx.init(params))
  let values: Promise<unknown> = Promise.resolve()
  const seen = readsDuring(() => {
    values = after.kernel.data()
  })
  test.same(seen, { tfjs: 1, maps: 1 })
  await values
})

for (const [name, make] of Object.entries(rules)) {
  onGpu(`${name}: ${steps} steps of makeStep read nothing back`, async test => {
    const tx = make()
    const [first, gradients] = [treeOf(1), treeOf(3)]
    const before = await numbersOf(first)
    await readied(tx, first)
    const step = O.makeStep(tx, { donate: true })
    let params: ReturnType<typeof treeOf> = first
    let state = tx.init(first)
    const seen = readsDuring(() => {
      for (let i = 0; i < steps; i++) [params, state] = step(params, gradients, state)
    })
    test.same(seen, none)
    test.notSame(await numbersOf(params), before, 'the parameters moved')
    O.disposeTree([params, gradients, state])
  })

  onGpu(`${name}: ${steps} steps of asOptimizer read nothing back`, async test => {
    const tx = make()
    const given = treeOf(1)
    await readied(tx, given)
    const variables = { kernel: tf.variable(given.kernel), bias: tf.variable(given.bias) }
    const optimizer = O.asOptimizer(tx)
    const gradients = treeOf(3)
    const before = await numbersOf(variables)
    const seen = readsDuring(() => {
      for (let i = 0; i < steps; i++)
        optimizer.applyGradients([
          { name: variables.kernel.name, tensor: gradients.kernel },
          { name: variables.bias.name, tensor: gradients.bias },
        ])
    })
    test.same(seen, none)
    test.notSame(await numbersOf(variables), before, 'the variables moved')
    optimizer.dispose()
    O.disposeTree([given, variables, gradients])
  })
}
