/** Races that several tests look at, and addresses that mean harm. */
import { either as E } from 'fp-ts'
import { fragmentOf } from '../../examples/playground/core/address.js'
import { pageFrom, type Page } from '../../examples/playground/core/page.js'

export const schedule = {
  type: 'warmupCosineDecaySchedule',
  initValue: 0,
  peakValue: 0.1,
  warmupSteps: 10,
  decaySteps: 60,
}

/** A race of three chains, one with a schedule. */
export const raceOn = (surface: string, start: readonly number[], part: object = {}): Page => {
  const read = pageFrom({
    surface,
    start,
    steps: 60,
    racers: [
      { chain: { type: 'sgd', learningRate: 0.001, momentum: 0.9 } },
      { chain: { type: 'adam', learningRate: 0.05 } },
      {
        chain: {
          type: 'chain',
          links: [
            { type: 'clipByGlobalNorm', maxNorm: 1 },
            { type: 'scaleByLion' },
            { type: 'scaleByLearningRate', learningRate: schedule },
          ],
        },
      },
    ],
    ...part,
  })
  if (E.isLeft(read)) throw new Error(read.left.join('\n'))
  return read.right
}

const encoded = (json: unknown): string =>
  `#1.${Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)).toString('base64url')}`

const racer = { chain: { type: 'adam', learningRate: 0.1 } }
const page = { surface: 'rosenbrock', start: [0, 0], racers: [racer] }
const withChain = (chain: unknown) => encoded({ ...page, racers: [{ chain }] })
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>(inner => ({ type: 'flatten', inner }), {
    type: 'adam',
    learningRate: 0.1,
  })

/** Addresses, each with a part of what the page must say. */
export const hostile: Readonly<Record<string, readonly [fragment: string, says: string]>> = {
  'another version': ['#9.abc', 'begin with #1.'],
  'no base64': ['#1.%%%', 'base64'],
  'bytes that are no text': [`#1.${Buffer.from([255, 254, 253]).toString('base64url')}`, 'base64 of UTF-8'],
  'no JSON': [encoded('{"surface":'), 'expected JSON'],
  'too long': [`#1.${'A'.repeat(100_000)}`, 'at most 24000 characters'],
  'JSON that is deep': [encoded('['.repeat(5000) + ']'.repeat(5000)), 'nested deeper'],
  'no record': [encoded([1, 2]), 'surface'],
  'an unknown key': [encoded({ ...page, script: 'alert(1)' }), 'unknown key "script"'],
  'an unknown surface': [encoded({ ...page, surface: '<img src=x onerror=alert(1)>' }), 'surface: expected'],
  'a prototype': [encoded('{"surface":"rosenbrock","start":[0,0],"racers":[],"__proto__":{"a":1}}'), '__proto__'],
  'a start that is no number': [encoded({ ...page, start: ['0', null] }), 'start: expected two finite numbers'],
  'a start elsewhere': [encoded({ ...page, start: [0, 1e9] }), 'start: expected a place on the plot'],
  'no racers': [encoded({ ...page, racers: [] }), 'racers: expected 1 to 6'],
  'too many racers': [encoded({ ...page, racers: Array.from({ length: 40 }, () => racer) }), 'racers: expected 1 to 6'],
  'too many steps': [encoded({ ...page, steps: 1e12 }), 'steps: expected a whole number from 1 to 1000'],
  'a step beyond the end': [encoded({ ...page, steps: 5, at: 6 }), 'at: expected at most 5'],
  'a branch of itself': [
    encoded({ ...page, racers: [{ ...racer, branch: { of: 0, at: 0, fresh: false } }] }),
    'racers.0.branch',
  ],
  'an unknown link': [withChain({ type: 'scaleByAdan2' }), 'did you mean'],
  'a rate that is NaN': [encoded(JSON.stringify(page).replace('0.1', 'NaN')), 'expected JSON'],
  'a rate that is text': [withChain({ type: 'adam', learningRate: 'NaN' }), 'learningRate: expected a number'],
  'a rate that is infinite': [encoded(JSON.stringify(page).replace('0.1', '1e999')), 'learningRate: expected'],
  'an option that is unknown': [withChain({ type: 'adam', learningRate: 0.1, constructor: 1 }), 'unknown key'],
  'a chain that is deep': [withChain(nested(60)), 'nested deeper than 12'],
  'a chain that is long': [
    withChain({ type: 'chain', links: Array.from({ length: 100 }, () => ({ type: 'identity' })) }),
    'at most 40 links',
  ],
  'a step that never ends': [withChain({ type: 'muon', learningRate: 0.1, nsSteps: 1e15 }), 'nsSteps: at most 20'],
  'a chain for replicas': [withChain({ type: 'aggregate', how: 'mean' }), 'aggregate'],
}

/** The address of a page. */
export const addressOf = fragmentOf
