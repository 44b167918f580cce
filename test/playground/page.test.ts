/** The playground as a browser shows it: built by vite, served under a path, at the sizes of a phone and of a desk. */
import { readFileSync } from 'node:fs'
import type { AxeResults } from 'axe-core'
import type { Page as Tab } from 'playwright-core'
import type { Page } from '../../examples/playground/core/page.js'
import { pageOfFragment } from '../../examples/playground/core/address.js'
import { race } from '../../examples/playground/core/race.js'
import { surfaceOf } from '../../examples/playground/core/surfaces.js'
import { inBrowser } from '../browser/installed.js'
import { useBackend, type Test } from '../setup.js'
import {
  isRemembered,
  look,
  openSite,
  remember,
  settled,
  shows,
  sizes,
  trailsOf,
  type Site,
  type Trail,
} from './site.js'
import { addressOf, hostile, raceOn } from './subjects.js'

const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')

/** What axe says against the page, a line each. */
const violations = async (tab: Tab): Promise<readonly string[]> => {
  await tab.evaluate(axe)
  const found = await tab.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  )
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** The trails as this process computes them. */
const here = async (page: Page): Promise<readonly Trail[]> => {
  await useBackend(page.backend)
  const world = surfaceOf(page.surface)!.make(page.seed)
  return (await race(world, page.start, page.racers, page.at)).map(({ frames, fault }) => ({
    places: frames.map(({ place }) => [...place]),
    losses: frames.map(({ loss }) => loss),
    fault,
  }))
}

const setTime = (tab: Tab, step: number): Promise<void> =>
  tab.locator('#time').evaluate((slider, at) => {
    ;(slider as HTMLInputElement).value = String(at)
    slider.dispatchEvent(new Event('input'))
  }, step)

/** Everything that the page drew of the trails, as text. */
const drawn = (tab: Tab): Promise<string> =>
  tab.locator('.over').evaluate(element => element.innerHTML.replaceAll(/plot-clip-\d+/g, 'clip'))
const tableText = (tab: Tab): Promise<string> => tab.locator('#numbers tbody').innerText()

const races = [
  ['rosenbrock', [-1.5, 2]],
  ['noisy', [-3.2, 2.2]],
  ['network', [0, 0]],
] as const

const trailsAndTime = async (test: Test, site: Site, size: keyof typeof sizes): Promise<void> => {
  for (const [surface, start] of races) {
    const page = raceOn(surface, start, { steps: 60, at: 60, seed: 5 })
    const { tab, wrong } = await look(site, size, addressOf(page))
    const first = await trailsOf(tab)
    test.strictSame(first, await here(page), `${surface}: the trails are those of Node, bit for bit`)
    test.ok(first.every(({ places }) => places.length === 61))
    const [end, endTable] = [await drawn(tab), await tableText(tab)]
    await remember(tab)
    await setTime(tab, 20)
    await shows(tab, 20)
    const [then, thenTable] = [await drawn(tab), await tableText(tab)]
    test.not(then, end, `${surface}: another drawing back in time`)
    await setTime(tab, 60)
    await shows(tab, 60)
    await setTime(tab, 20)
    await shows(tab, 20)
    test.strictSame(
      [await drawn(tab), await tableText(tab)],
      [then, thenTable],
      `${surface}: back in time is as before`,
    )
    test.ok(await isRemembered(tab), `${surface}: nothing was computed anew`)
    test.strictSame(await trailsOf(tab), first)
    test.match(thenTable, String(Number(first[1]!.losses[20]!.toPrecision(4))), `${surface}: the table has the loss`)
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    test.ok(wide <= 0, `${surface}: the page is no wider than the ${size}`)
    test.strictSame(wrong, [], `${surface}: no error, no request elsewhere`)
    if (surface !== 'noisy') {
      await tab.close()
      continue
    }
    await tab.waitForTimeout(700) // the address follows a little later
    await tab.reload()
    await settled(tab)
    const again = (await trailsOf(tab)).map(({ places }) => places)
    test.strictSame(
      again.map(places => places.slice(0, 21)),
      first.map(({ places }) => places.slice(0, 21)),
      `${surface}: the same race after a reload`,
    )
    await setTime(tab, 60)
    await shows(tab, 60)
    test.strictSame([await drawn(tab), await tableText(tab)], [end, endTable], `${surface}: the same end`)
    await tab.close()
  }
}

const accessible = async (
  test: Test,
  site: Site,
  size: keyof typeof sizes,
  scheme: 'light' | 'dark',
): Promise<void> => {
  const page = raceOn('network', [0, 0], { at: 30, shown: 2 })
  const { tab, wrong } = await look(site, size, addressOf(page), scheme)
  await tab.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })
  test.strictSame(await violations(tab), [], 'with everything open')
  await tab.evaluate(hash => {
    location.hash = hash
  }, hostile['an unknown link']![0])
  await tab.waitForFunction(() => document.getElementById('alert')?.textContent !== '')
  await settled(tab)
  test.strictSame(await violations(tab), [], 'with a message')
  test.strictSame(wrong, [])
  await tab.close()
}

