/**
 * `npm run compat`: the packed package under each TypeScript that it supports, the oldest and the newest too. A command
 * of its own, since it downloads them.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { consumer } from './consumer.js'
import { packed } from './packed.js'

const versions = ['5.4', '5.7', '5.9', '6', '7']
const modules = [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const

const { folder, remove } = packed()
writeFileSync(join(folder, 'consumer.mts'), consumer)
const faults: string[] = []
for (const version of versions)
  for (const [module, moduleResolution] of modules) {
    const options = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true, types: [] }
    // tfjs's own declarations do not pass.
    const compilerOptions = { ...options, skipLibCheck: true }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }))
    try {
      execFileSync('npx', ['--yes', '-p', `typescript@${version}`, 'tsc', '-p', '.'], { cwd: folder, encoding: 'utf8' })
      console.log(`TypeScript ${version}, ${moduleResolution}: no errors`)
    } catch (fault) {
      const { stdout = '' } = fault as { readonly stdout?: string }
      faults.push(`TypeScript ${version}, ${moduleResolution}:\n${stdout === '' ? String(fault) : stdout}`)
    }
  }
remove()
if (faults.length > 0) throw new Error(faults.join('\n'))
