/**
 * What ranks.ts measures of the example: milliseconds of a step where gradients are sent at its end, and where they are sent
 * while others are computed; in turns, the medians, printed by rank 0.
 */
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { either as E } from 'fp-ts'
import { barrier, broadcast, world } from 'tfjs-optax/mpi'
import { readOptions, type Options } from '../../examples/data-parallel/options.js'
import { firstRun, trainerOf, type Run } from '../../examples/data-parallel/run.js'
import { readText } from '../../examples/train/text.js'

const orThrow = <A>(read: E.Either<string, A>): A => {
  if (E.isLeft(read)) throw new Error(read.left)
  return read.right
}

const [path = '', rounds = ''] = process.argv.slice(2)
const comm = world()
/** Milliseconds. */
export interface Overlapped {
  readonly atEnd: number
  readonly early: number
}

const optionsOf = (...more: readonly string[]): Options =>
  orThrow(readOptions(['--windows', String(8 * comm.size), ...more], comm.size))
const text = orThrow(readText(path))
tf.enableProdMode()
await tf.setBackend('wasm')

const ways = [optionsOf(), optionsOf('--overlap')].map(options => ({
  options,
  trainer: trainerOf(comm, options, text),
  times: [] as number[],
}))
const runs: Run[] = ways.map(({ options }) => broadcast(firstRun(options, text)))
for (let i = 0; i < Number(rounds); i++)
  for (const [way, { trainer, times }] of ways.entries()) {
    barrier()
    const start = performance.now()
    const [next, loss] = trainer.advance(runs[way]!)
    barrier()
    times.push(performance.now() - start)
    runs[way] = next
    loss.dispose()
  }
const [atEnd, early] = ways.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1])
if (comm.rank === 0) console.log(JSON.stringify({ atEnd, early }))
