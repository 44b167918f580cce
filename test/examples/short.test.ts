/** The short examples run, and print what they always did. */
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { snapshotsOf } from '../setup.js'

snapshotsOf(import.meta.url)

for (const name of ['functional', 'own-rule', 'change-rate', 'branch'])
  t.test(name, test => {
    const args = ['--import', 'tsx', `examples/${name}.ts`]
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    test.matchSnapshot(printed, name)
    test.end()
  })
