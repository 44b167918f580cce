/** The table of targets, each row with what was measured. */
import type { FirstStep, HostCost } from './alone.js'
import type { Beside } from './beside.js'
import { copy, donated, hand, shell } from './contestants.js'
import { bundles, type Weight } from './gzip.js'
import type { ShortRun } from './short.js'
import { ratio, type Race } from './race.js'

export interface Findings {
  readonly races: readonly Race[]
  readonly hosts: readonly HostCost[]
  readonly firsts: readonly FirstStep[]
  readonly shorts: readonly ShortRun[]
  readonly besides: readonly Beside[]
  readonly weights: readonly Weight[]
}

export interface Row {
  readonly work: string
  readonly against: string
  readonly target: string
  readonly measured: string
  /** null where this run did not measure it */
  readonly met: boolean | null
}

/** `least`: how many times as fast; below 1 where we may be slower. */
const raced = (
  { races }: Findings,
  [backend, size, chain]: readonly [string, string, string],
  rival: string,
  least: number,
  ours = donated,
): Row => {
  const race = races.find(one => one.backend === backend && one.size === size && one.chain === chain)
  const found = race === undefined ? NaN : ratio(race, rival, ours)
  return {
    work: `${chain}, ${size}, ${backend}${ours === shell ? ', in the shell' : ''}`,
    against: rival,
    target: `${least >= 1 ? '' : 'within '}${(least >= 1 ? least : 1 / least).toPrecision(3)}x`,
    measured: Number.isNaN(found) ? '-' : `${found.toPrecision(3)}x as fast`,
    met: Number.isNaN(found) ? null : found >= least,
  }
}

const below = (work: string, found: number | undefined, most: number, unit: string): Row => ({
  work,
  against: '',
  target: `${most} ${unit}`,
  measured: found === undefined ? '-' : `${found.toPrecision(3)} ${unit}`,
  met: found === undefined ? null : found <= most,
})

/** Chains that are compared with optax and not with a copy: their totals or the number of their slots differ. */
const others: readonly string[] = ['lamb', 'adan', 'ademamix', 'prodigy', 'adafactor']

export const targets = (findings: Findings): readonly Row[] => {
  const { races, hosts, firsts, shorts, besides, weights } = findings
  const at = (backend: string, style: string) => hosts.find(one => one.backend === backend && one.style === style)
  const backends = [...new Set([...races, ...hosts, ...firsts].map(({ backend }) => backend))]
  const [clipped, tfjs] = ['clip-adamw', 'tf.train.adam']
  const perElement = [...new Set(races.map(({ chain }) => chain))].filter(chain => !others.includes(chain))
  return [
    ...['1M', '10M'].map(size => raced(findings, ['wasm', size, 'adamw'], tfjs, 7)),
    ...['1M', '10M'].map(size => raced(findings, ['cpu', size, 'adamw'], tfjs, 60)),
    ...['1M', '10M'].map(size => raced(findings, ['cpu', size, 'adamw'], tfjs, 35, shell)),
    ...['cpu', 'wasm'].map(backend => raced(findings, [backend, '60x10', 'adamw'], tfjs, 30)),
    raced(findings, ['wasm', '10M', clipped], 'optax jit donated', 1),
    raced(findings, ['wasm', '1M', clipped], 'optax jit donated', 1 / 1.2),
    ...['1M', '10M'].map(size => raced(findings, ['wasm', size, clipped], 'torch fused', 1 / 1.3)),
    ...['cpu', 'wasm'].flatMap(backend =>
      ['1M', '1kx1k', '60x10'].flatMap(size =>
        others.map(chain => raced(findings, [backend, size, chain], 'optax jit donated', 1)),
      ),
    ),
    ...perElement.map(chain => raced(findings, ['wasm', '10M', chain], copy, 1)),
    ...['adam', 'adamw', clipped].map(chain => raced(findings, ['wasm', '1M', chain], hand, 1 / 1.1)),
    ...backends.flatMap(name => [
      below(`host cost of a donated step, ${name}`, at(name, 'donated')?.step, 31, 'us with one leaf'),
      below(`the same, each leaf, ${name}`, at(name, 'donated')?.leaf, 1, 'us'),
      {
        ...below(`host cost of a step with fresh outputs, each leaf, ${name}`, at(name, 'fresh')?.leaf, 4, 'us'),
        against: `tfjs alone, three tensors: ${at(name, 'tensors')?.leaf.toPrecision(3) ?? '-'} us`,
      },
    ]),
    ...firsts.flatMap(({ backend, chain, made, all }) =>
      made === null
        ? []
        : [
            {
              ...below(`planning and compiling ${chain}, ${backend}`, made, 5, 'ms'),
              against: `first step: ${all.toPrecision(3)} ms`,
            },
          ],
    ),
    ...shorts.flatMap(({ backend, name, way, variables, first, rivalFirst, ratio: part, rival }): Row[] => {
      const work = `${name}, ${variables} small variables, ${way}, ${backend}`
      return [
        { ...below(`first step of ${work}`, first, 4, 'ms'), against: `${rival}: ${rivalFirst.toPrecision(3)} ms` },
        {
          work: `100 steps of ${work}`,
          against: rival,
          target: '1.00x its time',
          measured: `${part.toPrecision(3)}x`,
          met: part <= 1,
        },
      ]
    }),
    ...besides.map(({ backend, work, against, most, ratio: part, ms }): Row => ({
      work: `${work}, ${backend}`,
      against,
      target: `within ${most.toFixed(2)}x`,
      measured: `${part.toFixed(2)}x, ${ms.toPrecision(3)} ms`,
      met: part <= most,
    })),
    ...bundles.map(({ entry, names, most }) =>
      below(
        `${names} gzipped, tfjs-optax${entry === 'core' ? '/core' : ''}`,
        weights.find(one => one.entry === entry && one.names === names)?.kB,
        most,
        'kB',
      ),
    ),
  ]
}
