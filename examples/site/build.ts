/** Makes the whole site: runs the package for the pages of rules, lets typedoc write, and bundles what runs in pages. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { build } from 'esbuild'
import { either as E } from 'fp-ts'
import { siteDocuments } from './documents.js'
import { contours } from './draw/contours.js'
import { filling } from './fill.js'
import { finishWith } from './finish.js'
import { listsOf } from './lists.js'
import { makePages } from './made.js'
import { writeReference } from './reference.js'

/** The script of live steps: one classic script, since browsers load no modules from a folder. */
const bundleLive = async (root: string, out: string): Promise<void> => {
  await build({
    entryPoints: [join(root, 'examples/site/page/live.ts')],
    outfile: join(out, 'assets/live.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'error',
  })
}

/** Effect: writes the site to `out`. Left says what is wrong; typedoc's own words are on the console. */
export const buildSite = async (root: string, out: string): Promise<E.Either<string, void>> => {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
  const lists = listsOf(root)
  const made = makePages(lists)
  if (E.isLeft(made)) return made
  const documents = siteDocuments(root, lists, made.right)
  const finish = finishWith(filling(lists, made.right))
  const faults = await writeReference({ out, root, documents, finish })
  if (faults > 0) return E.left(`typedoc found ${faults} faults`)
  mkdirSync(join(out, 'assets'), { recursive: true })
  writeFileSync(join(out, 'assets/valley.svg'), contours())
  await bundleLive(root, out)
  return E.right(undefined)
}
