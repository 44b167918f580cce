/** The short examples run, and print what they always did. */
import { execFileSync } from 'node:child_process'
import { driverEnv } from '../backends/gpu/dawn.js'
import { childEnv } from '../childEnv.js'
import { snapshotsOf } from '../setup.js'
import { whereThereIs } from '../whereThereIs.js'

snapshotsOf(import.meta.url)

const runs = (name: string, { env, reason }: ReturnType<typeof driverEnv> = { env: {}, reason: null }): void => {
  whereThereIs(name, reason, async test => {
    const args = ['--import', 'tsx', `examples/${name}.ts`]
    const printed = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...childEnv(), ...env },
    })
    test.matchSnapshot(printed, name)
  })
}

for (const name of [
  'functional',
  'own-rule',
  'change-rate',
  'branch',
  'fit-chain',
  'fit-adamw',
  'seed',
  'seed-replicas',
  'train-state',
  'own-rule-with-cell',
  'own-wrapper',
])
  runs(name)
runs('webgpu-node', driverEnv())
