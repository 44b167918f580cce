/** The whole state of the page as immutable data, and as JSON that may come from anyone. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import type { Config } from '../../../lib/config.js'
import { exactly } from '../../../lib/config/exactly.js'
import { unreadable } from '../../../lib/config/faults.js'
import { closed, options, type Codec } from '../../../lib/config/kind.js'
import { choice, flag, list, steps as wholeNumber } from '../../../lib/config/values.js'
import { isRecord } from '../../../lib/tree/structure.js'
import { chainOf } from './chain.js'
import type { Branch, Racer } from './race.js'
import { surfaceOf, surfaces } from './surfaces.js'
import type { Place } from './surface.js'

export const backends = ['cpu', 'wasm', 'webgl', 'webgpu'] as const
export type BackendName = (typeof backends)[number]

export const mostSteps = 1000
export const mostRacers = 6

export interface Page {
  readonly surface: string
  readonly start: Place
  /** of the noise, the data and the weights */
  readonly seed: number
  readonly backend: BackendName
  /** how far the race goes */
  readonly steps: number
  /** the step that is shown */
  readonly at: number
  readonly racers: readonly Racer[]
  /** the racer whose code, plan and speed are shown */
  readonly shown: number
  /** whether momentum and second moment are drawn on the landscape */
  readonly inner: boolean
}

const between = (from: number, to: number): Codec<number> =>
  exactly(
    `a whole number from ${from} to ${to}`,
    (u): u is number => typeof u === 'number' && Number.isInteger(u) && u >= from && u <= to,
  )

const place = exactly(
  'two finite numbers [x, y]',
  (u): u is Place => Array.isArray(u) && u.length === 2 && u.every(x => Number.isFinite(x)),
)

const branchCodec: Codec<Branch> = closed(
  options({ of: between(0, mostRacers - 1), at: between(0, mostSteps), fresh: flag }, {}),
)

const racerCodec = closed(
  options(
    { chain: exactly('a config {type, …}', (u): u is Config => isRecord(u) && typeof u['type'] === 'string') },
    { branch: branchCodec },
  ),
)

const pageCodec = closed(
  options(
    {
      surface: choice(...surfaces.map(({ id }) => id)),
      start: place,
      racers: list('a list of racers {chain, branch}', racerCodec),
    },
    {
      seed: wholeNumber,
      backend: choice(...backends),
      steps: between(1, mostSteps),
      at: between(0, mostSteps),
      shown: between(0, mostRacers - 1),
      inner: flag,
    },
  ),
)

/** What is wrong with numbers that are right each by itself. */
const mismatches = (read: t.TypeOf<typeof pageCodec>, steps: number): readonly string[] => {
  const { domain } = surfaceOf(read.surface) ?? surfaces[0] ?? { domain: { x: [0, 0], y: [0, 0] } }
  const outside = [domain.x, domain.y].some(([from, to], i) => {
    const x = read.start[i] ?? NaN
    return !(x >= from && x <= to)
  })
  const n = read.racers.length
  return [
    ...(n < 1 || n > mostRacers ? [`racers: expected 1 to ${mostRacers}, got ${n}`] : []),
    ...(outside ? [`start: expected a place on the plot of ${read.surface}, got [${read.start.join(', ')}]`] : []),
    ...((read.at ?? 0) > steps ? [`at: expected at most ${steps}, the number of steps, got ${read.at ?? 0}`] : []),
    ...read.racers.flatMap(({ branch }, i) =>
      branch === undefined || (branch.of < i && branch.at <= steps)
        ? []
        : [`racers.${i}.branch: expected a racer before it and a step up to ${steps}`],
    ),
  ]
}

/** The page that JSON describes, or every fault, a line each. */
export const pageFrom = (json: unknown): E.Either<readonly string[], Page> =>
  F.pipe(
    pageCodec.decode(json),
    E.mapLeft(errors => unreadable('page', errors).faults),
    E.flatMap(read => {
      const steps = read.steps ?? defaults.steps
      const chains = read.racers.slice(0, mostRacers).map(({ chain }) => chainOf(chain))
      const faults = [
        ...mismatches(read, steps),
        ...chains.flatMap((one, i) => (E.isLeft(one) ? one.left.map(line => `racers.${i}.chain.${line}`) : [])),
      ]
      if (faults.length > 0) return E.left(faults)
      const racers = chains.flatMap((one, i): Racer[] =>
        E.isRight(one) ? [{ chain: one.right, branch: read.racers[i]?.branch ?? null }] : [],
      )
      const { surface, start, seed = 1, backend = 'cpu', at = 0, shown = 0, inner = true } = read
      const last = racers.length - 1
      return E.right({ surface, start, seed, backend, steps, at, racers, shown: Math.min(shown, last), inner })
    }),
  )

const defaults = { steps: 200 }

/** The page as JSON, which `pageFrom` reads. */
export const pageToJson = ({ racers, ...rest }: Page): unknown => ({
  ...rest,
  racers: racers.map(({ chain, branch }) => ({ chain: chain.config, ...(branch === null ? {} : { branch }) })),
})
