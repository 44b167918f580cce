/** `npm start`: trains a small transformer on the characters of a text. `--help` lists the options. */
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { enableProdMode, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs's ops
import { either as E } from 'fp-ts'
import { loadRun, makeFolder, readSaved, saveRun } from './checkpoint.js'
import { beginAdam } from './compare.js'
import { interruption } from './interrupt.js'
import { beginOptax, learnOptax, rateOver } from './optimizer.js'
import { help, readOptions } from './options.js'
import { newPlan, savedPlan } from './plan.js'
import { savePlot } from './plot.js'
import { follow } from './progress.js'
import { announcement, conclusion, farewell } from './report.js'
import { sample } from './sample.js'
import { defaults, settings } from './settings.js'
import { train } from './trainer.js'

/** The value, or one line and the end: status 2 is for what the user can mend. */
const orExit = E.getOrElseW((message: string): never => {
  console.error(`train: ${message}`)
  process.exit(2)
})

const main = async (argv: readonly string[]): Promise<void> => {
  const options = orExit(readOptions(argv))
  if (options.help) return console.log(help)
  enableProdMode() // no banner
  await setBackend('cpu') // to read a saved run, which says what it was trained on
  const saved = options.resume === undefined ? undefined : orExit(readSaved(options.resume))
  const plan = orExit(saved ? savedPlan(options, saved) : newPlan(options))
  const folder = options.save ?? options.resume ?? defaults.save
  orExit(makeFolder(folder))
  const signal = interruption()
  if (!(await setBackend(plan.backend))) throw new Error(`the backend ${plan.backend} does not start here`)

  const start = saved ? orExit(loadRun(saved, plan)) : beginOptax(plan)
  console.log(announcement(plan, start, options.compare === true))
  const ours = { name: 'tfjs-optax', steps: plan.steps, rateAt: rateOver(plan.steps) }
  const run = await follow(ours, start, train(start, plan, learnOptax(plan), signal))
  orExit(await saveRun(folder, plan, run))

  const histories = [{ name: ours.name, history: run.history }]
  if (options.compare && !signal.aborted) {
    const theirs = { name: 'tf.train.adam', steps: plan.steps, rateAt: () => settings.peakRate }
    const { start, learn } = beginAdam(plan)
    const { history } = await follow(theirs, start, train(start, plan, learn, signal))
    histories.push({ name: theirs.name, history })
  }
  if (signal.aborted) return console.log(farewell(folder, plan, run))
  orExit(savePlot(folder, plan, histories))
  console.log(conclusion(folder, histories, sample(run.params, plan.text, 300, run.rng)))
}

process.stdout.on('error', () => process.exit()) // nobody reads on, as under `| head`
process.stderr.on('error', () => undefined) // the terminal is gone: the run goes on without its progress, and is saved

// tfjs's wasm module would print its whole source with an error that nobody caught.
await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
