/**
 * Writes the programs of recipes into their pages, and what they print: `npm run recipes`, or with names of pages for
 * these only. Read the diff, it is the review; the test fails while it is not done.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { findBrowser } from '../browser/installed.js'
import { copyPrograms, runInNode } from './inNode.js'
import { openPrograms } from './inBrowser.js'
import { folder, pages, programsOf, rewritten, sourceOf, workersOf } from './pages.js'

const chosen = process.argv.length > 2 ? process.argv.slice(2) : pages
const browser = findBrowser()
copyPrograms()
const printed = new Map<string, string>()
for (const { file } of chosen.flatMap(page => programsOf(page, false))) {
  await tf.setBackend('cpu')
  printed.set(file, await runInNode(file))
}
const inBrowser = chosen.flatMap(page => programsOf(page, true)).map(({ file }) => file)
if (browser !== null && inBrowser.length > 0) {
  const opened = await openPrograms(browser, folder, [...inBrowser, ...workersOf(chosen)])
  for (const file of inBrowser) printed.set(file, (await opened.run(file)).printed)
  await opened.close()
}
for (const page of chosen) {
  const text = rewritten(page, block =>
    block.isOutput ? (printed.get(block.file) ?? block.text) : sourceOf(block.file),
  )
  writeFileSync(join(folder, `${page}.md`), text)
  console.log(`${page}.md`)
}
