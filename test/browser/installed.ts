/** The Chromium of this machine, and tests that need it. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { whereThereIs } from '../whereThereIs.js'
import type { Test } from '../setup.js'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** The browser that CHROME_PATH names, or the first one on PATH; null if there is none. */
export const findBrowser = (): string | null => {
  const { CHROME_PATH, PATH = '' } = process.env
  if (CHROME_PATH !== undefined && CHROME_PATH !== '') return existsSync(CHROME_PATH) ? CHROME_PATH : null
  const places = PATH.split(delimiter).flatMap(folder => names.map(name => join(folder, name)))
  return places.find(place => existsSync(place)) ?? null
}

/** Starts the browser at this path; root has no sandbox. */
export const launch = (executablePath: string, ...args: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', ...args] })

/** A subtest that gets the path of the browser; skipped, with the reason, where there is none. */
export const inBrowser = (title: string, run: (test: Test, executablePath: string) => Promise<void>): void => {
  const browser = findBrowser()
  const missing = browser === null ? 'no Chromium: neither CHROME_PATH names one nor is one on PATH' : null
  whereThereIs(title, missing, test => run(test, browser ?? ''))
}
