/** All contestants of one size and chain in turns, so that what else the machine does hits all of them alike. */

export interface Contestant {
  readonly name: string
  /** milliseconds per step, over so many steps */
  readonly steps: (times: number) => number | Promise<number>
  readonly end: () => void
}

/** One time per round, in milliseconds per step. */
export interface Times {
  readonly name: string
  readonly rounds: readonly number[]
}

/** The result of a race, as a line of `results.jsonl`. */
export interface Race {
  readonly backend: string
  readonly size: string
  readonly chain: string
  readonly leaves: number
  readonly params: number
  /** what a donated step must read and write per parameter */
  readonly bytes: number
  readonly times: readonly Times[]
}

export const median = (xs: readonly number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const [low = NaN, high = NaN] = [sorted[half - 1], sorted[half]]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

export const medianOf = ({ times }: Race, name: string): number =>
  median(times.find(one => one.name === name)?.rounds ?? [])

/** How many times as long `slow` took as `fast`: the median over the rounds, each of which saw the same machine. */
export const ratio = ({ times }: Race, slow: string, fast: string): number => {
  const [above, below] = [slow, fast].map(name => times.find(one => one.name === name)?.rounds ?? [])
  return median((above ?? []).map((ms, i) => ms / (below?.[i] ?? NaN)))
}

/** A step run several times and timed from here. */
export const timed =
  (step: () => void) =>
  (times: number): number => {
    const start = performance.now()
    for (let i = 0; i < times; i++) step()
    return (performance.now() - start) / times
  }

/** Steps per turn: about 20 ms, so that caches are as warm as in a loop, but not fewer than one. */
const stepsFor = (ms: number, shortest: number): number => Math.max(1, Math.min(1000, Math.round(shortest / ms)))

/** Warms each contestant up, then lets all of them run in every round, another one first each time. */
export const race = async (
  contestants: readonly Contestant[],
  rounds: number,
  turn = 20,
): Promise<readonly Times[]> => {
  const repeats: number[] = []
  for (const { steps } of contestants) {
    await steps(2)
    repeats.push(stepsFor(await steps(1), turn))
  }
  for (const [i, { steps }] of contestants.entries()) await steps(repeats[i] ?? 1)
  const times = contestants.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (let k = 0; k < contestants.length; k++) {
      const i = (k + round) % contestants.length
      const ms = await contestants[i]?.steps(repeats[i] ?? 1)
      if (ms !== undefined) times[i]?.push(ms)
    }
  return contestants.map(({ name }, i) => ({ name, rounds: times[i] ?? [] }))
}
