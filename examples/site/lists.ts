/** Which names have pages: the package's own lists, read from the files that export them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Listed {
  readonly name: string
  /** the file that defines it, relative to the folder of the package */
  readonly file: string
}

/** The values that `lib/<list>.ts` exports, with their files. */
const listedIn = (root: string, list: string): readonly Listed[] => {
  const source = readFileSync(join(root, 'lib', `${list}.ts`), 'utf8')
  return [...source.matchAll(/^export \{([^}]+)\} from '\.\/([^']+)\.js'/gm)].flatMap(([, names = '', path = '']) =>
    names
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== '' && !name.startsWith('type '))
      .map(name => ({ name, file: `lib/${path}.ts` })),
  )
}

const byName = (a: Listed, b: Listed): number => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)

export interface Lists {
  readonly transforms: readonly Listed[]
  readonly optimizers: readonly Listed[]
  readonly wrappers: readonly Listed[]
  readonly schedules: readonly Listed[]
}

/** What puts transformations together stands with the wrappers. */
const combinators: readonly Listed[] = [
  { name: 'chain', file: 'lib/chain.ts' },
  { name: 'namedChain', file: 'lib/chain.ts' },
  { name: 'identity', file: 'lib/chain.ts' },
  { name: 'aggregate', file: 'lib/replicas/aggregate.ts' },
]

export const listsOf = (root: string): Lists => {
  const kerasSchedules = listedIn(root, 'legacy').filter(
    ({ name, file }) => file.startsWith('lib/legacy/schedules/') && name.startsWith('keras'),
  )
  return {
    transforms: [...listedIn(root, 'transforms')].sort(byName),
    optimizers: [...listedIn(root, 'optimizers')].sort(byName),
    wrappers: [...listedIn(root, 'wrappers'), ...combinators].sort(byName),
    schedules: [...[...listedIn(root, 'schedules')].sort(byName), ...[...kerasSchedules].sort(byName)],
  }
}
