/** Writes the documentation as a static site: `npm run docs`, then open docs/index.html. Another folder may be given. */
import { resolve } from 'node:path'
import { either as E } from 'fp-ts'
import { buildSite } from './build.js'

const root = resolve(import.meta.dirname, '../..')
const out = resolve(process.argv[2] ?? 'docs')
const began = performance.now()
const built = await buildSite(root, out)
if (E.isLeft(built)) {
  console.error(built.left)
  process.exitCode = 1
} else console.log(`The site is in ${out}, made in ${Math.round((performance.now() - began) / 1000)} s.`)
