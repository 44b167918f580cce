/** What `adamw` weighs in a browser, in a chain or as an optimizer: bundled, minified, gzipped, tfjs left out. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

export interface Weight {
  readonly entry: string
  /** the names that are imported */
  readonly names: string
  readonly kB: number
  /** what each file is of it, minified and not compressed, in bytes; the largest first */
  readonly files: readonly (readonly [file: string, bytes: number])[]
}

const root = resolve(import.meta.dirname, '..', '..')

/** What is fetched when it is wanted stays a file of its own. */
const lazyIsOutside: Plugin = {
  name: 'lazy is outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : null))
  },
}

/** One file, as these names need it. */
export const weigh = async (entry: string, names: string): Promise<Weight> => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${names} } from './lib/${entry}.ts'`, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    plugins: [lazyIsOutside],
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
  const inputs = Object.values(metafile.outputs).flatMap(output => Object.entries(output.inputs))
  const files = inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const).sort(([, a], [, b]) => b - a)
  return { entry, names, kB: bytes / 1000, files }
}

/** What is weighed, and the most it may be, in kB. */
export const bundles = [
  { entry: 'core', names: 'chain, adamw', most: 10.7 },
  { entry: 'index', names: 'chain, adamw', most: 24 },
  { entry: 'index', names: 'asOptimizer, adamw', most: 30 },
] as const

export const weights = async (): Promise<readonly Weight[]> =>
  Promise.all(
    bundles
      .filter(({ entry }) => existsSync(join(root, 'lib', `${entry}.ts`)))
      .map(async ({ entry, names }) => weigh(entry, names)),
  )
