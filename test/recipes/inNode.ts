/** Runs programs of recipes in this process, with lib/ for the package, and gives what they print. */
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { folder } from './pages.js'

const copy = resolve('.tap/recipes')

/** Copies all programs, since the package's name means lib/ to the compiler, but not to every loader. */
export const copyPrograms = (): void => {
  rmSync(copy, { recursive: true, force: true })
  cpSync(folder, copy, { recursive: true })
  for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))) {
    const file = join(copy, name)
    const code = readFileSync(file, 'utf8').replace(/'tfjs-optax(?:\/(\w+))?'/g, (_, entry = 'index') =>
      JSON.stringify(resolve('lib', `${String(entry)}.js`)),
    )
    writeFileSync(file, code)
  }
}

/** The lines that a program prints. Variables that it leaves are disposed, so that the next one has the same names. */
export const runInNode = async (file: string): Promise<string> => {
  const lines: string[] = []
  const { log } = console
  console.log = (...words: unknown[]) => lines.push(words.map(String).join(' '))
  try {
    await import(pathToFileURL(join(copy, file)).href)
  } finally {
    console.log = log
    tf.disposeVariables()
  }
  return lines.join('\n')
}
