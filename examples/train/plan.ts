/** What fixes the numbers of a run: with the same plan they come out the same. */
import { either as E, function as F } from 'fp-ts'
import type { Saved } from './checkpoint.js'
import type { Backend, Options } from './options.js'
import { defaults, settings } from './settings.js'
import { defaultText, readText, type Text } from './text.js'

export interface Plan {
  readonly steps: number
  readonly seed: number
  readonly backend: Backend
  readonly text: Text
}

export const newPlan = ({ steps, seed, backend, text }: Options): E.Either<string, Plan> =>
  F.pipe(
    readText(text ?? defaultText()),
    E.map(text => ({
      steps: steps ?? defaults.steps,
      seed: seed ?? defaults.seed,
      backend: backend ?? defaults.backend,
      text,
    })),
  )

/** The plan of a saved run, if the options and this program still mean the same one. */
export const savedPlan = (options: Options, { folder, file }: Saved): E.Either<string, Plan> => {
  const { steps, seed, backend, text } = file
  const conflict = [
    ...(['steps', 'seed', 'backend'] as const).flatMap(name =>
      options[name] === undefined || options[name] === file[name]
        ? []
        : [`--${name} ${options[name]}: the run in ${folder} has ${file[name]}; leave the option out`],
    ),
    ...Object.entries(settings).flatMap(([name, value]) =>
      file.settings[name] === value
        ? []
        : [`the run in ${folder} has another model: its ${name} is ${file.settings[name] ?? 'missing'}, here ${value}`],
    ),
  ][0]
  if (conflict !== undefined) return E.left(conflict)
  return F.pipe(
    readText(options.text ?? (text.path || defaultText())),
    E.filterOrElse(
      ({ fingerprint }) => fingerprint === text.fingerprint,
      ({ path }) => `the run in ${folder} was trained on another text than ${path}`,
    ),
    E.map(text => ({ steps, seed, backend, text })),
  )
}
