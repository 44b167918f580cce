/**
 * The documentation as a reader gets it: `npm run docs` writes it once, and then every public name has a page and a doc
 * comment, no link is dead, every page of a rule has its picture, and the guides name what there is.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { listsOf } from '../examples/site/lists.js'
import * as functional from '../lib/index.js'
import * as legacy from '../lib/legacy.js'
import { inBrowser, launch } from './browser/installed.js'
import { childEnv } from './childEnv.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = resolve(root, '.tap/site')

rmSync(out, { recursive: true, force: true })
const built = spawnSync(process.execPath, ['--import', 'tsx', 'examples/site/main.ts', out], {
  cwd: root,
  env: childEnv(),
  encoding: 'utf8',
})

const files = existsSync(out) ? readdirSync(out, { recursive: true, encoding: 'utf8' }) : []
const pages = new Map(
  files.filter(file => file.endsWith('.html')).map(file => [file, readFileSync(join(out, file), 'utf8')]),
)

t.test('npm run docs writes the site without a fault', test => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { docs: string } }
  test.equal(scripts.docs, 'node --import tsx examples/site/main.ts', 'it is the program that this test ran')
  test.equal(built.status, 0, `${built.stdout}${built.stderr}`.slice(-4000))
  test.ok(pages.size > 500, `${pages.size} pages`)
  for (const [file, html] of pages) test.notMatch(html, 'data-hole', `${file} has nothing unfilled`)
  test.end()
})

/** The entries of the package with their source files. */
const entries = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, { default: string }> })
    .exports,
).flatMap(([path, { default: file }]) =>
  path.endsWith('.json') || path.includes('*')
    ? []
    : [{ path, file: file.replace('./dist/', 'lib/').replace(/\.js$/, '.ts') }],
)

const program = ts.createProgram(
  entries.map(({ file }) => join(root, file)),
  { ...ts.getDefaultCompilerOptions(), module: ts.ModuleKind.NodeNext, strict: true, skipLibCheck: true },
)
const checker = program.getTypeChecker()

interface Exported {
  readonly name: string
  readonly symbol: ts.Symbol
  readonly comment: string
  readonly tags: readonly string[]
  readonly isValue: boolean
}

const exportsOf = (file: string): readonly Exported[] => {
  const source = program.getSourceFile(join(root, file))
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) return []
  return checker.getExportsOfModule(module).map(given => {
    const symbol = given.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(given) : given
    return {
      name: given.name,
      symbol,
      comment: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      tags: symbol.getJsDocTags(checker).map(tag => tag.name),
      isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
    }
  })
}

const isOptions = ({ name, symbol }: Exported): boolean =>
  name.endsWith('Options') && (symbol.flags & ts.SymbolFlags.Interface) !== 0

t.test('every public name has a page, and a doc comment of the form of this house', test => {
  const named = new Set([...pages.keys()].map(file => file.replace(/^.*[./]([\w$]+)\.html$/, '$1')))
  for (const { path, file } of entries) {
    const found = exportsOf(file)
    test.ok(found.length > 0, `${path} has ${found.length} names`)
    for (const one of found) {
      const { name, symbol, comment, tags, isValue } = one
      test.ok(named.has(name), `${path}: ${name} has a page`)
      test.match(comment, /\S.{8,}/, `${path}: ${name} says in a sentence what it is`)
      if (isValue && !name.endsWith('Error') && name !== 'SLIDE')
        test.ok(tags.includes('example'), `${path}: ${name} has an example`)
      if (isOptions(one))
        for (const property of checker.getDeclaredTypeOfSymbol(symbol).getProperties())
          test.not(
            property.getDocumentationComment(checker).length,
            0,
            `${path}: ${name}.${property.name} is described`,
          )
    }
  }
  test.end()
})

const lists = listsOf(root)
const rules = [...lists.transforms, ...lists.optimizers, ...lists.wrappers].map(({ name }) => name)
const schedules = lists.schedules.map(({ name }) => name)

