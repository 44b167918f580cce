/**
 * A run in a folder: one file with parameters, optimizer state, and the plan and history beside them as JSON. One file
 * is replaced whole or not at all, so tensors never stand beside the plan of another run.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { disposeTree, fromSafetensors, readSafetensors, saveTree, tidy } from 'tfjs-optax'
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
  /** of the whole file: what is read later is what was read before, whoever writes in between */
  readonly bytes: Uint8Array
}

const fileName = 'run.safetensors'
/** where the JSON stands in the file's metadata */
const key = 'run'

export const makeFolder = (folder: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => mkdirSync(folder, { recursive: true }),
    error => `cannot save to ${folder}: ${reason(error)}`,
  )

export const saveRun = async (folder: string, plan: Plan, run: Run<State>): Promise<E.Either<string, void>> => {
  const { text, ...rest } = plan
  const { params, state, ...record } = run
  const path = text.path === defaultText() ? '' : resolve(text.path)
  const file: RunFile = { ...rest, text: { path, fingerprint: text.fingerprint }, settings, ...record }
  try {
    await saveTree(join(folder, fileName), { params, state }, { metadata: { [key]: JSON.stringify(file) } })
    return E.right(undefined)
  } catch (error) {
    return E.left(`cannot save to ${folder}: ${reason(error)}`)
  }
}

const cannotResume = (path: string) => (problem: unknown) => `cannot resume: ${path}: ${reason(problem)}`

/** tfjs needs a backend, any, to read a file. */
export const readSaved = (folder: string): E.Either<string, Saved> => {
  const path = join(folder, fileName)
  return F.pipe(
    E.Do,
    E.bind('bytes', () => E.tryCatch(() => readFileSync(path), reason)),
    E.bind('text', ({ bytes }) => E.tryCatch(() => tidy(() => readSafetensors(bytes)).metadata[key] ?? '', reason)),
    E.bind('value', ({ text }) =>
      E.tryCatch(
        (): unknown => JSON.parse(text),
        () => `its ${key} is no JSON`,
      ),
    ),
    E.bind('file', ({ value }) => F.pipe(RunFile.decode(value), E.mapLeft(firstProblem))),
    E.filterOrElse(
      ({ file: { step, history } }) => history.loss.length === step && history.norm.length === step,
      ({ file: { step } }) => `the history does not have ${step} steps`,
    ),
    E.bimap(cannotResume(path), ({ bytes, file }) => ({ folder, file, bytes })),
  )
}

/** The run as it was saved. */
export const loadRun = ({ folder, file, bytes }: Saved, plan: Plan): E.Either<string, Run<State>> => {
  const { params, state } = beginOptax(plan)
  const like = { params, state }
  const { step, rng, history } = file
  try {
    return E.right({ ...fromSafetensors(bytes, like), step, rng, history })
  } catch (error) {
    return E.left(cannotResume(join(folder, fileName))(error))
  } finally {
    disposeTree(like)
  }
}
