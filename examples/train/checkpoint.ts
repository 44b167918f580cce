/** A run in a folder: run.json, and tensors.safetensors with the parameters and the optimizer's state. */
import { mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { disposeTree, loadTree, saveTree } from 'tfjs-optax'
import { firstProblem, reason } from './errors.js'
import { beginOptax, type State } from './optimizer.js'
import { Backend } from './options.js'
import type { Plan } from './plan.js'
import { settings } from './settings.js'
import { defaultText } from './text.js'
import type { Run } from './trainer.js'

const isWhole = (u: unknown): u is number => Number.isSafeInteger(u)
const Whole = new t.Type<number>(
  'a whole number',
  isWhole,
  (u, context) => (isWhole(u) ? t.success(u) : t.failure(u, context)),
  F.identity,
)
const Losses = t.readonlyArray(t.number)
const RunFile = t.type({
  steps: Whole,
  seed: Whole,
  backend: Backend,
  /** an empty path stands for the default text, wherever that lies */
  text: t.type({ path: t.string, fingerprint: t.string }),
  settings: t.record(t.string, t.number),
  step: Whole,
  rng: Whole,
  history: t.type({
    loss: Losses,
    norm: Losses,
    heldOut: t.readonlyArray(t.type({ step: Whole, loss: t.number })),
  }),
})
type RunFile = t.TypeOf<typeof RunFile>

export interface Saved {
  readonly folder: string
  readonly file: RunFile
}

const json = 'run.json'
const tensors = 'tensors.safetensors'

export const makeFolder = (folder: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => mkdirSync(folder, { recursive: true }),
    error => `cannot save to ${folder}: ${reason(error)}`,
  )

/** Tensors first. Both files say their step, so that a save cut in two is found out. */
export const saveRun = async (folder: string, plan: Plan, run: Run<State>): Promise<E.Either<string, void>> => {
  const { text, ...rest } = plan
  const { params, state, ...record } = run
  const path = text.path === defaultText() ? '' : resolve(text.path)
  const file: RunFile = { ...rest, text: { path, fingerprint: text.fingerprint }, settings, ...record }
  try {
    await saveTree(join(folder, tensors), { step: run.step, params, state })
    await writeFile(join(folder, `${json}.tmp`), JSON.stringify(file, null, 1))
    await rename(join(folder, `${json}.tmp`), join(folder, json))
    return E.right(undefined)
  } catch (error) {
    return E.left(`cannot save to ${folder}: ${reason(error)}`)
  }
}

const cannotResume = (path: string) => (problem: unknown) => `cannot resume: ${path}: ${reason(problem)}`

export const readSaved = (folder: string): E.Either<string, Saved> => {
  const path = join(folder, json)
  return F.pipe(
    E.tryCatch(() => readFileSync(path, 'utf8'), reason),
    E.flatMap(text =>
      E.tryCatch(
        (): unknown => JSON.parse(text),
        () => 'it is no JSON',
      ),
    ),
    E.flatMap(value => F.pipe(RunFile.decode(value), E.mapLeft(firstProblem))),
    E.filterOrElse(
      ({ step, history }) => history.loss.length === step && history.norm.length === step,
      ({ step }) => `the history does not have ${step} steps`,
    ),
    E.bimap(cannotResume(path), file => ({ folder, file })),
  )
}

/** The run as it was saved. */
export const loadRun = async ({ folder, file }: Saved, plan: Plan): Promise<E.Either<string, Run<State>>> => {
  const path = join(folder, tensors)
  const { step, params, state } = beginOptax(plan)
  const like = { step, params, state }
  try {
    const loaded = await loadTree(path, like)
    const { rng, history } = file
    return loaded.step === file.step
      ? E.right({ ...loaded, rng, history })
      : E.left(cannotResume(path)(`its step is ${loaded.step}, that of ${json} ${file.step}`))
  } catch (error) {
    return E.left(cannotResume(path)(error))
  } finally {
    disposeTree(like)
  }
}
