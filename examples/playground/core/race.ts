/** Races: what happens to some chains on a landscape. Histories only grow, and a branch shares the frames before it. */
import type { Chain } from './chain.js'
import { firstFrame, handedOver, isFinite, nextFrame, type Frame } from './frame.js'
import type { Place, World } from './surface.js'

/** A racer that began where another one was after some steps. */
export interface Branch {
  /** the index of the other, which stands before it */
  readonly of: number
  readonly at: number
  /** whether it begins with a new state, as it must if its links are others */
  readonly fresh: boolean
}

export interface Racer {
  readonly chain: Chain
  readonly branch: Branch | null
}

/** All frames of a racer, from the start on. */
export interface History {
  readonly frames: readonly Frame[]
  /** why it does not go on; null while it does */
  readonly fault: string | null
}

const saying = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault))

const attempt = async (before: readonly Frame[], make: () => Promise<Frame>): Promise<History> => {
  try {
    return { frames: [...before, await make()], fault: null }
  } catch (fault) {
    return { frames: before, fault: saying(fault) }
  }
}

/** The history of a racer before its first own step; `others` are those of the racers before it. */
export const begun = async (
  world: World,
  start: Place,
  { chain, branch }: Racer,
  others: readonly History[],
): Promise<History> => {
  if (branch === null) return attempt([], () => firstFrame(world, chain.tx, start))
  const frames = others[branch.of]?.frames ?? []
  const from = frames[branch.at]
  if (from === undefined) return { frames, fault: `racer ${branch.of + 1} does not reach step ${branch.at}` }
  return attempt(frames.slice(0, branch.at), () => handedOver(world, chain.tx, from, branch.fresh))
}

/** The history, longer by `steps` steps unless it cannot go on. */
export const extended = async (world: World, racer: Racer, history: History, steps: number): Promise<History> => {
  const frames = [...history.frames]
  let { fault } = history
  for (let i = 0; i < steps && fault === null; i++) {
    const last = frames.at(-1)
    if (last === undefined) break
    const next = await attempt([], () => nextFrame(world, racer.chain.tx, last, racer.chain.readsHessian))
    const [frame] = next.frames
    fault = next.fault
    if (frame === undefined) break
    if (isFinite(frame)) frames.push(frame)
    else
      fault = `step ${frame.step} is not finite: the rate is too high, or no link descends (scaleByLearningRate does)`
  }
  return { frames, fault }
}

/** The whole race: every racer with at least `steps` steps, unless it cannot go on. */
export const race = async (
  world: World,
  start: Place,
  racers: readonly Racer[],
  steps: number,
): Promise<readonly History[]> => {
  const histories: History[] = []
  for (const racer of racers) {
    const first = await begun(world, start, racer, histories)
    histories.push(await extended(world, racer, first, steps + 1 - first.frames.length))
  }
  return histories
}

/** The frame at a step, or the last one before it. */
export const frameAtStep = ({ frames }: History, step: number): Frame | undefined =>
  frames[Math.min(step, frames.length - 1)]