t.test('a rule says where it comes from, and what it throws', test => {
  // The main entry comes last: `ema` is a word of the rule language too.
  const comments = new Map([...entries].reverse().flatMap(({ file }) => exportsOf(file).map(one => [one.name, one])))
  const sourced = [...lists.transforms, ...lists.optimizers, ...lists.schedules].map(({ name }) => name)
  for (const name of sourced) test.ok(comments.get(name)?.tags.includes('source'), `${name} has its source`)
  for (const name of [...rules, ...schedules]) {
    const value: unknown = { ...legacy, ...functional }[name as never]
    const takes = (/takes: \[\]/.exec(comments.get(name)?.symbol.valueDeclaration?.getText() ?? '') ?? []).length === 0
    if (typeof value === 'function' && takes)
      test.ok(comments.get(name)?.tags.includes('throws'), `${name} says what it throws`)
  }
  test.end()
})

t.test('every page of a rule has its pictures, and every schedule its curve', test => {
  const drawn = (html: string): readonly string[] => html.match(/<svg class="picture"[\s\S]*?<\/svg>/g) ?? []
  const pointsIn = (svg: string): number => /points="([^"]*)" [^>]*class="own"/.exec(svg)?.[1]?.split(' ').length ?? 0
  for (const name of rules) {
    const html = pages.get(join('rules', `${name}.html`)) ?? ''
    const [curve = '', path = '', ...more] = drawn(html)
    test.equal(more.length, 0, `${name} has two pictures`)
    test.ok(pointsIn(curve) > 10, `${name}: a learning curve of ${pointsIn(curve)} points`)
    test.ok(pointsIn(path) > 10, `${name}: a path of ${pointsIn(path)} points`)
    for (const section of ['Equations', 'What a step becomes', 'State', 'A live step', 'Example'])
      test.match(html, new RegExp(`<h2[^>]*>${section}`), `${name}: ${section}`)
    test.match(html, '<table class="steps">', `${name}: the first steps are there without a script`)
  }
  for (const name of schedules) {
    const [curve = '', ...more] = drawn(pages.get(join('schedules', `${name}.html`)) ?? '')
    test.equal(more.length, 0)
    test.ok(pointsIn(curve) > 100, `${name}: a curve of ${pointsIn(curve)} points`)
  }
  const cards = ['rules/transforms', 'rules/optimizers', 'rules/wrappers', 'schedules/schedules'].map(
    file => drawn(pages.get(`${file}.html`) ?? '').length,
  )
  test.equal(
    cards.reduce((a, b) => a + b),
    rules.length + schedules.length,
    'each has a card',
  )
  test.end()
})

const outside = /^(https?:|mailto:|data:)/

/** Where links of a page lead: what is wrong with one, or null. */
const deadLink = (from: string, link: string, has: (file: string, anchor: string) => boolean): string | null => {
  if (outside.test(link)) return URL.canParse(link) ? null : `${link} is no address`
  const [path = '', anchor = ''] = decodeURI(link.replaceAll('&amp;', '&')).split('#')
  const target = path === '' ? from : normalize(join(dirname(from), path))
  return has(target, anchor) ? null : `${link} leads nowhere`
}

t.test('no link of the site is dead', test => {
  const names = new Set(files)
  const ids = new Map([...pages].map(([file, html]) => [file, new Set(html.match(/(?<= id=")[^"]+/g) ?? [])]))
  const has = (file: string, anchor: string): boolean =>
    names.has(file) && (anchor === '' || !file.endsWith('.html') || ids.get(file)?.has(anchor) === true)
  for (const [file, html] of pages) {
    const links = [...html.matchAll(/ (?:href|src|data-assets)="([^"]*)"/g)].map(([, link = '']) => link)
    const dead = links.flatMap(
      link => deadLink(file, link, (target, anchor) => has(target.replace(/\/$/, ''), anchor)) ?? [],
    )
    test.strictSame(dead, [], file)
  }
  test.end()
})

/** The anchor that GitHub gives a heading. */
const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

