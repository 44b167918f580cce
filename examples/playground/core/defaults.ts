/** The page that opens without an address, and what a new racer begins with. */
import { either as E } from 'fp-ts'
import type { Config } from '../../../lib/config.js'
import { transformations, groups, firstConfig } from './catalogue.js'
import { chainOf, type Chain } from './chain.js'
import { pageFrom, type Page } from './page.js'

const first: unknown = {
  surface: 'rosenbrock',
  start: [-1.5, 2],
  steps: 300,
  at: 130,
  racers: [
    { chain: { type: 'sgd', learningRate: 0.0005, momentum: 0.9 } },
    { chain: { type: 'adam', learningRate: 0.05 } },
    {
      chain: {
        type: 'chain',
        links: [
          { type: 'clipByGlobalNorm', maxNorm: 1 },
          { type: 'scaleByAdam', b2: 0.99 },
          {
            type: 'scaleByLearningRate',
            learningRate: {
              type: 'warmupCosineDecaySchedule',
              initValue: 0,
              peakValue: 0.15,
              warmupSteps: 30,
              decaySteps: 300,
              endValue: 0.005,
            },
          },
        ],
      },
    },
  ],
}

/** The page without an address. */
export const defaultPage = (): Page => {
  const read = pageFrom(first)
  if (E.isLeft(read)) throw new Error(read.left.join('\n'))
  return read.right
}

const rates: readonly string[] = ['learningRate', 'stepSize', 'stepSizeFn']

/** A config of a type that descends: a link without a rate of its own is put before one. */
export const begunConfig = (type: string): Config => {
  const config = firstConfig(type)
  const isLink = groups.some(({ title, types }) => title === 'Links' && types.includes(type))
  const hasRate = transformations.get(type)?.options.some(({ key }) => rates.includes(key)) ?? false
  if (!isLink || hasRate) return config
  return { type: 'chain', links: [config, { type: 'scaleByLearningRate', learningRate: 0.05 }] }
}

/** The chain of `begunConfig`; null if no page can run it. */
export const begunChain = (type: string): Chain | null => {
  const read = chainOf(begunConfig(type))
  return E.isRight(read) ? read.right : null
}
