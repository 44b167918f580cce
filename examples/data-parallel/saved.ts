/** A run in a file, which knows nothing of ranks: rank 0 writes and reads it, and the others get it from rank 0. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { loadTree, saveTree } from 'tfjs-optax'
import { firstProblem } from '../train/errors.js'
import type { Run, State } from './run.js'

const fileName = 'run.safetensors'

export const saveRun = async (folder: string, run: Run, state: State): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  await saveTree(join(folder, fileName), { ...run, state })
}

const Counted = t.type({ step: t.number, rng: t.number })

/** The run of a file; its parameters and state are like those of `like`. */
export const loadRun = async (folder: string, like: Run): Promise<Run> => {
  const loaded = await loadTree(join(folder, fileName), like)
  const counted = Counted.decode(loaded)
  if (E.isLeft(counted)) throw new Error(`${folder}: ${firstProblem(counted.left)}`)
  return loaded
}
