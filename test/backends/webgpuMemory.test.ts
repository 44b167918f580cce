/** What steps on WebGPU do to memory: whose is written over, what is kept, freed or refused, also where a step fails. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as O from '../../lib/index.js'
import { copied, numbersOf, randomTree, source } from './gpu/against.js'
import { whereThereIs } from '../whereThereIs.js'
import { readied } from './counted.js'
import { errorsSoFar, gpuBackend } from './gpu/dawn.js'
import { onGpu, pipelineCount, reason, webgpu } from './gpu/onGpu.js'

const withLimits = (device: GPUDevice, limits: object): GPUDevice =>
  new Proxy(device, {
    get: (of, key): unknown => {
      const own: unknown = key === 'limits' ? limits : Reflect.get(of, key, of)
      return typeof own === 'function' ? (own.bind(of) as unknown) : own
    },
  })

onGpu('nobody else’s memory is written over, whatever shares it', async test => {
  const tx = O.chain(O.clipByGlobalNorm(1), O.adamw(0.1), O.trace(0.9))
  const step = O.makeStep(tx, { donate: true })
  const plain = async (params: object, gradients: object) => {
    const [p, g] = [copied(params), copied(gradients)]
    const [out, state] = O.makeStep(tx)(p, g as never, tx.init(p))
    const seen = await numbersOf([out, state])
    O.disposeTree([p, g, out, state])
    return seen
  }
  const cases: Readonly<Record<string, () => { params: object; gradients: object; others: readonly tf.Tensor[] }>> = {
    'a reshape of a parameter is held elsewhere': () => {
      const params = { a: tf.tensor1d([1, 2, 3, 4]), b: tf.tensor1d([5]) }
      const gradients = { a: tf.tensor1d([1, -1, 2, 3]), b: tf.tensor1d([0.5]) }
      return { params, gradients, others: [tf.reshape(params.a, [2, 2]), tf.clone(params.b)] }
    },
    'a gradient is another parameter': () => {
      const params = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([5, 6, 7]) }
      return { params, gradients: { a: tf.reshape(params.b, [3]), b: tf.reshape(params.a, [3]) }, others: [] }
    },
    'a gradient is the parameter itself': () => {
      const params = { a: tf.tensor1d([1, 2, 3]) }
      return { params, gradients: { a: tf.reshape(params.a, [3]) }, others: [] }
    },
    'two gradients are one buffer': () => {
      const a = tf.tensor1d([1, 2, 3])
      const params = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, 5, 6]) }
      return { params, gradients: { a, b: tf.reshape(a, [3]) }, others: [] }
    },
  }
  for (const [name, make] of Object.entries(cases)) {
    const { params, gradients, others } = make()
    await readied(tx, params)
    const right = await plain(params, gradients)
    const before = await numbersOf([gradients, others])
    const [out, state] = step(params, gradients as never, tx.init(params))
    test.strictSame(await numbersOf([out, state]), right, name)
    test.strictSame(await numbersOf([gradients, others]), before, `${name}: the others stay`)
    O.disposeTree([out, state, gradients, others])
  }
})

onGpu('a buffer that tfjs does not know to be shared is read before it is written', async test => {
  const { device } = gpuBackend()
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffer = device.createBuffer({ size: 16, usage })
  device.queue.writeBuffer(buffer, 0, new Float32Array([1, 2, 3, 4]))
  const wrapped = (): tf.Tensor => tf.tensor({ buffer, zeroCopy: true }, [4])
  const [p, g] = [wrapped(), wrapped()]
  const tx = O.sgd(0.5)
  await readied(tx, p)
  const [out] = O.makeStep(tx, { donate: true })(p, g as never, tx.init(p))
  test.strictSame(await numbersOf(out), [[0.5, 1, 1.5, 2]])
  O.disposeTree([out, g])
  buffer.destroy()
})

onGpu('what tfjs keeps of values read before is given up', async test => {
  const tx = O.sgd(0.5)
  const params = tf.variable(tf.tensor1d([1, 2]))
  const gradients = tf.tensor1d([1, 1])
  test.strictSame(Array.from(await params.data()), [1, 2])
  await readied(tx, params)
  const [same] = O.makeStep(tx, { donate: true })(params as tf.Tensor, gradients, tx.init(params as tf.Tensor))
  test.equal(same, params)
  test.strictSame(Array.from(await params.data()), [0.5, 1.5])
  O.disposeTree([params, gradients])
})

onGpu('a read under way while a step writes gets the values before it, and later reads those after it', async test => {
  const tx = O.sgd(0.5)
  const params = tf.variable(tf.tensor1d([1, 2]))
  const gradients = tf.tensor1d([1, 1])
  await readied(tx, params)
  await errorsSoFar() // all of it is on the device
  const step = O.makeStep(tx, { donate: true })
  const state = tx.init(params)
  const [first, second] = [params.data(), params.data()]
  step(params as tf.Tensor, gradients, state)
  const third = params.data()
  step(params as tf.Tensor, gradients, state)
  const seen = await Promise.all([first, second, third])
  test.strictSame(
    seen.map(values => Array.from(values)),
    [
      [1, 2],
      [1, 2],
      [0.5, 1.5],
    ],
  )
  test.strictSame(Array.from(await params.data()), [0, 1], 'nothing old was kept')
  test.equal(params.dataSync()[0], 0, 'what is read now is kept again')
  O.disposeTree([params, gradients])
})

onGpu('what no buffer of this GPU holds is refused before anything is written', async test => {
  const gpu = gpuBackend()
  const { device } = gpu
  const tx = O.adam(0.1)
  const params = { a: tf.tensor1d([1]), b: tf.zeros([40]) }
  const gradients = { a: tf.tensor1d([1]), b: tf.ones([40]) }
  await readied(tx, params)
  let state = tx.init(params)
  O.disposeTree(tx.update(gradients, state, params))
  const before = await numbersOf([params, state])
  const small = { maxBufferSize: 1000, maxStorageBufferBindingSize: 128, maxStorageBuffersPerShaderStage: 8 }
  const { numTensors } = tf.memory()
  const refused = { message: /^out of memory: a tensor of shape \[40\] needs 160 bytes, .* has 128 at most/ }
  Object.assign(gpu, { device: withLimits(device, small) })
  test.throws(() => tx.update(gradients, state, params), refused)
  test.throws(() => O.makeStep(tx, { donate: true })(params, gradients, state), refused)
  Object.assign(gpu, { device })
  test.equal(tf.memory().numTensors, numTensors)
  test.strictSame(await numbersOf([params, state]), before)
  const [out, next] = O.makeStep(tx, { donate: true })(params, gradients, state)
  state = next
  O.disposeTree([out, state, gradients])
})

onGpu('a result that gets no buffer leaves no tensor', async test => {
  const gpu = gpuBackend()
  const { uploadToGPU } = gpu
  const tx = O.sgd(0.5)
  const u = tf.tensor1d([1, 2])
  await readied(tx, u)
  const state = tx.init(u)
  O.disposeTree(tx.update(u, state, u))
  const { numTensors } = tf.memory()
  const lost = () => {
    throw new Error('device lost')
  }
  Object.assign(gpu, { uploadToGPU: lost })
  test.throws(() => tx.update(u, state, u), { message: 'device lost' })
  Object.assign(gpu, { uploadToGPU })
  test.equal(tf.memory().numTensors, numTensors)
  u.dispose()
})

onGpu('steps on the same buffers make no bind group, and more leaves than are remembered are right too', async test => {
  const { device } = gpuBackend()
  const { createBindGroup } = device
  const tx = O.sgd(0.5, { momentum: 0.5 })
  const step = O.makeStep(tx, { donate: true })
  for (const [leaves, isKept] of [
    [5, true],
    [1100, false],
  ] as const) {
    let params = Array.from({ length: leaves }, (_, i) => tf.tensor1d([i, 2 * i]))
    const gradients = params.map(() => tf.tensor1d([1, 2]))
    await readied(tx, params)
    let state = tx.init(params)
    ;[params, state] = step(params, gradients, state)
    let made = 0
    device.createBindGroup = descriptor => {
      made += 1
      return createBindGroup.call(device, descriptor)
    }
    ;[params, state] = step(params, gradients, state)
    device.createBindGroup = createBindGroup
    test.equal(made === 0, isKept, `${leaves} leaves: ${made} groups in the second step`)
    const moved = [0, 1].map(k => (0.5 + 0.75) * (1 + k))
    test.strictSame(
      await numbersOf(params),
      params.map((_, i) => [i - (moved[0] ?? NaN), 2 * i - (moved[1] ?? NaN)]),
      `${leaves} leaves`,
    )
    O.disposeTree([params, state, gradients])
  }
})

onGpu('a buffer of somebody else is bound by no group that is kept', async test => {
  const { device } = gpuBackend()
  const { createBindGroup } = device
  const tx = O.sgd(0.5)
  const p = tf.tensor1d([4, 4, 4, 4])
  await readied(tx, p)
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const buffer = device.createBuffer({ size: 16, usage })
  device.queue.writeBuffer(buffer, 0, new Float32Array([1, 2, 3, 4]))
  const g = tf.tensor({ buffer, zeroCopy: true }, [4])
  const state = tx.init(p)
  const made: number[] = []
  device.createBindGroup = descriptor => {
    made.push(1)
    return createBindGroup.call(device, descriptor)
  }
  for (let i = 0; i < 3; i++) O.disposeTree(tx.update(g, state, p))
  device.createBindGroup = createBindGroup
  test.equal(made.length, 3, 'one for each step')
  O.disposeTree([p, g])
  buffer.destroy()
})

onGpu('1,000 steps leave nothing; another rate and other shapes compile nothing', async test => {
  const chainOf = (rate: number) => O.chain(O.clipByGlobalNorm(1), O.kerasLamb(rate))
  const walk = async (steps: number, donate: boolean, rate: number, size: number) => {
    const tx = chainOf(rate)
    const step = O.makeStep(tx, { donate })
    let params: object = randomTree({ a: [size], b: [2, size] }, source(1))
    await readied(tx, params)
    let state = tx.init(params as never)
    const gradients = randomTree({ a: [size], b: [2, size] }, source(2))
    for (let i = 0; i < steps; i++) {
      const old = [params, state]
      ;[params, state] = step(params as never, gradients as never, state)
      if (!donate) O.disposeTree(old)
      if (i % 100 === 0) await gpuBackend().queue.onSubmittedWorkDone()
    }
    O.disposeTree([params, state, gradients])
  }
  const { device } = gpuBackend()
  const counts = () => {
    const gpu = gpuBackend() // tfjs frees what it has when it submits
    gpu.ensureCommandEncoderReady()
    gpu.endComputePassEncoder()
    gpu.submitQueue()
    const { numTensors, numDataBuffers, numBytes } = tf.memory()
    const { numBytesInGPU, numBytesAllocatedInGPU } = gpu.memory() as unknown as Record<string, number>
    return { numTensors, numDataBuffers, numBytes, numBytesInGPU, numBytesAllocatedInGPU }
  }
  for (const donate of [true, false]) {
    await walk(3, donate, 0.1, 50)
    const [before, pipelines] = [counts(), pipelineCount(device)]
    await walk(1000, donate, 0.1, 50)
    test.strictSame(counts(), before, `donate ${donate}: no tensor and no byte`)
    await walk(2, donate, 0.03, 70)
    test.equal(pipelineCount(device), pipelines, 'no pipeline')
  }
})

whereThereIs('what it cannot run on, it says', reason, async test => {
  const gpu = gpuBackend()
  const { device } = gpu
  test.equal(webgpu.problem(), null)
  test.throws(() => webgpu.allocate([2 ** 31, 4]), {
    message: /^out of memory: a tensor of shape \[2147483648,4\] needs/,
  })
  Object.assign(gpu, { device: withLimits(device, { maxStorageBuffersPerShaderStage: 4 }) })
  test.equal(webgpu.problem(), 'a shader can bind 4 buffers only, 6 are needed')
  Object.assign(gpu, { device })
  await tf.setBackend('cpu')
  test.equal(webgpu.problem(), 'this tfjs keeps its buffers elsewhere')
  await tf.setBackend('webgpu')
})
