/** What ranks.ts measures in ranks: milliseconds of sums and of a copy, the least of several, printed by rank 0. */
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { allReduce, barrier, rank } from 'tfjs-optax/mpi'

/** By what was done. */
export interface RankTimes {
  readonly copy: number
  readonly library: number
  readonly fixed: number
  /** a tensor of the wasm backend */
  readonly tensor: number
}

const [size = 1e7, rounds = 15] = process.argv.slice(2).map(Number)
const from = new Float32Array(size).fill(1e-9)
const to = new Float32Array(size)
await tf.setBackend('wasm')
const tensor = tf.zeros([size])
const work: Readonly<Record<keyof RankTimes, () => void>> = {
  copy: () => to.set(from),
  library: () => allReduce(from),
  fixed: () => allReduce(from, { order: 'fixed' }),
  tensor: () => allReduce(tensor).dispose(),
}
const times = new Map<string, number>()
for (let i = 0; i < rounds; i++)
  for (const [name, run] of Object.entries(work)) {
    barrier()
    const start = performance.now()
    run()
    times.set(name, Math.min(times.get(name) ?? Infinity, performance.now() - start))
  }
if (rank() === 0) console.log(JSON.stringify(Object.fromEntries(times)))
