/** Pages of a folder in a headless Chromium, and what they say they found. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { chromium } from 'playwright-core'

const kinds: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

export interface Pages {
  /** what the page puts into `globalThis.found`, once it is there */
  readonly found: (page: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Serves `folder` on localhost. */
export const openPages = async (browser: string, folder: string): Promise<Pages> => {
  const server = createServer((request, answer) => {
    const path = normalize(new URL(request.url ?? '', 'http://localhost').pathname)
    void readFile(join(folder, path)).then(
      bytes => answer.setHeader('content-type', kinds[extname(path)] ?? 'text/plain').end(bytes),
      () => answer.writeHead(404).end(),
    )
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const running = await chromium.launch({
    executablePath: browser,
    args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  })
  return {
    found: async name => {
      const page = await running.newPage()
      const said: string[] = []
      page.on('pageerror', fault => said.push(fault.message))
      page.on('console', line => said.push(line.text()))
      await page.goto(`http://127.0.0.1:${port}/${name}`)
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
      server.close()
    },
  }
}
