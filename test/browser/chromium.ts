/** Runs the page in a headless Chromium: bundled by esbuild, served from localhost, driven by playwright-core. */
import { basename } from 'node:path'
import { build } from 'esbuild'
import { launch } from './installed.js'
import { filesIn, serve, type Served } from './serve.js'

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

const servedPage = async (isolated: boolean): Promise<Served> => {
  const page = await bundle()
  return serve(async path => {
    const name = basename(path)
    const headers = { ...(isolated ? isolation : {}), ...(name === 'strict' ? strict : {}) }
    if (name === '' || name === 'strict')
      return { headers, body: '<!doctype html><script type="module" src="/page.js"></script>' }
    if (name === 'page.js') return { headers, body: page }
    const file = await filesIn(wasmFolder)(name)
    return file && { ...file, headers }
  })
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
  const served = await servedPage(backend.endsWith(' threaded'))
  const browser = await launch(executablePath, '--enable-unsafe-webgpu')
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
