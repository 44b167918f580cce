/** What `chain` and `adamw` weigh in a browser: bundled, minified, gzipped, tfjs left out. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export interface Weight {
  readonly entry: string
  readonly kB: number
}

const root = resolve(import.meta.dirname, '..', '..')

/** The entry chunk with those that it imports at once; what is fetched later does not count. */
const weigh = async (entry: string): Promise<Weight> => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { adamw, chain } from './lib/${entry}.ts'`, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    outdir: 'out',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const chunks = Object.entries(metafile.outputs)
  const wanted = new Set(chunks.flatMap(([path, { entryPoint }]) => (entryPoint === '<stdin>' ? [path] : [])))
  for (const path of wanted)
    for (const { path: target, kind, external } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) wanted.add(target)
  const bytes = outputFiles
    .filter(({ path }) => [...wanted].some(name => resolve(root, name) === path))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
  return { entry, kB: bytes / 1000 }
}

export const weights = async (): Promise<readonly Weight[]> =>
  Promise.all(['index', 'core'].filter(entry => existsSync(join(root, 'lib', `${entry}.ts`))).map(weigh))
