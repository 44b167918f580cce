/** Changes of a page as pure functions: of one place of a config, and of the list of racers. */
import type { Config, Json } from '../../../lib/config.js'
import { isRecord } from '../../../lib/tree/structure.js'
import type { Chain } from './chain.js'
import type { Page } from './page.js'
import type { History, Racer } from './race.js'

export type JsonPath = readonly (string | number)[]

/** The JSON with another value at a path; undefined takes the key or the item away. */
export const replacedAt = (json: Json, [key, ...rest]: JsonPath, value: Json | undefined): Json => {
  if (key === undefined) return value ?? null
  if (Array.isArray(json)) {
    const list = json as readonly Json[]
    return list.flatMap((one, i) => {
      if (i !== key) return [one]
      const next = rest.length === 0 ? value : replacedAt(one, rest, value)
      return next === undefined ? [] : [next]
    })
  }
  const record: Readonly<Record<string, Json>> = isRecord(json) ? json : {}
  const next = rest.length === 0 ? value : replacedAt(record[key] ?? {}, rest, value)
  if (next === undefined) return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
  return { ...record, [key]: next }
}

/** A list with the item at `i` moved by `by` places. */
export const movedBy = <A>(list: readonly A[], i: number, by: number): readonly A[] => {
  const item = list[i]
  const without = list.filter((_, k) => k !== i)
  return item === undefined ? list : [...without.slice(0, i + by), item, ...without.slice(i + by)]
}

/** The page with another chain for a racer. */
export const withChain = (page: Page, i: number, chain: Chain): Page => ({
  ...page,
  racers: page.racers.map((racer, k) => (k === i ? { ...racer, chain } : racer)),
})

/** The page with one racer more, which is shown. */
export const withRacer = (page: Page, racer: Racer): Page => ({
  ...page,
  racers: [...page.racers, racer],
  shown: page.racers.length,
})

/** The page without a racer and without those that branched from it. */
export const withoutRacer = (page: Page, index: number): Page => {
  const gone = new Set([index])
  page.racers.forEach(({ branch }, i) => {
    if (branch !== null && gone.has(branch.of)) gone.add(i)
  })
  const now = (i: number): number => i - [...gone].filter(one => one < i).length
  const racers = page.racers.flatMap((racer, i) => {
    if (gone.has(i)) return []
    const { branch } = racer
    return [
      branch === null || now(branch.of) === branch.of ? racer : { ...racer, branch: { ...branch, of: now(branch.of) } },
    ]
  })
  return { ...page, racers, shown: Math.max(0, Math.min(now(page.shown), racers.length - 1)) }
}

/** Which histories still hold after a change from one page to another, by index; null for the others. */
export const stillHeld = (
  before: Page,
  after: Page,
  histories: readonly (History | null)[],
): readonly (History | null)[] => {
  const sameWorld = (['surface', 'seed', 'backend'] as const).every(key => before[key] === after[key])
  const sameStart = before.start.every((x, i) => x === after.start[i])
  if (!sameWorld || !sameStart) return after.racers.map(() => null)
  const held: (History | null)[] = []
  for (const racer of after.racers) {
    const was = before.racers.indexOf(racer)
    const parent = racer.branch === null || held[racer.branch.of] !== null
    held.push(was >= 0 && parent ? (histories[was] ?? null) : null)
  }
  return held
}

/** A chain in a few words: its recipe, or its links. */
export const nameOf = (config: Config): string => {
  const { links } = config
  if (config.type !== 'chain' || !Array.isArray(links)) return config.type
  return (links as readonly Config[]).map(({ type }) => type).join(' → ')
}
