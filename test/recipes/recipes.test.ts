/** Every recipe: its page holds the programs as they are, and they print what it says, in Node and in a browser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { inBrowser } from '../browser/installed.js'
import { useBackend } from '../setup.js'
import { difference } from './alike.js'
import { copyPrograms, runInNode } from './inNode.js'
import { openPrograms } from './inBrowser.js'
import { blocksOf, folder, pages, programsOf, sourceOf, textOf, workersOf } from './pages.js'

/** What people asked for, each with its page. */
const wanted: Readonly<Record<string, string>> = {
  'replace tf.train.adam by AdamW with warm-up, cosine and clipping, the rate shown per epoch': 'adamw',
  'freeze, then unfreeze at a lower rate': 'freeze',
  'layer-wise rates': 'layer-rates',
  'accumulation over micro-batches': 'accumulate',
  'early stopping with the best parameters restored': 'early-stopping',
  'averages for evaluation': 'averages',
  'save and resume in Node, IndexedDB and localStorage': 'save-and-resume',
  'rate finder': 'rate-finder',
  'gradient norm and rate in a chart': 'chart',
  'GAN with two optimizers': 'gan',
  'reinforcement loop (cart-pole, policy gradient)': 'cart-pole',
  'web worker': 'web-worker',
  'NaN: go back': 'nan',
  'the same run in Python optax and here, numbers side by side': 'beside-optax',
  'a private AdamW class replaced': 'own-adamw',
}

t.test('there is a page for each, with a program in `fit` and one in a loop, and the index has it', test => {
  test.strictSame(pages, Object.values(wanted).sort())
  const index = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const [what, page] of Object.entries(wanted)) {
    const [title = '', , sentence = ''] = textOf(page).split('\n')
    test.match(sentence, /^[A-Z].*\.$/, `${what}: says what you get`)
    for (const part of [`[${title.slice(2)}](${page}.md)`, sentence]) test.ok(index.includes(part), `${page}: ${part}`)
    const outputs = blocksOf(page).filter(({ isOutput }) => isOutput)
    for (const kind of ['fit', 'loop'])
      test.ok(
        outputs.some(({ file }) => file.endsWith(`${kind}.ts`)),
        `${page}: ${kind}`,
      )
    test.ok(textOf(page).includes('## What to watch for'), page)
  }
  test.end()
})

t.test('pages hold the files as they are (`npm run recipes` writes them)', test => {
  for (const page of pages) {
    const blocks = blocksOf(page)
    for (const { file, isOutput, text } of blocks)
      if (!isOutput) test.equal(text, sourceOf(file), file)
      else
        test.ok(
          blocks.some(other => other.file === file && !other.isOutput),
          `${file} is there too`,
        )
  }
  test.end()
})

t.test('what counts as alike', test => {
  const same: readonly (readonly [string, string])[] = [
    ['loss 0.123, rate 1.16e-3', 'loss 0.125, rate 1.17e-3'],
    ['1  loss 0.4 ▁█', '1  loss 0.4 ▂█'],
  ]
  const other: readonly (readonly [string, string])[] = [
    ['loss 0.123', 'loss 0.129'],
    ['step 80', 'step 81'],
    ['the same: true', 'the same: false'],
    ['one', 'one\ntwo'],
    ['rate 1.16e-3', 'rate 1.16e-2'],
    ['1  loss 0.4 ▁', '1  loss 0.4 ▁▁'],
  ]
  for (const [a, b] of same) test.equal(difference(a, b), null, `${a}: ${b}`)
  for (const [a, b] of other) test.type(difference(a, b), 'string', `${a}: ${b}`)
  test.end()
})

t.test('in Node', async test => {
  copyPrograms()
  for (const { file, text } of pages.flatMap(page => programsOf(page, false))) {
    await useBackend('cpu')
    test.equal(difference(await runInNode(file), text), null, file)
  }
})

inBrowser('in a browser', async (test, browser) => {
  const programs = pages.flatMap(page => programsOf(page, true))
  const workers = workersOf(pages)
  test.equal(workers.length, 2)
  const opened = await openPrograms(browser, folder, [...programs.map(({ file }) => file), ...workers])
  test.teardown(opened.close)
  const drawn: Record<string, Readonly<Record<string, number>>> = {}
  for (const { file, text } of programs) {
    const ran = await opened.run(file)
    test.equal(difference(ran.printed, text), null, file)
    drawn[file] = ran.drawn
  }
  const each = { loss: 10, learningRate: 10, gradientNorm: 10 }
  const inTab = Object.fromEntries(Object.entries(each).map(([name, points]) => [`training: ${name}`, points]))
  test.strictSame(drawn['chart/browser-fit.ts'], inTab, 'three lines, in the tab of the visor')
  test.strictSame(drawn['chart/browser-loop.ts'], each, 'three lines, in elements of the page')
})