/** Presses Tab until the element of this id has the focus. */
const tabTo = async (tab: Tab, id: string): Promise<void> => {
  for (let i = 0; i < 150; i++) {
    if ((await tab.evaluate(() => document.activeElement?.id)) === id) return
    await tab.keyboard.press('Tab')
  }
  throw new Error(`no ${id} by the keyboard`)
}

const keyboardAlone = async (test: Test, site: Site): Promise<void> => {
  const page = raceOn('beale', [-1, 1], { steps: 30, racers: [{ chain: { type: 'adam', learningRate: 0.05 } }] })
  const { tab, wrong } = await look(site, 'desktop', addressOf(page))
  await tabTo(tab, 'surface')
  await tab.keyboard.type('Himm')
  await settled(tab)
  await tabTo(tab, 'racer0.learningRate')
  await tab.keyboard.press('Control+A')
  await tab.keyboard.type('0.2')
  await tab.keyboard.press('Tab')
  test.equal(await tab.evaluate(() => document.activeElement?.id), 'racer0.learningRate.how', 'the focus goes on')
  await tabTo(tab, 'add-type')
  await tab.keyboard.type('lion')
  await tabTo(tab, 'add')
  await tab.keyboard.press('Enter')
  await settled(tab)
  test.equal(await tab.evaluate(() => document.activeElement?.id), 'add', 'the focus stays')
  await tabTo(tab, 'run')
  await tab.keyboard.press('Enter')
  await shows(tab, 30)
  const trails = await trailsOf(tab)
  test.strictSame(
    trails.map(({ places }) => places.length),
    [31, 31],
  )
  test.not(trails[0]!.places[30]![0], trails[1]!.places[30]![0])
  test.match(await tab.locator('#said').innerText(), /Step 30: racer 1 loss .*; racer 2 loss /)
  await tabTo(tab, 'time')
  await tab.keyboard.press('Home')
  await shows(tab, 0)
  await tab.keyboard.press('ArrowRight')
  await shows(tab, 1)
  await tab.waitForFunction(() => location.hash !== '')
  await tab.waitForTimeout(700)
  const read = pageOfFragment(new URL(tab.url()).hash)
  const written = read?._tag === 'Right' ? read.right : null
  test.strictSame(
    [
      written?.surface,
      written?.at,
      written?.racers.map(({ chain }) => [chain.config.type, chain.config['learningRate']]),
    ],
    [
      'himmelblau',
      1,
      [
        ['adam', 0.2],
        ['lion', 0.05],
      ],
    ],
    'the address has the whole race',
  )
  test.strictSame(await here({ ...written!, at: 30 }), trails, 'and it is the race that was run')
  test.strictSame(wrong, [])
  await tab.close()
}

const hostileAddresses = async (test: Test, site: Site): Promise<void> => {
  const { tab, wrong } = await look(site, 'desktop')
  test.equal(await tab.locator('#alert').innerText(), '')
  await remember(tab)
  for (const [name, [fragment, says]] of Object.entries(hostile)) {
    await tab.evaluate(hash => {
      location.hash = hash
    }, fragment)
    await tab
      .waitForFunction(text => document.getElementById('alert')?.textContent.includes(text), says, { timeout: 5000 })
      .catch(() => undefined)
    await settled(tab)
    const alert = await tab.locator('#alert').innerText()
    test.ok(alert.includes(says), `${name}: ${alert.split('\n').at(-1) ?? ''}`)
    test.ok(await isRemembered(tab), `${name}: the race stays as it is`)
  }
  test.equal(await tab.locator('#alert img').count(), 0, 'text is text')
  const good = addressOf(raceOn('valley', [1, 1], { at: 3 }))
  await tab.evaluate(hash => {
    location.hash = hash
  }, good)
  await shows(tab, 3)
  test.equal(await tab.locator('#alert').innerText(), '', 'a good address takes the message away')
  test.strictSame(wrong, [])
  await tab.close()
  const fresh = await look(site, 'phone', hostile['JSON that is deep']![0])
  test.match(await fresh.tab.locator('#alert').innerText(), /here is the usual one[\s\S]*nested deeper/)
  const usual = await trailsOf(fresh.tab)
  test.ok(
    usual.length === 3 && usual.every(({ places, fault }) => places.length > 100 && fault === null),
    'a page that is opened with a bad address shows the usual race',
  )
  test.strictSame(fresh.wrong, [])
  await fresh.tab.close()
}