t.test('no link of the README and the guides is dead where they are read as they stand', test => {
  const texts = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md'))
    .map(file => join('examples', file))
  for (const file of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...texts]) {
    const text = readFileSync(join(root, file), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
    const has = (target: string, anchor: string): boolean => {
      if (!existsSync(join(root, target))) return false
      if (anchor === '' || !target.endsWith('.md')) return true
      const headings = readFileSync(join(root, target), 'utf8').match(/(?<=^#+ ).*$/gm) ?? []
      return headings.map(slug).includes(anchor)
    }
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => deadLink(file, link, has) ?? [])
    test.strictSame(dead, [], file)
  }
  test.end()
})

t.test('the tables of names know every name, and only names that there are', test => {
  const guide = (name: string): string => readFileSync(join(root, `examples/guides/${name}.md`), 'utf8')
  const known = new Set([...Object.keys(functional), ...Object.keys(legacy)])
  const inOptax = new Set(guide('from-optax').match(/(?<=`)\w+(?=[`(])/g))
  for (const { name } of [...lists.transforms, ...lists.optimizers, ...lists.wrappers])
    test.ok(inOptax.has(name), `from-optax.md says what ${name} is there`)
  for (const { name } of lists.schedules.filter(({ file }) => file.startsWith('lib/schedules/')))
    test.ok(inOptax.has(name), `from-optax.md says what ${name} is there`)

  const [, same = ''] = /## What has the same name\n([\s\S]*?)\n## /.exec(guide('from-optax')) ?? []
  const listed = same.match(/(?<=`)[a-z]\w+(?=`)/g) ?? []
  for (const name of listed) test.ok(known.has(name), `from-optax.md: ${name} is there`)

  for (const file of ['from-optax', 'from-keras', 'from-torch', 'from-tf-train']) {
    const [, back = ''] = /## From ours to theirs[^\n]*\n([\s\S]*?)(?=\n## |$)/.exec(guide(file)) ?? []
    const rows = back.split('\n').filter(line => line.startsWith('| `'))
    test.ok(rows.length > 4, `${file}: ${rows.length} rows of ours`)
    const ours = rows.flatMap(row => (row.split('|')[1] ?? '').match(/(?<=`)[A-Za-z]\w+(?=[`(])/g) ?? [])
    for (const name of ours.filter(one => !['momentum', 'nesterov', 'epsilonHat'].includes(one)))
      test.ok(known.has(name), `${file}: ${name} is there`)
  }
  test.end()
})

/** What Chromium says of typedoc's icons in a folder, before its script puts them into the page. */
const ofIcons = /Unsafe attempt to load URL .*icons\.svg/

inBrowser('the site works from a folder: search, a live step, pictures, on a phone too', async (test, browser) => {
  const chrome = await launch(browser)
  test.teardown(() => chrome.close())
  const open = async (path: string, width = 1200) => {
    const page = await chrome.newPage({ viewport: { width, height: 800 } })
    const said: string[] = []
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type()) && !ofIcons.test(message.text())) said.push(message.text())
    })
    page.on('pageerror', fault => said.push(String(fault)))
    await page.goto(pathToFileURL(join(out, path)).href)
    return { page, said }
  }

  const { page, said } = await open('rules/scaleByAdam.html')
  const live = page.locator('form.live')
  const columns = live.locator('thead th')
  await live.getByRole('button', { name: 'Step' }).click()
  await columns.nth(2).waitFor({ state: 'detached' })
  test.equal(await columns.count(), 1, 'a step of the reader begins anew')
  await live.locator('[name="gradients.kernel"]').fill('-1, -1, -1, -1')
  await live.getByRole('button', { name: 'Step' }).click()
  await columns.nth(1).waitFor()
  test.equal(await columns.count(), 2, 'and the next one goes on')
  await live.locator('[name=code]').fill('scaleByAdam({ b1: 1.2 })')
  await live.getByRole('button', { name: 'Step' }).click()
  await live.locator('.fault', { hasText: 'scaleByAdam: b1 must be in [0, 1), got 1.2' }).waitFor()
  const before = await page.locator('.drawn').innerHTML()
  await page.locator('form.draw [name=code]').fill('lion(0.05)')
  await page.getByRole('button', { name: 'Draw' }).click()
  await page.locator('form.draw output', { hasText: 'The loss ends at' }).waitFor()
  test.not(await page.locator('.drawn').innerHTML(), before, 'other pictures')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.locator('#tsd-search-input').fill('prodigy')
  await page.locator('#tsd-search-results li', { hasText: 'prodigy' }).first().waitFor()
  test.strictSame(said, [], 'no error')

  for (const path of [
    'index.html',
    'guides/start.html',
    'guides/from-optax.html',
    'rules/muon.html',
    'rules/optimizers.html',
  ]) {
    const { page: phone, said: faults } = await open(path, 390)
    const surplus = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    test.ok(surplus <= 0, `${path} is as wide as a phone, ${surplus} more`)
    test.strictSame(faults, [], path)
  }
})
