/** The command line. */
import { parseArgs } from 'node:util'
import { either as E } from 'fp-ts'

export const help = `Trains the small transformer of examples/train on several processes, each on a part of every batch.

  mpiexec -n 2 node --import tsx examples/data-parallel/main.ts [options]

  --steps N       how many steps (default 200)
  --windows N     windows of text in a step, of all ranks together (default 8)
  --replicas N    parts of a batch, a multiple of the ranks (default one for each rank)
  --fixed         adds gradients in a fixed order: with as many replicas, the same bits on any number of ranks
  --shard         each rank keeps and updates its share of Adam's state only
  --overlap       sends gradients while the rest is computed; with one replica for each rank
  --seed N        of weights and batches (default 1)
  --backend NAME  wasm or cpu (default wasm)
  --text FILE     UTF-8 text to learn (default TypeScript's lib.dom.d.ts), on each machine
  --save DIR      where rank 0 saves the run: run.safetensors (default runs/data-parallel)
  --stop N        stops after so many steps, to go on later with --resume
  --every N       saves after so many steps, and at the end (default 100)
  --resume DIR    goes on with a saved run, on any number of ranks
  --help          prints this`

export interface Options {
  readonly steps: number
  readonly windows: number
  readonly replicas: number
  readonly fixed: boolean
  readonly shard: boolean
  readonly overlap: boolean
  readonly seed: number
  readonly backend: string
  readonly text: string | undefined
  readonly save: string
  readonly every: number
  readonly stop: number
  readonly resume: string | undefined
  readonly help: boolean
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const shapes = {
  steps: { ...text, default: '200' },
  windows: { ...text, default: '8' },
  replicas: text,
  fixed: flag,
  shard: flag,
  overlap: flag,
  seed: { ...text, default: '1' },
  backend: { ...text, default: 'wasm' },
  text,
  save: { ...text, default: 'runs/data-parallel' },
  every: { ...text, default: '100' },
  stop: text,
  resume: text,
  help: flag,
} as const

/** Left is one line for the user. */
export const readOptions = (argv: readonly string[], ranks: number): E.Either<string, Options> =>
  E.tryCatch(
    () => {
      const { values } = parseArgs({ args: [...argv], options: shapes, strict: true })
      const whole = (name: 'steps' | 'windows' | 'replicas' | 'seed' | 'every' | 'stop', given: string): number => {
        if (!/^\d+$/.test(given) || (name !== 'seed' && Number(given) === 0))
          throw new Error(`--${name}: expected a whole number above 0, got ${given}`)
        return Number(given)
      }
      const [windows, replicas] = [
        whole('windows', values.windows),
        whole('replicas', values.replicas ?? String(ranks)),
      ]
      if (replicas % ranks !== 0) throw new Error(`--replicas: expected a multiple of ${ranks} ranks, got ${replicas}`)
      if (windows % replicas !== 0)
        throw new Error(`--windows: expected a multiple of ${replicas} replicas, got ${windows}`)
      if (values.overlap && replicas !== ranks) throw new Error('--overlap: expected one replica for each rank')
      return {
        ...values,
        steps: whole('steps', values.steps),
        seed: whole('seed', values.seed),
        every: whole('every', values.every),
        stop: whole('stop', values.stop ?? values.steps),
        windows,
        replicas,
        text: values.text,
        resume: values.resume,
      }
    },
    cause => (cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)),
  )