const editing = async (test: Test, site: Site): Promise<void> => {
  const { tab, wrong } = await look(site, 'desktop', addressOf(raceOn('rosenbrock', [-1, 1], { steps: 40, at: 10 })))
  const card = tab.locator('.racer').nth(0)
  await card.locator('summary', { hasText: 'As config' }).click()
  const useConfig = async (text: string): Promise<string> => {
    await tab.locator('#racer0-config').fill(text)
    await tab.locator('#racer0-use').click()
    await settled(tab)
    return (await tab.locator('#racer0-faults').isVisible()) ? tab.locator('#racer0-faults').innerText() : ''
  }
  test.match(await useConfig('window.bad = 1'), /expected JSON/)
  test.match(await useConfig('{"type":"constructor"}'), /expected one of|known type/)
  test.match(
    await useConfig('{"type":"adam","learningRate":"<img src=x onerror=window.bad=1>"}'),
    /learningRate: expected a number/,
  )
  test.equal(await tab.evaluate(() => 'bad' in globalThis), false, 'nothing typed is evaluated')
  test.equal(await tab.locator('[id="racer0.learningRate"]').getAttribute('aria-invalid'), 'true')
  test.equal(
    await useConfig(
      '{"type":"chain","links":[{"type":"scaleByAdam"},{"type":"scaleByLearningRate","learningRate":0.1}]}',
    ),
    '',
  )
  await tab.locator('[id="racer0.links.1.learningRate.how"]').selectOption('cosineDecaySchedule')
  await settled(tab)
  await tab.locator('#shown').selectOption('1')
  await settled(tab)
  test.match(await tab.locator('#code').innerText(), /= adam\(0.05\)/, 'the code of the racer that is shown')
  await tab.locator('#shown').selectOption('0')
  await settled(tab)
  test.match(await tab.locator('#code').innerText(), /scaleByLearningRate\(cosineDecaySchedule\(0.05, 200\)\)/)
  test.match(await tab.locator('#plan').innerText(), /cpu: generated kernels/)

  await tab.locator('#racer1-branch').click()
  await settled(tab)
  await tab.locator('#racer2-remove').click()
  await settled(tab)
  test.equal(await tab.locator('.racer').count(), 3)
  const [, parent, branch] = await trailsOf(tab)
  test.strictSame(branch, parent, 'a branch with the same chain goes on alike')
  await tab.locator('#measure').click()
  await tab.waitForFunction(() => document.getElementById('speed')?.textContent.includes('tf.train.adam'), undefined, {
    timeout: 30_000,
  })
  test.match(
    await tab.locator('#speed').innerText(),
    /times as (fast|slow) as tf\.train\.adam on cpu: .* ms a step against .* ms/,
  )
  const box = (await tab.locator('.plot').boundingBox())!
  await tab.locator('.plot').click({ position: { x: box.width / 2, y: box.height / 2 } })
  await shows(tab, 40)
  const [clicked] = await trailsOf(tab)
  test.ok(
    Math.abs(clicked!.places[0]![0]! + 0.06) < 0.1 && Math.abs(clicked!.places[0]![1]! - 1) < 0.1,
    `a click is a start: ${clicked!.places[0]!.join()}`,
  )
  test.strictSame(wrong, [])
  await tab.close()
}

const onWasm = async (test: Test, site: Site): Promise<void> => {
  const page = raceOn('rosenbrock', [-1.5, 2], { steps: 60, at: 60, backend: 'wasm' })
  const { tab, wrong } = await look(site, 'phone', addressOf(page))
  test.strictSame(await trailsOf(tab), await here(page), 'the trails are those of Node on wasm, bit for bit')
  test.equal(await tab.locator('#backend').inputValue(), 'wasm')
  const held = (): Promise<number> =>
    tab.evaluate(() =>
      (globalThis as unknown as { playground: { tensorsHeld: () => number } }).playground.tensorsHeld(),
    )
  test.equal(await held(), 0, 'histories hold no tensor')
  await tab.locator('#backend').selectOption('cpu')
  await settled(tab)
  test.strictSame(await trailsOf(tab), await here({ ...page, backend: 'cpu' }))
  test.strictSame(wrong, [])
  await tab.close()
}

inBrowser('the playground in a browser', async (test, browser) => {
  const site = await openSite(browser, '.tap/playground')
  test.teardown(site.close)
  for (const size of ['phone', 'desktop'] as const) {
    await test.test(`trails and time (${size})`, sub => trailsAndTime(sub, site, size))
  }
  await test.test('axe finds nothing (phone, light)', sub => accessible(sub, site, 'phone', 'light'))
  await test.test('axe finds nothing (desktop, dark)', sub => accessible(sub, site, 'desktop', 'dark'))
  await test.test('the keyboard alone races two chains', sub => keyboardAlone(sub, site))
  await test.test('hostile addresses', sub => hostileAddresses(sub, site))
  await test.test('chains are edited, branched and measured', sub => editing(sub, site))
  await test.test('the wasm backend', sub => onWasm(sub, site))
})
