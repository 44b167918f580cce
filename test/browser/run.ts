/** All checks of a backend as subtests; skipped, with the reason, where there is no browser. */
import { whereThereIs } from '../whereThereIs.js'
import { findBrowser, openPage } from './chromium.js'

const noBrowser = 'no Chromium: neither CHROME_PATH names one nor is one on PATH'

export const checkInBrowser = (backend: string): void => {
  const browser = findBrowser()
  whereThereIs(`${backend} in a browser`, browser === null ? noBrowser : null, async test => {
    const page = await openPage(browser ?? '', backend)
    test.teardown(page.close)
    for (const name of page.names)
      await test.test(name, async sub => {
        sub.comment(await page.check(name))
        sub.pass(name)
      })
  })
}
