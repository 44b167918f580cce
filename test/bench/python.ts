/** optax and torch as contestants: one child program, asked a line at a time, so that they run in turns with the others. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Chain } from './chains.js'
import type { Contestant } from './race.js'
import type { Size } from './sizes.js'

interface Answer {
  readonly names?: readonly string[]
  readonly ms?: number
  readonly versions?: Readonly<Record<string, string>>
}

export interface Python {
  readonly versions: Readonly<Record<string, string>>
  readonly contestants: (chain: Chain, size: Size) => Promise<readonly Contestant[]>
  readonly end: () => void
}

/** Starts `rivals.py` with the Python of a virtual environment. */
export const startPython = async (venv: string): Promise<Python> => {
  const child = spawn(join(venv, 'bin', 'python'), [join(import.meta.dirname, 'rivals.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const failed = new Promise<never>((_, reject) => {
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`rivals.py ended with ${code}`)))
  })
  failed.catch(() => undefined) // whoever asks is told; at the end nobody does
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (question: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const line = await Promise.race([lines.next(), failed])
    if (line.done === true) return failed
    return JSON.parse(line.value) as Answer
  }
  const { versions = {} } = await ask({ versions: true })
  return {
    versions,
    contestants: async (chain, { shapes }) => {
      const { names = [] } = await ask({ load: { chain: chain.name, shapes } })
      return names.map(name => ({
        name,
        steps: async times => (await ask({ run: name, times })).ms ?? NaN,
        end: () => undefined,
      }))
    },
    end: () => child.stdin.end(),
  }
}
