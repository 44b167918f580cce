/** The playground as vite builds it, served under a path, and a browser that looks at it. */
import { resolve } from 'node:path'
import type { Browser, Page as Tab } from 'playwright-core'
import { build } from 'vite'
import { launch } from '../browser/installed.js'
import { filesIn, serve } from '../browser/serve.js'
import type { Model } from '../../examples/playground/view/app.js'

const prefix = '/some/path/'

export interface Site {
  readonly url: string
  readonly browser: Browser
  readonly close: () => Promise<void>
}

/** Builds to `folder` and opens a browser beside a plain server. */
export const openSite = async (executablePath: string, folder: string): Promise<Site> => {
  const outDir = resolve(folder)
  await build({ configFile: 'examples/playground/vite.config.ts', build: { outDir }, logLevel: 'error' })
  const files = filesIn(outDir)
  const served = await serve(path => {
    if (!path.startsWith(prefix)) return null
    return files(path === prefix ? 'index.html' : path.slice(prefix.length))
  })
  const browser = await launch(executablePath)
  return {
    url: served.url + prefix.slice(1),
    browser,
    close: async () => {
      await browser.close()
      served.close()
    },
  }
}

export const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const

export interface Look {
  readonly tab: Tab
  /** errors of the page, and requests that left it */
  readonly wrong: readonly string[]
}

/** The page at an address, with its race computed. */
export const look = async (
  { browser, url }: Site,
  size: keyof typeof sizes,
  fragment = '',
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Look> => {
  const tab = await browser.newPage({ viewport: sizes[size], colorScheme, hasTouch: size === 'phone' })
  const wrong: string[] = []
  tab.on('pageerror', fault => wrong.push(String(fault)))
  tab.on('console', message => {
    if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
  })
  tab.on('request', request => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== new URL(url).origin && protocol !== 'data:') wrong.push(`a request to ${request.url()}`)
  })
  await tab.goto(url + fragment)
  await settled(tab)
  return { tab, wrong }
}

/** Waits until the step that is shown is computed and drawn; that step. */
export const settled = async (tab: Tab): Promise<string> => {
  await tab.waitForFunction(() => document.body.dataset['step'] !== undefined, undefined, { timeout: 30_000 })
  return tab.evaluate(() => document.body.dataset['step'] ?? '')
}

/** Waits until this step is shown. */
export const shows = async (tab: Tab, step: number): Promise<void> => {
  await tab.waitForFunction(at => document.body.dataset['step'] === String(at), step, { timeout: 30_000 })
}

export interface Trail {
  readonly places: readonly (readonly number[])[]
  readonly losses: readonly number[]
  readonly fault: string | null
}

/** The trails that the page computed, as numbers. */
export const trailsOf = (tab: Tab): Promise<readonly Trail[]> =>
  tab.evaluate(() => {
    const { playground } = globalThis as unknown as { playground: { model: () => Model } }
    return playground.model().histories.map(history => ({
      places: (history?.frames ?? []).map(({ place }) => [...place]),
      losses: (history?.frames ?? []).map(({ loss }) => loss),
      fault: history?.fault ?? null,
    }))
  })

interface Global {
  readonly playground: { readonly model: () => Model }
  frames?: readonly unknown[]
}

/** Keeps the frames of the page, as they are in its memory. */
export const remember = (tab: Tab): Promise<void> =>
  tab.evaluate(() => {
    const page = globalThis as unknown as Global
    page.frames = page.playground.model().histories.flatMap(history => [...(history?.frames ?? [])])
  })

/** Whether the frames of the page are the ones that were kept, not others that are equal. */
export const isRemembered = (tab: Tab): Promise<boolean> =>
  tab.evaluate(() => {
    const { playground, frames = [] } = globalThis as unknown as Global
    const now = playground.model().histories.flatMap(history => [...(history?.frames ?? [])])
    return now.length === frames.length && now.every((frame, i) => frame === frames[i])
  })
