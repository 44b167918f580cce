/** All checks of a backend as subtests; skipped, with the reason, where there is no browser. */
import { openPage } from './chromium.js'
import { inBrowser } from './installed.js'

export const checkInBrowser = (backend: string): void => {
  inBrowser(`${backend} in a browser`, async (test, browser) => {
    const page = await openPage(browser, backend)
    test.teardown(page.close)
    for (const name of page.names)
      await test.test(name, async sub => {
        sub.comment(await page.check(name))
        sub.pass(name)
      })
  })
}
