/** Numbers that a process of its own measures, since a process gets faster, or slower by what it did before. */
import { execFileSync } from 'node:child_process'
import type { Chain } from './chains.js'
import type { Device } from './devices.js'
import { firstStep, planning } from './first.js'
import { hostCost, styles, type Style } from './host.js'
import { median } from './race.js'

export const questions = ['planning', 'first', ...styles] as const
type Question = (typeof questions)[number]

/** What a process prints that is asked one question. */
export const answer = async (question: Question, chain: Chain, device: Device, turn: number): Promise<string> => {
  const numbers =
    question === 'planning'
      ? [await planning(chain)]
      : question === 'first'
        ? [await firstStep(chain, device)]
        : await hostCost(question, chain, device, turn)
  return JSON.stringify(numbers)
}

/** The median of each number over some processes. */
const ask = (question: Question, { name }: Chain, device: Device, processes: number): readonly number[] => {
  const own = ['--ask', question, '--chains', name, '--backend', device.name, ...(processes > 1 ? [] : ['--quick'])]
  const args = [...process.execArgv, process.argv[1] ?? '', ...own]
  const answers = Array.from(
    { length: processes },
    () => JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as readonly number[],
  )
  return (answers[0] ?? []).map((_, i) => median(answers.map(numbers => numbers[i] ?? NaN)))
}

export interface HostCost {
  readonly backend: string
  readonly style: Style
  /** microseconds: of a step with one leaf, and what each further leaf adds */
  readonly step: number
  readonly leaf: number
}

export const hostCosts = (chain: Chain, device: Device, processes: number): readonly HostCost[] =>
  styles.map(style => {
    const [step = NaN, leaf = NaN] = ask(style, chain, device, processes)
    return { backend: device.name, style, step, leaf }
  })

export interface FirstStep {
  readonly backend: string
  readonly chain: string
  /** milliseconds of planning and compiling; null where that is not told apart */
  readonly made: number | null
  /** milliseconds of the whole first step, or of `ready` */
  readonly all: number
}

export const firstSteps = (chains: readonly Chain[], device: Device, processes: number): readonly FirstStep[] =>
  chains.map(chain => {
    const [made = null] = device.onHost ? ask('planning', chain, device, processes) : []
    const [all = NaN] = ask('first', chain, device, processes)
    return { backend: device.name, chain: chain.name, made, all }
  })
