/** Runs programs of recipes in a headless Chromium, and gives what they print and draw. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { chromium, type Page } from 'playwright-core'
import { folder } from './pages.js'

/** All programs and workers, with the chunks that they share, by their place on the server. */
const bundle = async (files: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> => {
  const outdir = resolve('.tap/recipes-in-a-browser')
  const { outputFiles } = await build({
    entryPoints: [
      { in: 'test/recipes/tfvis.ts', out: 'tfvis' },
      ...files.map(file => ({ in: join(folder, file), out: file.replace(/\.ts$/, '') })),
    ],
    outdir,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    logLevel: 'error',
  })
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(outdir.length), contents]))
}

const html = '<!doctype html><body></body><script type="module" src="/tfvis.js"></script>'

const serve = async (files: readonly string[]) => {
  const scripts = await bundle(files)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    // A program names its worker by the file that bundlers look for.
    const script = scripts.get(pathname.replace(/\.ts$/, '.js'))
    if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(html)
    else if (script === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}

export interface Ran {
  readonly printed: string
  /** the points of each line that was drawn, by the id of its element */
  readonly drawn: Readonly<Record<string, number>>
}

export interface Pages {
  readonly run: (file: string) => Promise<Ran>
  readonly close: () => Promise<void>
}

const drawnOn = (page: Page): Promise<Readonly<Record<string, number>>> =>
  page.evaluate(() =>
    Object.fromEntries(
      Array.from(document.querySelectorAll('polyline'), line => [
        line.closest('[id]')?.id ?? '',
        line.getAttribute('points')?.split(' ').length ?? 0,
      ]),
    ),
  )

/** A browser with a server for these programs and workers; each program gets a page of its own. */
export const openPages = async (executablePath: string, files: readonly string[]): Promise<Pages> => {
  const served = await serve(files)
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox'] })
  return {
    run: async file => {
      const page = await browser.newPage()
      const lines: string[] = []
      page.on('console', message => {
        if (message.type() === 'log') lines.push(message.text())
      })
      // Without WebGL tfjs takes its cpu backend: WebGL on a CPU is slow, and has other digits.
      await page.goto(`${served.url}?tfjsflags=WEBGL_VERSION:0`)
      await page.evaluate(script => import(script) as Promise<unknown>, `/${file.replace(/\.ts$/, '.js')}`)
      const ran = { printed: lines.join('\n'), drawn: await drawnOn(page) }
      await page.close()
      return ran
    },
    close: async () => {
      await browser.close()
      served.close()
    },
  }
}
