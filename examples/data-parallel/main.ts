/** Data-parallel training: `mpiexec -n 2 node --import tsx examples/data-parallel/main.ts`. `--help` lists the options. */
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { either as E } from 'fp-ts'
import { disposeTree, tensorsOf } from 'tfjs-optax'
import { allReduce, broadcast, world } from 'tfjs-optax/mpi'
import { defaultText, readText } from '../train/text.js'
import { help, readOptions } from './options.js'
import { firstRun, trainerOf, type Run } from './run.js'
import { loadRun, saveRun } from './saved.js'

const comm = world()
const isFirst = comm.rank === 0
const say = (line: string): void => {
  if (isFirst) console.log(line)
}
/** What goes wrong on all ranks is said by the first one; what is the fault of this one alone, by itself. */
const fail = (message: string, isOwn = false): never => {
  if (isFirst || isOwn) console.error(`data-parallel: ${message}`)
  process.exit(2)
}

const read = readOptions(process.argv.slice(2), comm.size)
const options = E.isLeft(read) ? fail(read.left) : read.right
const found = readText(options.text ?? defaultText())
const text = E.isLeft(found) ? fail(`rank ${comm.rank}: ${found.left}`, true) : found.right

/** Trains, on what rank 0 has made or read. */
const main = async (): Promise<void> => {
  tf.enableProdMode()
  if (!(await tf.setBackend(options.backend))) fail(`the backend ${options.backend} does not start here`)
  const trainer = trainerOf(comm, options, text)
  const fresh = firstRun(options, text)
  const own = isFirst && options.resume !== undefined ? await loadRun(options.resume, fresh) : fresh
  const { print, ...start } = broadcast({ ...own, print: text.fingerprint })
  disposeTree([fresh, own])
  if (print !== text.fingerprint) fail(`rank ${comm.rank} has another text than rank 0: ${text.path}`, true)
  const size = tensorsOf(start.params).reduce((sum, [, tensor]) => sum + tensor.size, 0)
  say(`${size} parameters, ${options.windows} windows a step on ${comm.size} ranks, ${comm.library ?? 'no MPI'}`)
  comm.processes.forEach(({ host, pid }, r) => say(`rank ${r} is process ${pid} on ${host}`))
  const last = await train(trainer, trainer.share(start))
  disposeTree([last.params, last.state])
}

const train = async ({ advance, gather }: ReturnType<typeof trainerOf>, start: Run): Promise<Run> => {
  const { steps, every, save } = options
  const end = Math.min(steps, options.stop)
  const often = Math.max(1, Math.ceil(steps / 20))
  let [run, began, counted] = [start, performance.now(), start.step]
  while (run.step < end) {
    const [next, loss] = advance(run)
    run = next
    if (run.step % often === 0 || run.step === end) {
      const mean = allReduce(loss, { op: 'mean', comm })
      const seconds = (performance.now() - began) / 1000
      const rate = (run.step - counted) / seconds
      const [bits = NaN] = mean.dataSync()
      say(
        `${run.step}/${steps}  ${bits.toFixed(3)} bits/char  ${rate.toFixed(2)} steps/s  ${(rate * options.windows).toFixed(1)} windows/s`,
      )
      mean.dispose()
      ;[began, counted] = [performance.now(), run.step]
    }
    loss.dispose()
    if (run.step % every === 0 || run.step === end) {
      const { state, release } = gather(run)
      if (isFirst) await saveRun(save, run, state)
      release()
      say(`saved in ${save} after ${run.step} steps`)
    }
  }
  return run
}

if (options.help) say(help)
else
  // tfjs's wasm module would print its whole source with an error that nobody caught.
  await main().catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
