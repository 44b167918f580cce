/** The command line. */
import { parseArgs } from 'node:util'
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { firstProblem } from './errors.js'
import { defaults, settings } from './settings.js'

const mostSteps = 1_000_000
const mostSeed = 2 ** 32 - 1

export const help = `Trains a small transformer on the characters of a text, and prints a sample of what it then writes.

  npm start -- [options]

  --steps N        how many steps, 1 to ${mostSteps} (default ${defaults.steps}, about two minutes)
  --seed N         of weights and batches, 0 to ${mostSeed} (default ${defaults.seed})
  --backend NAME   wasm or cpu (default ${defaults.backend}; cpu is much slower)
  --text FILE      UTF-8 text to learn (default TypeScript's lib.dom.d.ts); its last tenth is held out
  --save DIR       where the run and its plot loss.svg go (default ${defaults.save}, or that of --resume)
  --resume DIR     goes on with a saved run, to the same numbers as if it had never stopped
  --compare        trains the same model with tf.train.adam too, at the constant rate ${settings.peakRate}
  --help           prints this

Ctrl-C, SIGTERM and SIGHUP finish the step, save, and say how to go on.`

/** Texts that `parse` understands. The name is what an error says was expected. */
const fromText = <A>(name: string, is: t.Is<A>, parse: (text: string) => A | undefined): t.Type<A, A> => {
  const validate: t.Validate<unknown, A> = (input, context) => {
    const value = typeof input === 'string' ? parse(input) : undefined
    return value === undefined ? t.failure(input, context) : t.success(value)
  }
  return new t.Type(name, is, validate, F.identity)
}

const whole = (least: number, most: number) =>
  fromText(`a whole number from ${least} to ${most}`, t.number.is, text => {
    const value = Number(text)
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined
  })
const path = (what: string) => fromText(what, t.string.is, text => (/^(--.*)?$/.test(text) ? undefined : text))
const flag = t.literal(true, 'no value')

export const Backend = t.keyof({ wasm: null, cpu: null }, 'wasm or cpu')
export type Backend = t.TypeOf<typeof Backend>

const Options = t.partial({
  steps: whole(1, mostSteps),
  seed: whole(0, mostSeed),
  backend: Backend,
  text: path('a file'),
  save: path('a folder'),
  resume: path('a folder'),
  compare: flag,
  help: flag,
})
export type Options = t.TypeOf<typeof Options>

type Shape = { type: 'string' | 'boolean' }
const shapeOf = (codec: t.Mixed): Shape => ({ type: codec === flag ? 'boolean' : 'string' })
const shapes = Object.fromEntries(Object.entries(Options.props).map(([name, codec]) => [name, shapeOf(codec)]))

/** Left is one line for the user. */
export const readOptions = (argv: readonly string[]): E.Either<string, Options> => {
  // Not strict: its messages run over several lines, and the codec says more.
  const { values, positionals } = parseArgs({ args: [...argv], options: shapes, strict: false })
  const unknown = Object.keys(values).find(name => !Object.hasOwn(shapes, name))
  if (unknown !== undefined) return E.left(`unknown option ${unknown.length > 1 ? '--' : '-'}${unknown}, see --help`)
  const empty = Object.keys(values).find(name => shapes[name]?.type === 'string' && values[name] === true)
  if (empty !== undefined) return E.left(`--${empty}: a value is missing, see --help`)
  return F.pipe(
    Options.decode(values),
    E.mapLeft(problems => `--${firstProblem(problems)}`),
    E.filterOrElse(
      () => positionals.length === 0,
      () => `unexpected argument ${positionals.join(' ')}, see --help`,
    ),
  )
}
