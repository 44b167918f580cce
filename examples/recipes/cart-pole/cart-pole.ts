/** A pole on a cart: the control problem of Barto, Sutton and Anderson (1983), with the constants of Gym's CartPole. */

/** Position, speed, angle and its speed. */
export type CartPole = readonly [x: number, v: number, angle: number, spin: number]

/** The state after a fiftieth of a second of pushing to the right or to the left. */
export const pushed = ([x, v, angle, spin]: CartPole, right: boolean): CartPole => {
  const [gravity, poleMass, mass, half, dt] = [9.8, 0.1, 1.1, 0.5, 0.02]
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const push = ((right ? 10 : -10) + poleMass * half * spin * spin * sin) / mass
  const turn = (gravity * sin - cos * push) / (half * (4 / 3 - (poleMass * cos * cos) / mass))
  const acceleration = push - (poleMass * half * turn * cos) / mass
  return [x + dt * v, v + dt * acceleration, angle + dt * spin, spin + dt * turn]
}
/** Whether the cart left its track, or the pole leans more than twelve degrees. */
export const isOver = ([x, , angle]: CartPole) => Math.abs(x) > 2.4 || Math.abs(angle) > (12 * Math.PI) / 180

/** Random numbers in [0, 1), the same in every run. */
export const randomNumbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** Moments of one episode: the state, the action, and the sum of discounted rewards from there on. */
export interface Moment {
  readonly state: CartPole
  readonly right: boolean
  readonly gain: number
}

/**
 * Plays some episodes side by side, so that all their actions come from one call: `policy` gives the probability of
 * pushing to the right for each state. An episode ends after 200 pushes.
 */
export const play = (
  policy: (states: readonly CartPole[]) => ArrayLike<number>,
  random: () => number,
  episodes: number,
): readonly (readonly Moment[])[] => {
  const small = () => random() / 10 - 0.05
  const runs = Array.from({ length: episodes }, () => ({
    now: [small(), small(), small(), small()] as CartPole,
    past: [] as { state: CartPole; right: boolean }[],
  }))
  for (let t = 0; t < 200; t++) {
    const going = runs.filter(({ now }) => !isOver(now))
    if (going.length === 0) break
    const chances = policy(going.map(({ now }) => now))
    going.forEach((run, i) => {
      const right = random() < (chances[i] ?? 0)
      run.past.push({ state: run.now, right })
      run.now = pushed(run.now, right)
    })
  }
  return runs.map(({ past }) => {
    let gain = 0
    return past.reduceRight<Moment[]>((later, moment) => [{ ...moment, gain: (gain = 1 + 0.98 * gain) }, ...later], [])
  })
}

/** All moments with their gains beside the average: mean 0 and deviation 1. */
export const advantages = (episodes: readonly (readonly Moment[])[]) => {
  const moments = episodes.flat()
  const mean = moments.reduce((sum, { gain }) => sum + gain, 0) / moments.length
  const deviation = Math.sqrt(moments.reduce((sum, { gain }) => sum + (gain - mean) ** 2, 0) / moments.length)
  return moments.map(({ state, right, gain }) => ({ state, right, advantage: (gain - mean) / (deviation + 1e-6) }))
}
