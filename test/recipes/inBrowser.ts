/** Runs programs of recipes in a headless Chromium, and gives what they print and draw. */
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { launch } from '../browser/installed.js'
import { serve, type Served } from '../browser/serve.js'

/** All programs and workers, with the chunks that they share, by their place on the server. */
const bundle = async (root: string, files: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> => {
  const outdir = resolve('.tap/recipes-in-a-browser')
  const { outputFiles } = await build({
    entryPoints: [
      { in: 'test/recipes/tfvis.ts', out: 'tfvis' },
      ...files.map(file => ({ in: join(root, file), out: file.replace(/\.ts$/, '') })),
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

const served = async (root: string, files: readonly string[]): Promise<Served> => {
  const scripts = await bundle(root, files)
  return serve(path => {
    // A program names its worker by the file that bundlers look for.
    const body = path === '/' ? html : scripts.get(path.replace(/\.ts$/, '.js'))
    return body === undefined
      ? null
      : { body, ...(path.endsWith('.ts') && { headers: { 'content-type': 'text/javascript' } }) }
  })
}

export interface Ran {
  readonly printed: string
  /** the points of each line that was drawn, by the id of its element */
  readonly drawn: Readonly<Record<string, number>>
}

export interface Programs {
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

/** A browser with a server for these programs and workers of a folder; each program gets a page of its own. */
export const openPrograms = async (
  executablePath: string,
  root: string,
  files: readonly string[],
): Promise<Programs> => {
  const { url, close } = await served(root, files)
  const browser = await launch(executablePath)
  return {
    run: async file => {
      const page = await browser.newPage()
      const lines: string[] = []
      page.on('console', message => {
        if (message.type() === 'log') lines.push(message.text())
      })
      // Without WebGL tfjs takes its cpu backend: WebGL on a CPU is slow, and has other digits.
      await page.goto(`${url}?tfjsflags=WEBGL_VERSION:0`)
      await page.evaluate(script => import(script) as Promise<unknown>, `/${file.replace(/\.ts$/, '.js')}`)
      const ran = { printed: lines.join('\n'), drawn: await drawnOn(page) }
      await page.close()
      return ran
    },
    close: async () => {
      await browser.close()
      close()
    },
  }
}
