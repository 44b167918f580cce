/** Pages of a folder in a headless Chromium, and what they say they found. */
import { launch } from '../browser/installed.js'
import { filesIn, serve } from '../browser/serve.js'

export interface FoundPages {
  /** what the page puts into `globalThis.found`, once it is there */
  readonly found: (page: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Serves `folder` on localhost. */
export const openFolder = async (browser: string, folder: string): Promise<FoundPages> => {
  const served = await serve(filesIn(folder))
  const running = await launch(browser, '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader')
  return {
    found: async name => {
      const page = await running.newPage()
      const said: string[] = []
      page.on('pageerror', fault => said.push(fault.message))
      page.on('console', line => said.push(line.text()))
      await page.goto(served.url + name)
      const found = await page
        .waitForFunction(() => 'found' in globalThis, undefined, { timeout: 120_000 })
        .then(() => page.evaluate(() => (globalThis as unknown as { found: unknown }).found))
        .catch((cause: unknown) => {
          throw new Error(`${name} found nothing: ${said.join('\n')}`, { cause })
        })
      await page.close()
      return found
    },
    close: async () => {
      await running.close()
      served.close()
    },
  }
}
