/** The short examples run, and print what they always did. */
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { childEnv } from '../childEnv.js'
import { snapshotsOf } from '../setup.js'

snapshotsOf(import.meta.url)

for (const name of [
  'functional',
  'own-rule',
  'change-rate',
  'branch',
  'fit-chain',
  'fit-adamw',
  'seed',
  'seed-replicas',
])
  t.test(name, test => {
    const args = ['--import', 'tsx', `examples/${name}.ts`]
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio], env: childEnv() })
    test.matchSnapshot(printed, name)
    test.end()
  })
