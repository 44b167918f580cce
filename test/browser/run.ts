/** All checks of a backend as subtests; skipped, with the reason, where there is no browser. */
import t from 'tap'
import { findBrowser, openPage } from './chromium.js'

export const checkInBrowser = (backend: string): void => {
  const browser = findBrowser()
  const skip = browser === null ? { skip: 'no Chromium: neither CHROME_PATH names one nor is one on PATH' } : {}
  t.test(`${backend} in a browser`, skip, async test => {
    const page = await openPage(browser ?? '', backend)
    test.teardown(page.close)
    for (const name of page.names)
      await test.test(name, async sub => {
        sub.comment(await page.check(name))
        sub.pass(name)
      })
  })
}
