/** Runs of the example trainer that differ in all that a file tells of them, and whether one comes back as it was. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, tensorsOf } from 'tfjs-optax'
import { loadRun, readSaved } from '../../examples/train/checkpoint.js'
import { beginOptax } from '../../examples/train/optimizer.js'
import type { Plan } from '../../examples/train/plan.js'

export const planOf = (seed: number): Plan => ({
  seed,
  steps: 100 * seed,
  backend: 'cpu',
  text: {
    path: `/text-${seed}`,
    fingerprint: `print ${seed}`,
    vocabulary: Array.from('abcdefgh'),
    different: 8,
    training: new Int32Array(),
    heldOut: new Int32Array(),
  },
})

const valuesOf = (tree: unknown): string =>
  tensorsOf(tree)
    .map(([path, tensor]) => `${path} ${Buffer.from(tensor.dataSync().slice().buffer).toString('base64')}`)
    .join('\n')

/** What is wrong with the run in a folder; nothing where plan and tensors are those of one run. */
export const faultIn = async (folder: string): Promise<string> => {
  await tf.setBackend('cpu')
  const saved = readSaved(folder)
  if (saved._tag === 'Left') return saved.left
  const { seed, steps, text } = saved.right.file
  const plan = planOf(seed)
  if (steps !== plan.steps || text.fingerprint !== plan.text.fingerprint)
    return `the plan of two runs: ${seed}, ${steps}`
  const run = loadRun(saved.right, plan)
  if (run._tag === 'Left') return run.left
  const fresh = beginOptax(plan)
  const same = valuesOf([run.right.params, run.right.state]) === valuesOf([fresh.params, fresh.state])
  disposeTree([run.right.params, run.right.state, fresh.params, fresh.state])
  return same ? '' : `the tensors of another run than ${seed}`
}
