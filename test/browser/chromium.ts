/** Runs the page in a headless Chromium: bundled by esbuild, served from localhost, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, delimiter, join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** The browser that CHROME_PATH names, or the first one on PATH; null if there is none. */
export const findBrowser = (): string | null => {
  const { CHROME_PATH, PATH = '' } = process.env
  if (CHROME_PATH !== undefined && CHROME_PATH !== '') return existsSync(CHROME_PATH) ? CHROME_PATH : null
  const places = PATH.split(delimiter).flatMap(folder => names.map(name => join(folder, name)))
  return places.find(place => existsSync(place)) ?? null
}

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: ['test/browser/page.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    define: { 'process.env': JSON.stringify({ THOROUGH: process.env['THOROUGH'] ?? '' }) },
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

const wasmFolder = 'node_modules/@tensorflow/tfjs-backend-wasm/dist'

/** What a browser wants to see before it gives shared memory to a page. */
const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/** A strict content security policy: no WebAssembly, no `eval`. */
const strict = { 'content-security-policy': "script-src 'self'" }

const serve = async (isolated: boolean) => {
  const page = await bundle()
  const server = createServer((request, response) => {
    const name = basename(new URL(request.url ?? '/', 'http://localhost').pathname)
    const send = (type: string, body: string | Buffer): unknown =>
      response
        .writeHead(200, { 'content-type': type, ...(isolated ? isolation : {}), ...(name === 'strict' ? strict : {}) })
        .end(body)
    if (name === '' || name === 'strict')
      send('text/html', '<!doctype html><script type="module" src="/page.js"></script>')
    else if (name === 'page.js') send('text/javascript', page)
    else if (name.endsWith('.wasm'))
      readFile(join(wasmFolder, name)).then(
        bytes => send('application/wasm', bytes),
        () => response.writeHead(404).end(),
      )
    else response.writeHead(404).end()
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  const { port } = server.address() as AddressInfo
  return { url: `http://localhost:${port}/`, close: () => server.close() }
}

interface Kernels {
  readonly start: (backend: string) => Promise<string>
  readonly check: (name: string) => Promise<string>
  readonly names: (backend: string) => readonly string[]
}

/** A page on which one backend runs. */
export interface Page {
  readonly names: readonly string[]
  /** throws as the check does */
  readonly check: (name: string) => Promise<string>
  /** what the page wrote to its console as a warning or error */
  readonly said: readonly string[]
  readonly close: () => Promise<void>
}

/** A page with `backend`, and how it is set up as a word behind its name (`wasm threaded`, `webgl half`); throws if the browser has not got it. */
export const openPage = async (executablePath: string, backend: string): Promise<Page> => {
  const served = await serve(backend.endsWith(' threaded'))
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--enable-unsafe-webgpu'],
  })
  const close = async (): Promise<void> => {
    await browser.close()
    served.close()
  }
  try {
    const page = await browser.newPage()
    const said: string[] = []
    page.on('console', message => {
      if (['warning', 'error'].includes(message.type())) said.push(message.text())
    })
    page.on('pageerror', fault => said.push(String(fault)))
    await page.goto(served.url)
    await page
      .waitForFunction(() => 'kernels' in globalThis, undefined, { timeout: 30_000 })
      .catch((fault: unknown) => {
        throw new Error(`the page did not load: ${said.join('\n')}`, { cause: fault })
      })
    const got = await page.evaluate(
      name => (globalThis as unknown as { kernels: Kernels }).kernels.start(name),
      backend,
    )
    if (got !== backend) throw new Error(`the page runs ${got}, not ${backend}`)
    return {
      names: await page.evaluate(name => (globalThis as unknown as { kernels: Kernels }).kernels.names(name), backend),
      check: name => page.evaluate(which => (globalThis as unknown as { kernels: Kernels }).kernels.check(which), name),
      said,
      close,
    }
  } catch (fault) {
    await close()
    throw fault
  }
}
