/** A line that says how far a run is: redrawn on a terminal, now and then a new one in a log. */
import type { History, Run } from './trainer.js'

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

const bar = (share: number, width: number): string => {
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Who trains, how long, and at which rate after a count of steps. */
export interface Runner {
  readonly name: string
  readonly steps: number
  readonly rateAt: (count: number) => number
}

/** The widest line, one less than a terminal of 80 columns has. */
const widest = 79
const longestBar = 16

const line = ({ name, steps, rateAt }: Runner, { loss }: History, stepsPerSecond: number): string => {
  const said = [
    `${loss.length}/${steps}`,
    `${mean(loss.slice(-20)).toFixed(3)} bits/char`, // one batch alone would be noise
    `rate ${rateAt(loss.length - 1).toExponential(1)}`,
    `${stepsPerSecond.toFixed(1)}/s`,
    `${clock((steps - loss.length) / stepsPerSecond)} left`,
  ].join('  ')
  const room = Math.min(longestBar, widest - name.length - said.length - 2)
  return room < 4 ? said : `${name} ${bar(loss.length / steps, room)} ${said}`
}

/** Shows runs as they come, on stderr, so that stdout has the results alone. The last one is the result. */
export const follow = async <S>(runner: Runner, start: Run<S>, runs: AsyncIterable<Run<S>>): Promise<Run<S>> => {
  const { stderr } = process
  const began = performance.now()
  const every = Math.max(1, Math.floor(runner.steps / 20))
  let last = start
  for await (const run of runs) {
    last = run
    if (!stderr.isTTY && run.step % every !== 0 && run.step !== runner.steps) continue
    const text = line(runner, run.history, ((run.step - start.step) * 1000) / (performance.now() - began))
    stderr.write(stderr.isTTY ? `\r${text.slice(0, stderr.columns - 1)}\x1b[K` : `${text}\n`)
  }
  if (stderr.isTTY && last !== start) stderr.write('\n')
  return last
}
