/** What ranks do in launched.test.ts: trains in every way there is, or fails in the way that the first argument names. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import { adam, aggregate, chain, clipByGlobalNorm, disposeTree, makeStep, tensorsOf, valueAndGrad } from 'tfjs-optax'
import * as M from 'tfjs-optax/mpi'

const replicas = 4
const noise = (seed: number, size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (seed + 1) + 78.233 * i))
const first = () => ({
  hidden: { kernel: tf.tensor2d(noise(1, 48), [6, 8]), bias: tf.tensor1d(noise(2, 8)) },
  out: { kernel: tf.tensor2d(noise(3, 24), [8, 3]), bias: tf.tensor1d(noise(4, 3)) },
})
type Params = ReturnType<typeof first>
const batch = (step: number, replica: number) =>
  [tf.tensor2d(noise(step + 100 * replica, 30), [5, 6]), tf.tensor2d(noise(step + 50 * replica, 15), [5, 3])] as const
const lossOf = ({ hidden, out }: Params, x: tf.Tensor2D, y: tf.Tensor2D) =>
  tf.losses.meanSquaredError<tf.Tensor, tf.Scalar>(
    y,
    tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias)), out.kernel), out.bias),
  )

interface Trained {
  readonly hash: string
  readonly values: readonly number[]
}

const resultOf = (params: Params): Trained => {
  const values = tensorsOf(params).flatMap(([, tensor]) => Array.from(tensor.dataSync()))
  return { hash: createHash('sha256').update(Float32Array.from(values)).digest('hex'), values }
}

/** With a limit for all but the start, which may take long where other tests have the cores. */
const comm = () => {
  const limit = process.env['LIMIT']
  return limit === undefined ? M.world() : { ...M.world(), timeLimit: Number(limit) }
}
const own = (step: number, params: Params) => {
  const { rank, size } = comm()
  const each = replicas / size
  return Array.from({ length: each }, (_, r) => {
    const [x, y] = batch(step, rank * each + r)
    const [loss, gradients] = valueAndGrad(lossOf)(params, x, y)
    tf.dispose([x, y, loss])
    return gradients
  })
}

/** 20 steps; `each` sees the step before it begins. */
const trained = (
  fixed: boolean,
  shard: boolean,
  each: (step: number) => void = () => undefined,
  among: M.Communicator = comm(),
): Trained => {
  const how = { op: 'mean', order: fixed ? 'fixed' : 'library' } as const
  const optimizer = shard ? M.shardState(adam(0.05), among) : adam(0.05)
  const tx = chain(aggregate(M.allReduce(among, how)), clipByGlobalNorm(1), optimizer)
  const step = makeStep(tx, { donate: true })
  let params = M.broadcast(first(), { comm: among })
  let state = tx.init(params)
  for (let i = 0; i < 20; i++) {
    each(i)
    const gradients = own(i, params)
    ;[params, state] = step(params, gradients, state)
    disposeTree(gradients)
  }
  const result = resultOf(params)
  disposeTree([params, state])
  return result
}

/** The same, with a promise for each sum. */
const trainedLater = async (): Promise<Trained> => {
  const tx = chain(clipByGlobalNorm(1), adam(0.05))
  const step = makeStep(tx, { donate: true })
  let params = await M.broadcastAsync(first())
  let state = tx.init(params)
  for (let i = 0; i < 20; i++) {
    const gradients = tf.tidy(() => aggregate('mean').update(own(i, params), {})[0] as never) as Params
    const sums = (await M.allReduceAsync(gradients, { op: 'mean' })) as Params
    ;[params, state] = step(params, sums, state)
    disposeTree([gradients, sums])
  }
  return resultOf(params)
}

/** Gradients that are sent while the rest is computed; with as many ranks as replicas. */
const trainedAtOnce = (): Trained => {
  const tx = chain(clipByGlobalNorm(1), adam(0.05))
  const step = makeStep(tx, { donate: true })
  let params = M.broadcast(first())
  let state = tx.init(params)
  const gradientOf = M.valueAndReducedGrad(lossOf, { op: 'mean' })
  for (let i = 0; i < 20; i++) {
    const [x, y] = batch(i, comm().rank)
    const [, gradients] = gradientOf(params, x, y)
    ;[params, state] = step(params, gradients, state)
  }
  return resultOf(params)
}

/** To a file for each rank, since launchers mix what ranks print. */
const print = (what: unknown): void => writeFileSync(`${process.argv[3] ?? '.'}/${M.rank()}.json`, JSON.stringify(what))

/** Rank 1 goes wrong in the middle of its training. */
const wrongs: Readonly<Record<string, () => void>> = {
  throw: () => {
    throw new Error('rank 1 has had enough')
  },
  exit0: () => process.exit(0),
  exit3: () => process.exit(3),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  crash: () => process.abort(),
  busy: () => {
    for (;;);
  },
}

const run = async (what: string): Promise<void> => {
  if (what === 'train') {
    const { rank, size, library, localRank, processes } = comm()
    print({
      rank,
      size,
      library,
      localRank,
      pid: processes[rank]?.pid === process.pid,
      hosts: [...new Set(processes.map(({ host }) => host))],
      library_: trained(false, false),
      fixed: trained(true, false),
      sharded: trained(true, true),
      // Many buckets, in places of larger arrays, whose parts are exchanged.
      buckets: trained(true, true, undefined, { ...M.world({ bucketBytes: 64 }), exchangeFrom: 0 }),
      exchanged: trained(false, false, undefined, { ...M.world({ bucketBytes: 32 }), exchangeFrom: 0 }),
      later: await trainedLater(),
      ...(size === replicas && { atOnce: trainedAtOnce() }),
    })
  } else if (what === 'mismatch') {
    M.allReduce({ w: tf.zeros(M.rank() === 1 ? [3, 2] : [2, 3]) })
  } else if (what === 'absent') {
    const rank = process.env['PMI_RANK'] ?? process.env['OMPI_COMM_WORLD_RANK']
    if (rank === '1') await new Promise(() => setInterval(() => undefined, 1000))
    M.barrier()
  } else if (what === 'idle') {
    if (M.rank() === 1) await new Promise(() => setInterval(() => undefined, 1000))
    M.barrier({ comm: comm() })
  } else if (what === 'one-finalizes') {
    M.barrier()
    print(M.rank())
    if (M.rank() === 1) return // as Node has nothing left to do
    M.finalize()
    process.exit(0)
  } else if (what === 'finalize') {
    setInterval(() => undefined, 1000) // as a GPU's driver may keep a process alive
    trained(false, false)
    M.finalize()
    M.finalize()
    try {
      M.barrier()
    } catch (error) {
      print(String(error))
    }
    process.exit(0)
  } else if (what === 'early') {
    if (M.rank() === 0) trained(false, false)
  } else
    trained(false, false, step => {
      if (step === 3 && M.rank() === 1) wrongs[what]?.()
    })
}

tf.enableProdMode()
await tf.setBackend('cpu')
await run(process.argv[2] ?? '')
