/** The package as a user gets it: built and packed from a copy of the sources, and unpacked in an empty folder. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { childEnv } from '../childEnv.js'

/** What is copied to be packed; nothing else of the repository can get into the tarball by mistake. */
const sources = ['lib', 'package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'examples/pictures']

/** What `npm i tfjs-optax @tensorflow/tfjs` brings beside the package. */
const beside = [
  'fp-ts',
  'io-ts',
  'immer',
  ...['tfjs', 'tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu', 'tfjs-backend-wasm', 'tfjs-backend-webgl'].map(
    name => `@tensorflow/${name}`,
  ),
]

export interface Packed {
  /** an empty folder but for `node_modules` */
  readonly folder: string
  readonly tarball: string
  /** the files of the tarball */
  readonly files: readonly string[]
  readonly remove: () => void
}

export const packed = (): Packed => {
  const root = mkdtempSync(join(tmpdir(), 'packed-'))
  const [from, folder] = [join(root, 'source'), join(root, 'empty')]
  mkdirSync(from)
  for (const name of sources) cpSync(name, join(from, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(from, 'node_modules'))
  execFileSync('npm', ['pack', '--silent', '--pack-destination', root], {
    cwd: from,
    stdio: 'pipe',
    env: childEnv(),
  })
  const tarball = join(root, readdirSync(root).find(name => name.endsWith('.tgz')) ?? '')
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'tfjs-optax'), { recursive: true })
  execFileSync('tar', ['xzf', tarball, '--strip-components=1', '-C', join(modules, 'tfjs-optax')])
  for (const name of beside) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(modules, name))
  }
  const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(file => file.replace(/^package\//, ''))
  return {
    folder,
    tarball,
    files,
    remove: () => {
      rmSync(root, { recursive: true })
    },
  }
}
